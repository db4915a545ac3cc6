"""Single letters that people wrote, as strokes to put syllables together from.

A folder has `labels.jsonl` (an object a line: `image`, `text` with one compatibility jamo, `writer`) and its pictures.
A syllable is written by one hand; hands are split between training and validation.
"""

import functools
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geulnun.core.image import read_image
from geulnun.data.records import read_records, report_by_log
from geulnun.errors import DatasetError, InputError
from geulnun.synth.characters.thinning import find_skeleton, trace_strokes
from geulnun.synth.materials.letter_shapes import SHAPES
from geulnun.synth.materials.pen_strokes import Strokes

LABELS_FILE = "labels.jsonl"
_VALIDATION_SHARE = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class JamoPictures:
    """Pictures of single letters by writer. Cheap to copy to other processes: pictures travel as paths.

    Attributes:
        writers: for each writer the paths of each letter.
    """

    writers: Mapping[str, Mapping[str, tuple[str, ...]]]

    @classmethod
    def read(cls, folder: str | Path, split: str) -> "JamoPictures":
        """The hands of one split, "train" or "validation", of a labelled folder; few hands are all of the first.

        Raises:
            DatasetError: no usable labels there, or no hand to train with; damaged lines are logged and passed over.
        """
        path = Path(folder) / LABELS_FILE
        writers: dict[str, dict[str, list[str]]] = {}
        for jamo, writer, image in read_records(path, _parse_letter, report_by_log):
            if jamo in SHAPES and _split_of(writer) == split:
                writers.setdefault(writer, {}).setdefault(jamo, []).append(str(path.parent / image))
        if not writers and split == "train":
            raise DatasetError(f"{path} has no letters to train with. They need `text` with one jamo, and a `writer`.")
        return cls(writers={w: {j: tuple(p) for j, p in letters.items()} for w, letters in writers.items()})

    def draw_writer(self, rng: np.random.Generator) -> str:
        """One of the hands."""
        names = sorted(self.writers)
        return names[int(rng.integers(len(names)))]

    def draw_strokes(self, rng: np.random.Generator, jamo: str, writer: str) -> Strokes | None:
        """A letter in its unit square by that hand; None where it wrote no such letter or the picture is damaged."""
        paths = self.writers[writer].get(jamo)
        if not paths:
            return None
        return _read_strokes(paths[int(rng.integers(len(paths)))])


def _parse_letter(fields: dict[str, Any]) -> tuple[str, str, str]:
    return str(fields["text"]), str(fields.get("writer", "")), str(fields["image"])


def _split_of(writer: str) -> str:
    return "validation" if zlib.crc32(writer.encode()) % 1000 < 1000 * _VALIDATION_SHARE else "train"


@functools.lru_cache(maxsize=4096)
def _read_strokes(path: str) -> Strokes | None:
    try:
        grey = read_image(path).mean(axis=2)
    except InputError:
        return None
    mask = grey < (float(grey.min()) + float(grey.max())) / 2
    if mask.mean() > 0.5:
        mask = ~mask
    strokes = trace_strokes(find_skeleton(mask))
    if not strokes:
        return None
    points = np.concatenate(strokes)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    # A bar has no width of its own: its letter keeps the proportion.
    side = np.maximum(extent, 0.15 * extent.max())
    return [(stroke - low + (side - extent) / 2) / side for stroke in strokes]
