"""The bundled weights read the demo's pictures about as well as when they were bundled."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import geulnun
from geulnun.core.image import read_image
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


@pytest.mark.parametrize(("name", "stretch", "floor"), [("notice.jpg", 0.45, 0.9), ("receipt.jpg", 2.0, 0.95)])
def test_letters_printed_twice_as_high_or_as_wide_are_read(
    engine: geulnun.Engine, name: str, stretch: float, floor: float
) -> None:
    picture = Image.open(PICTURES / name)
    stretched = picture.resize((round(picture.width * stretch), picture.height))
    assert measure_bigrams(read_truth()[name], engine.read(stretched).text).f1 >= floor


def test_letters_as_bright_as_their_background_are_read_by_their_colours(engine: geulnun.Engine) -> None:
    notice = read_image(PICTURES / "notice.jpg")
    lines = [line for line in engine.read(notice).pages[0].lines if len(line.text) > 10]
    ink = (notice.min(axis=2) < 128)[..., None]
    tiles = np.random.default_rng(1).integers(90, 240, (notice.shape[0] // 8 + 1, notice.shape[1] // 8 + 1))
    greys = np.kron(tiles, np.ones((8, 8), np.uint8))[: notice.shape[0], : notice.shape[1], None]
    coloured = np.where(ink, (230, 170, 20), greys).astype(np.uint8)
    read = engine.read_quads(coloured, [line.quad for line in lines])
    right = sum(line.text == text for line, text in zip(lines, read, strict=True))
    assert right > 0.7 * len(lines)


def test_a_part_that_lies_on_its_side_is_read_on_an_upright_page(engine: geulnun.Engine) -> None:
    upright, receipt = (read_image(PICTURES / name) for name in ("notice.jpg", "receipt.jpg"))
    turned = np.rot90(receipt)
    page = np.full((upright.shape[0] + turned.shape[0], max(upright.shape[1], turned.shape[1]), 3), 255, np.uint8)
    page[: upright.shape[0], : upright.shape[1]] = upright
    page[upright.shape[0] :, : turned.shape[1]] = turned
    truth = read_truth()
    wanted = f"{truth['notice.jpg']}\n{truth['receipt.jpg']}"
    assert measure_bigrams(wanted, engine.read(page).text).f1 >= 0.95
