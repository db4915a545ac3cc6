"""Label Studio: tasks with pre-annotations to import, and exports of corrected tasks.

Both are the JSON of its documentation: a list of tasks, each with `data` and `predictions` or `annotations`. A word is
a rectangle or polygon and its transcription, two or three entries of a `result` that share an `id`. Places are in
percent of the picture's sides; a rectangle is turned clockwise about its top left corner.

Source: https://labelstud.io/guide/task_format, https://labelstud.io/guide/predictions and the template "Optical
Character Recognition".
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import numpy as np

from geulnun.core.geometry import Quad, enclose
from geulnun.core.hangul import to_nfc
from geulnun.core.image import IMAGE_SUFFIXES
from geulnun.data.label_files import WordLabel
from geulnun.errors import DatasetError

IMAGE_KEY = "ocr"
"""Of a task's `data`, as the template for OCR has it."""

CONFIG = """<View>
  <Image name="image" value="$ocr" zoom="true" zoomControl="true" rotateControl="false"/>
  <Labels name="label" toName="image"><Label value="Text" background="green"/></Labels>
  <Rectangle name="bbox" toName="image" strokeWidth="2"/>
  <Polygon name="poly" toName="image" strokeWidth="2"/>
  <TextArea name="transcription" toName="image" editable="true" perRegion="true" required="true"
            maxSubmissions="1" rows="1" placeholder="Text" displayMode="region-list"/>
</View>
"""
"""The labelling interface that the tasks fit: the template for OCR with one label."""

_MOST_SLANT_PX = 1.0  # from a rectangle; beyond, a quad becomes a polygon
_SHAPES = ("rectangle", "rectanglelabels", "polygon", "polygonlabels")
_UPLOADED = re.compile(r"^[0-9a-f]{8}-")  # what Label Studio puts before the names of uploaded files


def build_task(
    image: str, size: tuple[int, int], words: Sequence[WordLabel], *, url_prefix: str = ""
) -> dict[str, Any]:
    """A task with what was read as its prediction.

    Args:
        image: path of the picture below the folder of all.
        size: (width, height) in pixels.
        words: in reading order.
        url_prefix: what stands before the path where Label Studio finds the picture.
    """
    scores = [word.confidence for word in words if word.confidence is not None]
    prediction: dict[str, Any] = {
        "model_version": "geulnun",
        "result": [entry for number, word in enumerate(words) for entry in _build_entries(word, number, size)],
    }
    if scores:
        prediction["score"] = round(float(np.mean(scores)), 4)
    return {"data": {IMAGE_KEY: url_prefix + quote(image)}, "predictions": [prediction]}


def _build_entries(word: WordLabel, number: int, size: tuple[int, int]) -> Iterator[dict[str, Any]]:
    """The shape, the label and the transcription of a word."""
    kind, place = _to_percent(word.quad, size)
    common = {
        "id": f"line{word.line}-word{number}",
        "to_name": "image",
        "original_width": size[0],
        "original_height": size[1],
        "image_rotation": 0,
    }
    yield common | {"from_name": "bbox" if kind == "rectangle" else "poly", "type": kind, "value": place}
    yield common | {"from_name": "label", "type": "labels", "value": place | {"labels": ["Text"]}}
    transcription = common | {"from_name": "transcription", "type": "textarea", "value": place | {"text": [word.text]}}
    yield transcription if word.confidence is None else transcription | {"score": round(word.confidence, 4)}


def _to_percent(quad: Quad, size: tuple[int, int]) -> tuple[str, dict[str, Any]]:
    """What Label Studio calls a shape, and where it lies."""
    straight = enclose([quad])
    if np.abs(straight.array - quad.array).max() <= _MOST_SLANT_PX:
        (x, y), angle = straight.points[0], straight.angle_deg
        place = {
            "x": _share(x, size[0]),
            "y": _share(y, size[1]),
            "width": _share(straight.width_px, size[0]),
            "height": _share(straight.height_px, size[1]),
            "rotation": round(angle % 360, 4),
        }
        return "rectangle", place
    return "polygon", {"points": [[_share(x, size[0]), _share(y, size[1])] for x, y in quad.points], "closed": True}


def _share(pixels: float, side: int) -> float:
    return round(100 * pixels / side, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedTask:
    """An exported task.

    Attributes:
        place: of it in the export, for messages: "export.json, task 12".
        image: its picture as `data` names it.
        words: in reading order; None where nobody has annotated it.
    """

    place: str
    image: str
    words: tuple[WordLabel, ...] | None


def read_export(path: Path) -> Iterator["CorrectedTask | str"]:
    """The tasks of an export in Label Studio's format "JSON"; what is wrong with one stands in its place as a message.

    Of several annotations the last one that was not cancelled counts.

    Raises:
        DatasetError: the file cannot be read, or is no such export.
    """
    for number, task in enumerate(_read_tasks(path), start=1):
        place = f"{path}, task {task.get('id', number) if isinstance(task, dict) else number}"
        try:
            yield _parse_task(task, place)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            problem = f'the field "{error.args[0]}" is missing' if isinstance(error, KeyError) else str(error)
            yield f"{place}: {problem.rstrip('.')}. The task is skipped."


def _read_tasks(path: Path) -> list[Any]:
    try:
        tasks = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DatasetError(
            f"{path} cannot be read ({error.strerror}). Give the file that Label Studio exported."
        ) from None
    except json.JSONDecodeError as error:
        raise DatasetError(f"{path}, line {error.lineno}: not JSON ({error.msg}). Export it again.") from None
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: not UTF-8 (byte {error.start}). Export it again.") from None
    if not isinstance(tasks, list) or not tasks:
        raise DatasetError(f"{path} holds no list of tasks. Export the project in the format JSON.")
    if not any(isinstance(task, dict) and ("annotations" in task or "completions" in task) for task in tasks):
        raise DatasetError(
            f"{path} holds no annotations beside its tasks. Export the project in the format JSON, not JSON-MIN or CSV."
        )
    return tasks


def _parse_task(task: Any, place: str) -> CorrectedTask:
    data = task["data"]
    named = data.get(IMAGE_KEY) or data.get("image")
    if not isinstance(named, str):
        raise ValueError(f'its data names no picture as "{IMAGE_KEY}" or "image"')
    given = task["annotations"] if "annotations" in task else task["completions"]
    done = [each for each in given if not each.get("was_cancelled")]
    if not done:
        return CorrectedTask(place=place, image=named, words=None)
    latest = max(done, key=lambda each: str(each.get("updated_at") or each.get("created_at") or ""))
    return CorrectedTask(place=place, image=named, words=tuple(order_words(parse_result(latest["result"]))))


def parse_result(result: Sequence[Mapping[str, Any]]) -> list[WordLabel]:
    """The words of an annotation, as they stand in it."""
    texts: dict[str, str] = {}
    shapes: dict[str, Quad] = {}
    for entry in result:
        value = entry.get("value") or {}
        if entry.get("type") in _SHAPES:
            shapes[entry["id"]] = _to_pixels(value, entry["original_width"], entry["original_height"])
        elif entry.get("type") == "textarea":
            text = value["text"]
            texts[entry["id"]] = to_nfc(" ".join(" ".join([text] if isinstance(text, str) else text).split()))
    words = []
    for name, quad in shapes.items():
        if not texts.get(name):
            x, y = quad.points[0]
            raise ValueError(f"the box at ({x:.0f}, {y:.0f}) px has no transcription. Write one, or delete the box")
        line = re.match(r"line(\d+)-word\d+$", name)
        words.append(WordLabel(quad=quad, text=texts[name], line=int(line[1]) if line else None))
    return words


def _to_pixels(value: Mapping[str, Any], width: int, height: int) -> Quad:
    if "points" in value:
        points = np.array(value["points"], dtype=np.float64).reshape(-1, 2) * (width, height) / 100
        if len(points) < 3:
            raise ValueError(f"a polygon has {len(points)} points; three at least are needed")
        return Quad.from_array(points) if len(points) == 4 else _enclose_points(points)
    left, top = value["x"] * width / 100, value["y"] * height / 100
    wide, high = value["width"] * width / 100, value["height"] * height / 100
    angle = np.radians(value.get("rotation") or 0)
    along, down = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    corner = np.array([left, top])
    return Quad.from_array([corner, corner + wide * along, corner + wide * along + high * down, corner + high * down])


def _enclose_points(points: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Quad:
    """The upright box of a polygon that is no quad."""
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return Quad.from_xyxy(left, top, right, bottom)


def order_words(words: Sequence[WordLabel]) -> list[WordLabel]:
    """The words in reading order: known ones as they were, new ones beside those on their row, lines from 0 on."""
    rows: list[list[WordLabel]] = []
    for number in sorted({word.line for word in words if word.line is not None}):
        rows.append([word for word in words if word.line == number])
    for word in (word for word in words if word.line is None):
        row = next((row for row in rows if any(_stand_beside(word.quad, other.quad) for other in row)), None)
        if row is None:
            below = (i for i, other in enumerate(rows) if other[0].quad.center[1] > word.quad.center[1])
            rows.insert(next(below, len(rows)), [word])
        else:
            behind = (i for i, other in enumerate(row) if other.quad.center[0] > word.quad.center[0])
            row.insert(next(behind, len(row)), word)
    return [
        WordLabel(quad=word.quad, text=word.text, line=number, confidence=word.confidence)
        for number, row in enumerate(rows)
        for word in row
    ]


def _stand_beside(quad: Quad, other: Quad) -> bool:
    """Whether two words share half of the lower one's height."""
    (_, top, _, bottom), (_, other_top, _, other_bottom) = quad.xyxy, other.xyxy
    return min(bottom, other_bottom) - max(top, other_top) > 0.5 * min(bottom - top, other_bottom - other_top)


class PictureFinder:
    """Finds the picture of a folder that an exported task means, whichever way it came to Label Studio."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
        self._paths = {to_nfc(path.relative_to(folder).as_posix()): path for path in files}
        self._uploaded: dict[str, list[Path]] = {}
        for path in files:
            self._uploaded.setdefault(_clean_name(path.name), []).append(path)

    def find(self, image: str) -> Path:
        """The picture; of a URL the longest end that is a path below the folder counts.

        Raises:
            ValueError: there is none, or an uploaded file's name is that of several.
        """
        parts = to_nfc(unquote(image).split("?d=")[-1]).strip("/").split("/")
        for start in range(len(parts)):
            if (found := self._paths.get("/".join(parts[start:]))) is not None:
                return found
        named = self._uploaded.get(_clean_name(_UPLOADED.sub("", parts[-1])), [])
        if len(named) == 1:
            return named[0]
        if named:
            raise ValueError(
                f'"{parts[-1]}" could be {len(named)} pictures of {self.folder}. Give them names of their own'
            )
        raise ValueError(f'the picture "{image}" is missing from {self.folder}')


def _clean_name(name: str) -> str:
    """A file's name as uploading changes it."""
    return re.sub(r"[^-\w.]", "", to_nfc(name).strip().replace(" ", "_"))
