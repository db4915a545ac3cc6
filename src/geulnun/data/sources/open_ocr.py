"""Open-OCR-Engine's training pages: a folder of pictures with `merged_gt.pkl`, read without executing what it holds.

The pickle is a list of dicts: `fn`, the name of a picture; `charBB`, float (2, 4, N), the x and y of four corners,
clockwise from the top left, of N characters in pixels; `txt`, what is written, words parted by spaces and lines by
newlines, where white space has no box.

Source: YongWookHa/Open-OCR-Engine `generate_data/merge_lines.py`, after SynthText (Gupta et al. 2016).
"""

import pickle
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from geulnun.core.geometry import Quad, enclose
from geulnun.core.hangul import to_nfc
from geulnun.core.page import Char, Line, Page, Word
from geulnun.data.records import Report, find_picture, report_by_log
from geulnun.data.sample import LabelledPicture, LabelledWord, Sample
from geulnun.data.sources.pickled import read_list
from geulnun.errors import DatasetError, OutputError

MERGED_FILE = "merged_gt.pkl"
_WANTED = f"a pickled list of pictures as Open-OCR-Engine writes it, {MERGED_FILE}, or its folder"


def read_merged(path: Path | str, *, report: Report = report_by_log) -> Iterator[LabelledPicture]:
    """The pictures with their pages, one at a time; pixels are not read yet.

    Args:
        path: the pickle, or the folder of one called `merged_gt.pkl`, beside its pictures.
        report: called with every damaged record, which is skipped.

    Raises:
        DatasetError: there is none, it asks for code, or nothing in it is sound.
    """
    path = Path(path)
    path = path / MERGED_FILE if path.is_dir() else path
    good = 0
    for number, record in enumerate(read_list(path, _WANTED), start=1):
        try:
            picture = _parse_record(path.parent, record)
        except (KeyError, TypeError, ValueError, DatasetError) as error:
            problem = f'the field "{error.args[0]}" is missing.' if isinstance(error, KeyError) else str(error)
            report(f"{path}, picture {number}: {problem} The record is skipped.")
            continue
        good += 1
        yield picture
    if not good:
        raise DatasetError(f"{path} holds no picture that can be used. Its messages say what is wrong.")


def _parse_record(folder: Path, record: Any) -> LabelledPicture:
    if not isinstance(record, dict):
        raise ValueError(f"it is {type(record).__name__}, not a dict with fn, charBB and txt.")
    image = find_picture(folder, str(record["fn"]))
    lines = _split_text(record["txt"])
    quads = _to_quads(record["charBB"], sum(len(word) for line in lines for word in line))
    try:
        with Image.open(image) as opened:
            width, height = opened.size
    except OSError as error:
        raise ValueError(f"{image.name} cannot be read as a picture ({error}).") from error
    page = Page(width_px=width, height_px=height, lines=tuple(_build_lines(lines, quads)))
    words = tuple(LabelledWord(word.quad, word.text) for word in page.words)
    return LabelledPicture(
        image_path=image, kind="open-ocr", text="\n".join(line.text for line in page.lines), words=words, page=page,
        name=image.stem,
    )  # fmt: skip


def _split_text(text: Any) -> list[list[str]]:
    """Words by line; of SynthText's arrays of texts each holds one or more lines."""
    parts = [text] if isinstance(text, str) else [str(part) for part in text]
    lines = [to_nfc(line).split() for part in parts for line in part.split("\n")]
    return [line for line in lines if line]


def _to_quads(boxes: Any, count: int) -> NDArray[np.float64]:
    """Corners (N, 4, 2) of (2, 4, N), or of (2, 4) for one character."""
    array = np.asarray([] if boxes is None else boxes, dtype=np.float64)
    array = array[..., None] if array.shape == (2, 4) else array.reshape(2, 4, 0) if not array.size else array
    if array.ndim != 3 or array.shape[:2] != (2, 4):
        raise ValueError(f"charBB has the shape {array.shape}; (2, 4, characters) is needed.")
    if array.shape[2] != count:
        raise ValueError(f"charBB has {array.shape[2]} boxes for {count} characters other than white space.")
    if not np.isfinite(array).all():
        raise ValueError("charBB has corners that are no numbers.")
    return np.ascontiguousarray(array.transpose(2, 1, 0))


def _build_lines(lines: list[list[str]], quads: NDArray[np.float64]) -> Iterator[Line]:
    start = 0
    for texts in lines:
        words = []
        for text in texts:
            chars = tuple(
                Char(text=char, quad=Quad.from_array(quad))
                for char, quad in zip(text, quads[start : start + len(text)], strict=True)
            )
            words.append(Word(text=text, quad=enclose(char.quad for char in chars), chars=chars))
            start += len(text)
        yield Line(words=tuple(words), quad=enclose(word.quad for word in words))


def write_merged(folder: Path, samples: Iterable[Sample]) -> int:
    """Write pictures into a folder and `merged_gt.pkl` beside them; how many they are.

    Raises:
        OutputError: the folder holds anything already, or cannot be written.
    """
    path = folder / MERGED_FILE
    if folder.is_dir() and any(folder.iterdir()):
        raise OutputError(f"{folder} is not empty. Name another folder, or delete what is in it.")
    records = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, sample in enumerate(samples):
            name = f"{number:06d}.png"
            Image.fromarray(sample.image).save(folder / name, compress_level=3)
            records.append(describe_sample(name, sample.page))
        fresh = path.with_suffix(".new")
        fresh.write_bytes(pickle.dumps(records, protocol=4))
        fresh.replace(path)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written ({error.strerror}). Name another, or make room.") from error
    return len(records)


def describe_sample(name: str, page: Page) -> dict[str, Any]:
    """The record of a page whose picture has this name."""
    quads = np.array([char.quad.points for char in page.chars], np.float64).reshape(-1, 4, 2)
    return {"fn": name, "charBB": quads.transpose(2, 1, 0).copy(), "txt": "\n".join(line.text for line in page.lines)}
