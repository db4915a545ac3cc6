"""Reports on a character reader: JSON, a table for the terminal, and a web page with matrices and images."""

import base64
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from geulnun.core import raster
from geulnun.core.hangul import decompose, is_syllable
from geulnun.evaluation.characters.measure import (
    HEAD_NAMES,
    LETTERS,
    ActivationMap,
    CharCounts,
    CharReport,
    find_letter_accuracy,
)
from geulnun.evaluation.templates import load_template
from geulnun.outputs.atomic_file import write_text_file

REPORT_VERSION = 1
# Revised Romanization, letter by letter: pages tell what was read where no Korean font is at hand, too.
_SPELLED = {
    "cho": "g kk n d tt r m b pp s ss - j jj ch k t p h",
    "jung": "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i",
    "jong": "- g kk gs n nj nh d l lg lm lb ls lt lp lh m b bs s ss ng j ch k t p h",
}
_LATIN = {head: tuple(letters.split()) for head, letters in _SPELLED.items()}
PAIRS_SHOWN = 60
THUMBNAIL_PX = 64
MAP_PX = 96
# From nothing to all: transparent is not needed, since maps are mixed with their picture.
_HEAT = np.array([(10, 10, 60), (90, 20, 140), (220, 60, 70), (250, 170, 40), (255, 250, 190)], np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table: a style, or all of them, and its figures as text."""

    name: str
    cells: tuple[str, ...]


def list_titles(report: CharReport) -> list[str]:
    """Names of the figures in a row."""
    tops = [f"top-{report.top}"] if report.top > 1 else []
    return ["characters", "top-1", *tops, *(HEAD_NAMES[head] for head in LETTERS)]


def list_rows(report: CharReport) -> list[Row]:
    """A row for each style, and one for all where there are several."""
    rows = [Row(name=style, cells=_list_cells(counts, report.top)) for style, counts in report.styles.items()]
    if len(rows) > 1:
        rows.append(Row(name="all", cells=_list_cells(report.total, report.top)))
    return rows


def _list_cells(counts: CharCounts, top: int) -> tuple[str, ...]:
    shares = [counts.accuracy(1), *([counts.accuracy(top)] if top > 1 else [])]
    shares += [counts.letter_accuracy(head) for head in LETTERS]
    return (f"{counts.total:,}", *map(_percent, shares))


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f} %"


def list_facts(report: CharReport) -> list[tuple[str, str]]:
    """Size and speed of the network, as text."""
    facts = report.facts
    found = []
    if facts.parameters is not None:
        found.append(("parameters", f"{facts.parameters:,}"))
    if facts.size_bytes is not None:
        found.append(("file size", f"{facts.size_bytes / 1e6:.2f} MB"))
    if report.milliseconds is not None:
        found.append(("time a picture", f"{report.milliseconds:.3f} ms"))
    if facts.backend:
        found.append(("run by", facts.backend))
    return found


def print_characters(report: CharReport, console: Console) -> None:
    """Print the figures, the network's facts and the pairs confused most often."""
    table = Table(title=f"{report.reader} on {report.dataset}", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for index, title in enumerate(["style", *list_titles(report)]):
        table.add_column(title, justify="right" if index else "left", no_wrap=True)
    for row in list_rows(report):
        table.add_row(row.name, *row.cells)
    console.print(table)
    console.print(" · ".join(f"{name} {value}" for name, value in list_facts(report)), highlight=False)
    if report.pairs:
        pairs = ", ".join(f"{true}→{found} {count}" for (true, found), count in report.pairs.most_common(10))
        console.print(f"confused most often: {pairs}", highlight=False)


def characters_to_dict(report: CharReport) -> dict[str, Any]:
    """The report as plain JSON types; shares are 0..1, null where there was nothing to measure."""
    return {
        "version": REPORT_VERSION,
        "reader": report.reader,
        "dataset": report.dataset,
        "top": report.top,
        "parameters": report.facts.parameters,
        "size_bytes": report.facts.size_bytes,
        "backend": report.facts.backend,
        "ms_per_image": report.milliseconds,
        "total": _counts_to_dict(report.total, report.top),
        "styles": {style: _counts_to_dict(counts, report.top) for style, counts in report.styles.items()},
        "letters": {head: _letters_to_dict(report, head) for head in LETTERS},
        "pairs": [[true, found, count] for (true, found), count in report.pairs.most_common()],
    }


def _counts_to_dict(counts: CharCounts, top: int) -> dict[str, Any]:
    return {
        "characters": counts.total,
        "top1": counts.accuracy(1),
        "topn": counts.accuracy(top),
        **{head: counts.letter_accuracy(head) for head in LETTERS},
    }


def _letters_to_dict(report: CharReport, head: str) -> dict[str, Any]:
    return {
        "names": list(LETTERS[head]),
        "accuracy": find_letter_accuracy(report.confusion[head], report.letters[head]),
        "confusion": report.confusion[head].tolist(),
    }


def write_characters_json(report: CharReport, path: Path) -> None:
    """Write all figures, matrices and pairs as JSON.

    Raises:
        OutputError: the file cannot be written.
    """
    write_text_file(path, json.dumps(characters_to_dict(report), ensure_ascii=False) + "\n")


def write_characters_html(report: CharReport, path: Path) -> None:
    """Write one file that needs no other: figures, matrices, pairs with pictures, activation maps.

    Raises:
        OutputError: the file cannot be written.
    """
    page = load_template("characters.html.j2").render(
        report=report,
        titles=list_titles(report),
        rows=list_rows(report),
        facts=list_facts(report),
        matrices=[_view_matrix(report, head) for head in LETTERS],
        pairs=list(_view_pairs(report)),
        sheets=[(sheet, [_view_map(each) for each in sheet.maps]) for sheet in report.sheets],
        head_names=HEAD_NAMES,
        romanise=romanise,
    )
    write_text_file(path, page)


def romanise(text: str) -> str:
    """The letters of a syllable in Latin, so that all 11,172 differ; "" for anything else, but jamo by themselves."""
    if is_syllable(text):
        parts = [_LATIN[head][place] for head, place in zip(LETTERS, decompose(text), strict=True)]
        return "·".join(part for part in parts if part != "-")
    found = (_LATIN[head][names.index(text)] for head, names in LETTERS.items() if text and text in names)
    return next((latin for latin in found if latin != "-"), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of a matrix that is not empty: its place, how dark it is (0..1), and what it says."""

    x: int
    y: int
    share: float
    right: bool
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """A confusion matrix as the page draws it."""

    title: str
    names: tuple[str, ...]
    latin: tuple[str, ...]
    cells: tuple[Cell, ...]
    accuracy: tuple[str, ...]


def _view_matrix(report: CharReport, head: str) -> Matrix:
    names = tuple(name or "∅" for name in LETTERS[head])
    confusion, letters = report.confusion[head], report.letters[head]
    cells = []
    for true, found in zip(*(axis.tolist() for axis in np.nonzero(confusion)), strict=True):
        count, share = int(confusion[true, found]), float(confusion[true, found] / letters[true])
        label = f"{names[true]} read as {names[found]}: {count:,} ({100 * share:.2f} %)"
        cells.append(Cell(x=found, y=true, share=share, right=true == found, label=label))
    return Matrix(
        title=HEAD_NAMES[head],
        names=names,
        latin=_LATIN[head],
        cells=tuple(cells),
        accuracy=tuple(_percent(share) for share in find_letter_accuracy(confusion, letters)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two characters that were confused, with pictures as data URLs."""

    true: str
    found: str
    count: int
    pictures: tuple[str, ...]


def _view_pairs(report: CharReport) -> Iterator[Pair]:
    for (true, found), count in report.pairs.most_common(PAIRS_SHOWN):
        pictures = tuple(encode_picture(_fit(image, THUMBNAIL_PX)) for image in report.examples.get((true, found), ()))
        yield Pair(true=true, found=found, count=count, pictures=pictures)


def _fit(image: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """The picture with its longer side so long."""
    height, width = image.shape[:2]
    scale = side_px / max(height, width)
    return raster.resize(image, max(1, round(width * scale)), max(1, round(height * scale)))


def encode_picture(image: NDArray[np.uint8]) -> str:
    """A picture as a data URL."""
    encoded = io.BytesIO()
    Image.fromarray(image).save(encoded, "PNG")
    return "data:image/png;base64," + base64.b64encode(encoded.getvalue()).decode("ascii")


def _view_map(each: ActivationMap) -> tuple[ActivationMap, str, str]:
    return each, encode_picture(_fit(each.image, MAP_PX)), encode_picture(draw_activation(each))


def draw_activation(each: ActivationMap) -> NDArray[np.uint8]:
    """(96, 96) or so RGB: the picture with its activation laid over in colours, from dark blue to yellow."""
    grey = _fit(each.image, MAP_PX)
    height, width = grey.shape
    weights = np.nan_to_num(np.asarray(each.weights, np.float64))
    span = float(np.ptp(weights))
    scaled = (weights - weights.min()) / span if span else np.zeros_like(weights)
    large = Image.fromarray(scaled.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR)
    places = np.linspace(0, 1, len(_HEAT))
    heat = np.stack([np.interp(np.asarray(large), places, _HEAT[:, channel]) for channel in range(3)], axis=-1)
    return np.asarray(0.45 * grey[..., None] + 0.55 * heat, dtype=np.uint8)
