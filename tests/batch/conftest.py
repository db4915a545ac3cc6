"""Documents for batches, and the stand-in for the networks."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# Workers start afresh, and find the stand-in where this process does.
sys.path.append(str(Path(__file__).parent))


@pytest.fixture
def scans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Function that writes documents to ``scans/`` of the current folder: their names and texts."""
    monkeypatch.chdir(tmp_path)

    def write(**texts: str) -> Path:
        (tmp_path / "scans").mkdir(exist_ok=True)
        for name, text in texts.items():
            (tmp_path / "scans" / f"{name}.png").write_text(text)
        return tmp_path

    return write


@pytest.fixture
def read_parts() -> Callable[[Path], list[dict]]:
    """Function that reads the records of all shards of a place."""

    def read(place: Path) -> list[dict]:
        parts = sorted(place.glob("part-*.jsonl"))
        return [json.loads(line) for part in parts for line in part.read_text().splitlines()]

    return read
