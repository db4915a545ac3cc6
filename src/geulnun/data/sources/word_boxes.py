"""Pictures whose words have boxes, in the forms that people have them in.

* `labels.jsonl` in a folder of pictures;
* a folder with a text file for each picture, as the ICDAR competitions had them (`gt_img_1.txt` or `img_1.txt` for
  `img_1.jpg`): a word a line, eight or four numbers and its text, parted by commas (or, for four, by spaces);
* COCO-Text and its like: JSON with `imgs` and `anns`, or with `images` and `annotations`;
* an export of Label Studio in the format JSON.

A word that nobody could read, "###" or illegible there, has the text "" here. Pictures lie in the folder of the labels
or below it.
"""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from geulnun.core.geometry import Quad
from geulnun.core.hangul import to_nfc
from geulnun.core.image import IMAGE_SUFFIXES
from geulnun.data.records import Report, find_picture, report_by_log
from geulnun.data.sample import LabelledPicture, LabelledWord
from geulnun.data.sources.label_studio import PictureFinder, read_export
from geulnun.data.sources.labels import LABELS_FILE, read_labelled_pictures
from geulnun.errors import DatasetError

UNREADABLE = ("###", "*", "")
"""What stands for the text of words that are not to be learned from."""


def read_word_boxes(path: Path | str, *, report: Report = report_by_log) -> Iterator[LabelledPicture]:
    """The pictures of a data set whose words have boxes; pixels are not read yet.

    Args:
        path: folder with `labels.jsonl` or with text files, or a JSON file beside its pictures.
        report: called with every damaged record, which is left out: its file and line, or its number.

    Raises:
        DatasetError: nothing of the known forms is there, or no record of it can be used.
    """
    path = Path(path)
    if path.suffix.lower() == ".json":
        value = _read_json(path)
        is_coco = isinstance(value, dict) and ("imgs" in value or "images" in value)
        return _require_some(_read_coco(value, path, report) if is_coco else _read_label_studio(path, report), path)
    if path.name == LABELS_FILE or (path / LABELS_FILE).is_file():
        pictures = read_labelled_pictures(path.parent if path.is_file() else path, report=report)
        return _require_some(_keep_boxed(pictures, path, report), path)
    if path.is_dir():
        return _require_some(_read_icdar(path, report), path)
    raise DatasetError(
        f"{path}: no data set with word boxes. Give a folder with {LABELS_FILE} or with a text file for each picture, "
        "or a JSON file of COCO-Text or Label Studio."
    )


def _require_some(pictures: Iterator[LabelledPicture], path: Path) -> Iterator[LabelledPicture]:
    empty = True
    for picture in pictures:
        empty = False
        yield picture
    if empty:
        raise DatasetError(f"{path} holds no picture with word boxes that can be used. Its messages say what is wrong.")


def _keep_boxed(pictures: Iterator[LabelledPicture], path: Path, report: Report) -> Iterator[LabelledPicture]:
    """Records of which every word has a place: a word without one would be taken for background."""
    for picture in pictures:
        if picture.quads is None or picture.image_path.suffix.lower() == ".pdf":
            report(f"{path}: {picture.image_path.name} lacks the quad of a word, or is a PDF. The record is skipped.")
            continue
        yield picture


def _read_icdar(folder: Path, report: Report) -> Iterator[LabelledPicture]:
    pictures = sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
    for picture in pictures:
        places = (picture.with_name(f"{before}{picture.stem}.txt") for before in ("gt_", ""))
        labels = next((place for place in places if place.is_file()), None)
        if labels is None:
            report(f"{picture}: there is neither gt_{picture.stem}.txt nor {picture.stem}.txt. It is skipped.")
            continue
        try:
            words = tuple(_read_icdar_words(labels))
        except (OSError, ValueError) as error:
            report(f"{labels}, {error}. The picture is skipped.")
            continue
        yield _build_picture(picture, words)


def _read_icdar_words(path: Path) -> Iterator[LabelledWord]:
    """The words of a text file.

    Raises:
        ValueError: a line is none, or the file is not UTF-8; the message begins with the line's number.
    """
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            text = line.decode("utf-8-sig").strip()
            if text:
                yield _parse_icdar_line(text)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None


def _parse_icdar_line(line: str) -> LabelledWord:
    fields = next(csv.reader([line], skipinitialspace=True)) if line.count(",") >= 4 else line.split(maxsplit=4)
    count = next((count for count in (8, 4) if len(fields) > count and all(map(_is_number, fields[:count]))), 0)
    if not count:
        raise ValueError(f'"{line[:40]}" is no word: eight or four numbers and its text were expected')
    numbers = [float(field) for field in fields[:count]]
    quad = Quad.from_array(np.reshape(numbers, (4, 2))) if count == 8 else Quad.from_xyxy(*numbers)
    # The text itself may hold commas, and quotes that mean themselves.
    text = line.split(",", count)[count] if line.count(",") >= count else fields[4]
    text = text.strip()
    quoted = count == 4 and len(text) > 1 and text[0] == text[-1] == '"'
    return LabelledWord(quad, _clean(text[1:-1] if quoted else text))


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _clean(text: str | None) -> str:
    text = to_nfc(text or "").strip()
    return "" if text in UNREADABLE else text


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DatasetError(f"{path} cannot be read ({error.strerror}). Check the path.") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: not UTF-8 (byte {error.start}). Save it as UTF-8.") from None
    except json.JSONDecodeError as error:
        raise DatasetError(f"{path}, line {error.lineno}: not JSON ({error.msg}).") from None


def _read_coco(value: dict[str, Any], path: Path, report: Report) -> Iterator[LabelledPicture]:
    images, annotations = (
        list(part.values()) if isinstance(part, dict) else part
        for part in (
            value.get("imgs") or value.get("images") or [],
            value.get("anns") or value.get("annotations") or [],
        )
    )
    words: dict[Any, list[LabelledWord]] = {}
    broken: dict[Any, str] = {}
    for annotation in annotations:
        number = annotation.get("image_id") if isinstance(annotation, dict) else None
        try:
            words.setdefault(number, []).append(_parse_coco_word(annotation))
        except (KeyError, TypeError, ValueError) as error:
            broken[number] = (
                f"annotation {annotation.get('id', '?') if isinstance(annotation, dict) else '?'} ({error!r})"
            )
    for image in images:
        number = image.get("id") if isinstance(image, dict) else None
        try:
            if number in broken:
                raise ValueError(f"its {broken[number]} has no box or text")
            picture = find_picture(path.parent, str(image["file_name"]))
        except (KeyError, TypeError, ValueError, DatasetError) as error:
            report(f"{path}, image {number}: {error} The picture is skipped.")
            continue
        yield _build_picture(picture, tuple(words.get(number, ())))


def _parse_coco_word(annotation: dict[str, Any]) -> LabelledWord:
    """A word by its polygon of four corners, else by its upright box."""
    outline = annotation.get("mask") or annotation.get("polygon") or annotation.get("segmentation")
    if isinstance(outline, list) and len(outline) == 1 and isinstance(outline[0], list):
        outline = outline[0]
    if isinstance(outline, list) and len(outline) == 8:
        quad = Quad.from_array(np.reshape(np.array(outline, np.float64), (4, 2)))
    else:
        left, top, wide, high = map(float, annotation["bbox"])
        quad = Quad.from_xyxy(left, top, left + wide, top + high)
    text = annotation.get("utf8_string", annotation.get("text", ""))
    text = text or (annotation.get("attributes") or {}).get("text", "")
    return LabelledWord(quad, "" if annotation.get("legibility") == "illegible" else _clean(text))


def _read_label_studio(path: Path, report: Report) -> Iterator[LabelledPicture]:
    finder = PictureFinder(path.parent)
    for task in read_export(path):
        if isinstance(task, str):
            report(task)
            continue
        if task.words is None:
            report(f"{task.place}: it has no annotation yet. The task is skipped.")
            continue
        try:
            picture = finder.find(task.image)
        except ValueError as error:
            report(f"{task.place}: {error}. The task is skipped.")
            continue
        yield _build_picture(picture, tuple(LabelledWord(word.quad, _clean(word.text)) for word in task.words))


def _build_picture(path: Path, words: tuple[LabelledWord, ...]) -> LabelledPicture:
    return LabelledPicture(
        image_path=path, kind="", text=" ".join(word.text for word in words), words=words, name=path.stem
    )
