import csv
import json
import sys
from pathlib import Path

import pytest

from geulnun.core.hangul import SYLLABLES
from geulnun.synth.materials.fonts import CLASS_WEIGHTS, LATIN_CLASS, FontLibrary


@pytest.fixture(scope="module")
def rows(repository: Path) -> list[dict[str, str]]:
    lines = (repository / "scripts" / "materials.tsv").read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"))


def families(rows: list[dict[str, str]], split: str, *classes: str) -> set[str]:
    fonts = [row for row in rows if row["kind"] == "font" and row["split"] == split and row["class"] != LATIN_CLASS]
    return {row["family"] for row in fonts if not classes or row["class"] in classes}


def test_enough_families_and_a_validation_split_of_their_own(rows: list[dict[str, str]]) -> None:
    train, validation = families(rows, "train"), families(rows, "validation")
    assert len(train | validation) >= 70
    assert len(validation) == 10
    assert not train & validation
    assert len(families(rows, "validation", "handwriting", "brush")) >= 2
    for glyph_class in ("gothic", "serif", "round", "mono", "display"):
        assert families(rows, "validation", glyph_class), glyph_class


def test_every_class_has_a_weight(rows: list[dict[str, str]]) -> None:
    classes = {row["class"] for row in rows if row["kind"] == "font"} - {LATIN_CLASS}
    assert classes <= set(CLASS_WEIGHTS)


def test_every_package_is_locked_with_licence_and_hash(repository: Path, rows: list[dict[str, str]]) -> None:
    lock = json.loads((repository / "scripts" / "materials.lock.json").read_text(encoding="utf-8"))["packages"]
    assert set(lock) == {row["package"] for row in rows}
    for name, entry in lock.items():
        assert entry["version"] and entry["licence"] and len(entry["sha256"]) == 64, name
        assert entry["files"] and all(len(digest) == 64 for digest in entry["files"].values()), name


def test_training_fonts_cover_every_syllable(repository: Path) -> None:
    folder = repository / "materials"
    if not (folder / "coverage.npz").is_file():
        pytest.skip("no materials here; scripts/materials fetches them")
    faces = FontLibrary.read(folder).split("train").korean
    assert len({face.family for face in faces}) >= 60
    full = [face for face in faces if face.draws_all(SYLLABLES)]
    assert len({face.family for face in full}) >= 40


class Packages:
    """Stand-ins of npm's packages, each of one font, and what they hold."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.held = {"one": b"first of one", "two": b"first of two"}
        header = "kind\tsource\tpackage\tpath\tindex\tfamily\tstyle\tclass\tlicence\tsplit\n"
        # Two faces of each file, as of a .ttc.
        lines = [
            f"font\tnpm\t{name}\tfiles/{name}.ttc\t{index}\t{name}\tRegular\tgothic\tOFL-1.1\ttrain\n"
            for name in self.held
            for index in (0, 1)
        ]
        (folder / "materials.tsv").write_text(header + "".join(lines), encoding="utf-8")

    def fetch(self, package: str, version: str | None, folder: Path) -> tuple[Path, str]:
        archive = folder / f"{package}.tgz"
        archive.write_bytes(self.held[package])
        return archive, version or "1"

    def unpack(self, archive: Path, folder: Path) -> None:
        (folder / "files").mkdir(parents=True)
        (folder / "files" / f"{archive.stem}.ttc").write_bytes(archive.read_bytes())

    def read(self) -> dict[str, bytes]:
        """Everything in the folder of materials, by its name."""
        return {path.name: path.read_bytes() for path in (self.folder / "out").rglob("*") if path.is_file()}


@pytest.fixture
def fetch(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Calls `scripts/materials` on stand-ins; `fetch.packages` holds them."""
    monkeypatch.syspath_prepend(str(repository / "scripts"))
    import fetch_materials

    packages = Packages(tmp_path)
    monkeypatch.setattr(fetch_materials, "TABLE", tmp_path / "materials.tsv")
    monkeypatch.setattr(fetch_materials, "LOCK", tmp_path / "materials.lock.json")
    monkeypatch.setattr(fetch_materials, "fetch_npm", packages.fetch)
    monkeypatch.setattr(fetch_materials, "unpack", packages.unpack)

    def call(*options: str) -> int:
        monkeypatch.setattr(sys, "argv", ["materials", "-o", str(tmp_path / "out"), *options])
        return int(fetch_materials.main())

    call.packages = packages  # type: ignore[attr-defined]
    return call


def test_an_update_replaces_fonts_and_a_broken_one_is_mended(fetch) -> None:  # type: ignore[no-untyped-def]
    packages = fetch.packages
    assert fetch() == 0
    first = packages.read()
    assert first.keys() == {"one.ttc", "two.ttc", "fonts.json"} and len(json.loads(first["fonts.json"])) == 4
    packages.held["one"] = b"second of one"
    assert fetch("--update") == 0
    assert packages.read()["one.ttc"] == b"second of one"
    (packages.folder / "out" / "fonts" / "two.ttc").write_bytes(b"fir")
    assert fetch() == 0
    assert packages.read()["two.ttc"] == b"first of two"


def test_a_refused_package_leaves_everything_as_it_was(fetch, capsys: pytest.CaptureFixture[str]) -> None:  # type: ignore[no-untyped-def]
    packages = fetch.packages
    assert fetch() == 0
    before = packages.read()
    packages.held["one"] = b"not what the lock holds"
    (packages.folder / "out" / "fonts" / "one.ttc").unlink()
    assert fetch() == 1
    assert "the lock says" in capsys.readouterr().err
    del before["one.ttc"]
    assert packages.read() == before
