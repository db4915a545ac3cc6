"""The bundled weights read the demo's pictures about as well as when they were bundled."""

import json
from pathlib import Path

import pytest

import geulnun
from geulnun.evaluation.text_metrics import measure_bigrams

PICTURES = Path(__file__).resolve().parents[2] / "demo" / "pictures"
# The least share of neighbouring characters, F1, which no harmless change of order or of a line break lowers.
FLOORS = {
    "notice.jpg": 0.97,
    "certificate.jpg": 0.99,
    "receipt.jpg": 0.98,
    "phone.png": 0.98,
    "still.jpg": 0.99,
    "signs.jpg": 0.85,
}


def read_truth() -> dict[str, str]:
    """The true text of every picture by its name."""
    lines = (PICTURES / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    return {record["image"]: record["text"] for record in map(json.loads, lines)}


@pytest.fixture(scope="module")
def engine() -> geulnun.Engine:
    return geulnun.Engine(threads=2)


def test_every_picture_has_a_floor_and_a_truth() -> None:
    pictures = {path.name for path in PICTURES.iterdir() if path.suffix in (".png", ".jpg")}
    assert set(FLOORS) == set(read_truth()) == pictures


@pytest.mark.parametrize("name", FLOORS)
def test_picture_is_read(engine: geulnun.Engine, name: str) -> None:
    found = engine.read(PICTURES / name).text
    assert measure_bigrams(read_truth()[name], found).f1 >= FLOORS[name], found
