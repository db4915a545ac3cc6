"""`geulnun batch` as its users meet it: what is refused before anything is read, and one run with weights."""

import json
from pathlib import Path

import pytest

from geulnun.cli.engine_options import EngineOptions


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (["pictures"], 3, "no such file or folder"),
        (["pictures", "--workers", "0"], 2, "allowed is a whole number from 1"),
        (["pictures", "--shard-size", "0"], 2, "allowed is a whole number from 1"),
        ([".", "--format", "exe"], 2, "Allowed, with commas: jsonl, parquet, txt, md, json, tsv"),
        ([".", "--format", "jsonl,parquet"], 2, "shards are jsonl or parquet, not both"),
        ([".", "--pdfa"], 2, "--pdfa is of .pdf files, and none is written"),
        ([".", "--pages", "x"], 2, "page range: 'x' is not one"),
        ([".", "--document-timeout", "0"], 2, "--document-timeout is 0; allowed are seconds above 0"),
        (["pictures", "--worker-memory", "2"], 2, "--worker-memory is of workers on Ray. Give --ray ADDRESS with it"),
        ([".", "--ray", "local", "--worker-memory", "0"], 2, "--worker-memory is 0; allowed are gigabytes above 0"),
        ([".", "--detector", "none-v1"], 5, "there are no weights 'none-v1'"),
    ],
)
def test_what_cannot_be_right_is_refused_first(geulnun, draw, arguments, exit_code, message):
    draw("a.png", "빨강")
    outcome = geulnun("batch", *arguments, "-o", "out")
    assert outcome.exit_code == exit_code
    assert message in outcome.err
    assert not Path("out").exists()


def test_bundles_are_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    options = EngineOptions(detector="detector-v4", recognizer="mine").make_absolute()
    assert (options.detector, options.recognizer) == ("detector-v4", str(tmp_path / "mine"))


def test_a_batch_reads_what_read_reads(geulnun, repository, tmp_path):
    picture = repository / "demo" / "pictures" / "phone.png"
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "phone.png").write_bytes(picture.read_bytes())
    (tmp_path / "scans" / "text.png").write_text("no picture")
    outcome = geulnun("batch", "scans", "-o", "out")
    assert (outcome.exit_code, outcome.out) == (3, "")
    assert "2 documents, 1 pages in out, 1 failed" in outcome.err
    assert geulnun("batch", "scans", "-o", "out").exit_code == 3
    first, second = (json.loads(line) for line in (tmp_path / "out" / "part-00000.jsonl").read_text().splitlines())
    assert second["error"]["type"] == "InputError"
    assert geulnun("read", "scans/phone.png", "--threads", "1", "-o", "one.jsonl").exit_code == 0
    assert json.loads((tmp_path / "one.jsonl").read_text()) == first["document"]


def test_a_batch_that_writes_pictures_beside_its_sources_goes_on(geulnun, draw):
    draw("a.png", "빨강")
    for _ in range(2):
        outcome = geulnun("batch", ".", "-o", ".", "--format", "png")
        assert (outcome.exit_code, "1 documents, 1 pages" in outcome.err) == (0, True), outcome.err
    assert Path("files/a.png.png").exists()
