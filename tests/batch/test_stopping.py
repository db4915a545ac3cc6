"""A run that is killed at any moment goes on, and its result is that of a run that nothing happened to."""

import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import stand_in
from stand_in import StandIn, run

from geulnun.batch import Counts

DOCUMENTS = 40
EXPECTED = Counts(DOCUMENTS, DOCUMENTS, 0)

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is needed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Iterator[Path]:
    """The current folder, with documents in ``scans/`` and the result of an undisturbed run in ``calm/``."""
    folder = tmp_path_factory.mktemp("stopping")
    (folder / "scans").mkdir()
    for number in range(DOCUMENTS):
        (folder / "scans" / f"{number:02}.png").write_text(f"글 {number}")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert run("calm", folder) == EXPECTED
        yield folder


def read_result(place: Path) -> dict[str, bytes]:
    """All files of a place."""
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def test_workers_killed_at_ten_moments(folder):
    moments = sorted(random.Random(1).sample(range(1, DOCUMENTS), 10))
    log = folder / "log"

    def kill(progress):
        if moments and progress.counts.documents >= moments[0]:
            del moments[0]
            os.kill(int(log.read_text().split()[-1]), signal.SIGKILL)

    assert run("killed-workers", folder, workers=2, report=kill, open_engine=StandIn(log)) == EXPECTED
    assert not moments
    assert read_result(folder / "killed-workers") == read_result(folder / "calm")


def test_a_document_that_hangs_is_a_record_and_nothing_else_is_lost(monkeypatch, tmp_path, read_parts):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scans").mkdir()
    for number in range(6):
        (tmp_path / "scans" / f"{number}.png").write_text("hang" if number == 3 else f"글 {number}")
    assert run("out", tmp_path, workers=2, size=2, document_timeout_s=1.0) == Counts(6, 5, 1)
    records = read_parts(tmp_path / "out")
    assert [record["id"] for record in records] == [f"scans/{number}.png" for number in range(6)]
    (failed,) = [record for record in records if "error" in record]
    assert (failed["id"], failed["error"]["type"], failed["attempts"]) == ("scans/3.png", "WorkerDied", 3)
    assert "longer than 1 s (--document-timeout)" in failed["error"]["message"]
    assert not list((tmp_path / "temporary").iterdir())


def test_drivers_killed_at_ten_moments(folder):
    draw = random.Random(2)
    killed = 0
    for _ in range(10):
        program = [sys.executable, stand_in.__file__, "killed-drivers", str(folder), str(draw.randrange(9))]
        killed += subprocess.run(program, check=False).returncode == -signal.SIGKILL
    assert killed
    assert run("killed-drivers", folder, workers=2) == EXPECTED
    assert read_result(folder / "killed-drivers") == read_result(folder / "calm")


def test_what_an_interrupted_run_left_is_removed(folder):
    for name in (".geulnun-0123456789ab.part", "_pieces/part-00000-000002.jsonl"):
        (folder / "left-over" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "left-over" / name).write_text("unfinished")
    run("left-over", folder)
    assert read_result(folder / "left-over") == read_result(folder / "calm")
