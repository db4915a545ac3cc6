"""The fonts, texts and photographs that samples are drawn with, and their licences, for the provenance of weights."""

import csv
import json
from pathlib import Path
from typing import Protocol


class SourceConfig(Protocol):
    """Where the samples of a run come from."""

    @property
    def materials(self) -> Path:
        """The folder that `scripts/materials` filled."""

    @property
    def seed(self) -> int:
        """The seed of the training samples."""

    def list_corpora(self) -> tuple[str, ...]:
        """The texts that samples show, with their licences."""


def list_materials(source: SourceConfig) -> dict[str, tuple[str, ...]]:
    """The fonts, corpora and backgrounds of a source with their licences."""
    return {
        "fonts": _list_fonts(source.materials),
        "corpora": source.list_corpora(),
        "backgrounds": _list_backgrounds(source.materials),
    }


def _list_fonts(materials: Path) -> tuple[str, ...]:
    """Families of the training split."""
    listing = materials / "fonts.json"
    if not listing.is_file():
        return ()
    records = json.loads(listing.read_text(encoding="utf-8"))
    return tuple(sorted({f"{r['family']} ({r['licence']})" for r in records if r["split"] == "train"}))


def list_corpora(folder: Path | None) -> tuple[str, ...]:
    """Files of the corpus; their licences and sources where the folder has a LICENSES.tsv of them."""
    if folder is None:
        return ("built-in generators",)
    table = folder / "LICENSES.tsv"
    rows: dict[str, dict[str, str]] = {}
    if table.is_file():
        with table.open(encoding="utf-8", newline="") as file:
            rows = {row["file"]: row for row in csv.DictReader(file, delimiter="\t") if row.get("file")}
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.txt"))
    cited = (
        f"{name} ({rows[name].get('licence', '')}; {rows[name].get('source', '')})" if name in rows else name
        for name in names
    )
    return ("built-in generators", *cited)


def _list_backgrounds(materials: Path) -> tuple[str, ...]:
    """Packages that photographs and cut-outs come from: the part of their names before the double hyphen."""
    pictures = [*(materials / "backgrounds").glob("*.jpg"), *(materials / "cutouts").glob("*.png")]
    return tuple(sorted({f"Debian {picture.name.partition('--')[0]}" for picture in pictures}))
