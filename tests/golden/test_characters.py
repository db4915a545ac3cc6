"""The bundled reader of single characters reads drawn ones in fonts it never saw."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner

import geulnun
from geulnun.cli import app

RESOURCES = Path(__file__).resolve().parents[1] / "resources"
SIDE_PX = 48


def read_sheet() -> tuple[list[NDArray[np.uint8]], str]:
    """The pictures, row by row, and their syllables: the upper half printed, the lower handwritten."""
    sheet = np.asarray(Image.open(RESOURCES / "characters.png").convert("L"))
    lines = (RESOURCES / "characters.txt").read_text(encoding="utf-8").split()
    pictures = [
        sheet[row * SIDE_PX : (row + 1) * SIDE_PX, column * SIDE_PX : (column + 1) * SIDE_PX]
        for row, line in enumerate(lines)
        for column in range(len(line))
    ]
    return pictures, "".join(lines)


@pytest.fixture(scope="module")
def reader() -> geulnun.CharacterReader:
    return geulnun.CharacterReader(threads=1)


@pytest.mark.parametrize(("half", "floor"), [("printed", 0.97), ("handwritten", 0.93)])
def test_drawn_characters_are_read(reader: geulnun.CharacterReader, half: str, floor: float) -> None:
    pictures, texts = read_sheet()
    middle = len(texts) // 2
    mine = slice(0, middle) if half == "printed" else slice(middle, None)
    readings = reader.predict(pictures[mine], n=5)
    wrong = [f"{text}>{read.text}" for text, read in zip(texts[mine], readings, strict=True) if text != read.text]
    assert 1 - len(wrong) / len(readings) >= floor, wrong
    assert all(
        text in [each.text for each in read.alternatives] for text, read in zip(texts[mine], readings, strict=True)
    )


def test_probabilities_are_of_the_syllable_and_of_its_letters(reader: geulnun.CharacterReader) -> None:
    pictures, texts = read_sheet()
    (reading,) = reader.predict(pictures[0], n=3)
    assert reading.text == texts[0] and reading.confidence == reading.alternatives[0].confidence
    confidences = [each.confidence for each in reading.alternatives]
    assert confidences == sorted(confidences, reverse=True) and sum(confidences) <= 1 + 1e-6
    first = [getattr(reading, head)[0].confidence for head in ("cho", "jung", "jong")]
    assert np.prod(first) == pytest.approx(reading.confidence, rel=1e-3)


def test_light_ink_colour_and_size_make_no_difference(reader: geulnun.CharacterReader) -> None:
    pictures, texts = read_sheet()
    grey = pictures[3]
    large = np.asarray(Image.fromarray(grey).resize((150, 150), Image.Resampling.BICUBIC))
    colour = np.stack([grey, 255 - (255 - grey) // 3, np.full_like(grey, 255)], axis=-1)
    assert {reader.predict(each)[0].text for each in (grey, 255 - grey, large, colour)} == {texts[3]}
    assert reader.predict([]) == []


def test_the_command_reads_with_no_weights_named(tmp_path: Path) -> None:
    pictures, texts = read_sheet()
    Image.fromarray(pictures[0]).save(tmp_path / "one.png")
    result = CliRunner().invoke(app, ["chars", "read", str(tmp_path / "one.png"), "--top", "5", "-t", "1"])
    assert result.exit_code == 0, result.output
    name, *found = result.stdout.rstrip("\n").split("\t")
    assert name.endswith("one.png") and len(found) == 5 and found[0].startswith(f"{texts[0]} ")
