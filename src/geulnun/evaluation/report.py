"""A report as JSON, as a table for the terminal, and as a web page that shows the worst pictures."""

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from geulnun.core import raster
from geulnun.core.geometry import Quad
from geulnun.core.image import RgbImage
from geulnun.core.page import Word
from geulnun.errors import InputError
from geulnun.evaluation.counts import Edits, Matches
from geulnun.evaluation.detection import match_quads
from geulnun.evaluation.diff import Span, diff_lines
from geulnun.evaluation.open_picture import open_picture
from geulnun.evaluation.report_table import COLUMNS, choose_columns, list_rows
from geulnun.evaluation.results import EvaluatedPicture, Group, PictureResult, Report, TextScores
from geulnun.evaluation.templates import load_template
from geulnun.outputs.atomic_file import write_json_file, write_text_file

REPORT_VERSION = 1
THUMBNAIL_PIXELS = 700_000
THUMBNAIL_QUALITY = 72
CONFUSIONS_SHOWN = 60
UNLIMITED_COLUMNS = 10_000


def print_table(report: Report, console: Console) -> None:
    """Print the figures by kind, a row for each kind or, where that is too wide for the console, a column."""
    table = build_table(report)
    needed = Measurement.get(console, console.options.update(width=UNLIMITED_COLUMNS), table).maximum
    console.print(table if needed <= console.width else build_table(report, turned=True))


def build_table(report: Report, *, turned: bool = False) -> Table:
    """The figures by kind, for the terminal: a row for each kind, or, if turned, a column."""
    columns = choose_columns(report)
    rows: list[tuple[str, ...]] = [("kind", *(column.title for column in columns)), *list_rows(report, columns)]
    totals = 1 if len(rows) > 2 else 0
    if turned:
        rows = list(zip(*rows, strict=True))
    table = Table(title=f"{report.reader} on {report.dataset}", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for index, title in enumerate(rows[0]):
        table.add_column(title, justify="right" if index else "left", no_wrap=True)
    for number, row in enumerate(rows[1:], start=2):
        table.add_row(*row, end_section=not turned and number == len(rows) - totals)
    return table


def write_json(report: Report, path: Path) -> None:
    """Write all figures, and the texts of every picture, as JSON.

    Raises:
        OutputError: the file cannot be written.
    """
    write_json_file(path, report_to_dict(report))


def report_to_dict(report: Report) -> dict[str, Any]:
    """The report as plain JSON types; rates are 0..1, CER 0 and up, null where there was nothing to measure."""
    return {
        "version": REPORT_VERSION,
        "reader": report.reader,
        "dataset": report.dataset,
        "total": _group_to_dict(report.total),
        "kinds": {group.name: _group_to_dict(group) for group in report.kinds},
        "confusions": [[wanted, found, count] for (wanted, found), count in report.confusions.most_common()],
        "pictures": [_result_to_dict(result) for result in report.results],
    }


def _group_to_dict(group: Group) -> dict[str, Any]:
    return {
        "pictures": len(group.results),
        "errors": group.errors,
        "textless": group.textless,
        "false_alarms": group.false_alarms,
        "seconds": {"median": round(group.median_seconds, 4), "total": round(group.total_seconds, 4)},
        "mean_cer": group.mean_cer,
        **_text_to_dict(group.text),
        "word_boxes": _matches_to_dict(group.word_boxes),
        "char_boxes": _matches_to_dict(group.char_boxes),
        "cut": _text_to_dict(group.strips) if group.strips.lines.wanted else None,
    }


def _result_to_dict(result: PictureResult) -> dict[str, Any]:
    return {
        "name": result.name,
        "kind": result.kind,
        "complete": result.complete,
        "seconds": round(result.seconds, 4),
        "error": result.error,
        **_text_to_dict(result.text),
        "word_boxes": _matches_to_dict(result.word_boxes),
        "char_boxes": _matches_to_dict(result.char_boxes),
        "cut": _text_to_dict(result.strips) if result.strips.lines.wanted else None,
        "truth": result.truth,
        "found": result.found,
    }


def _text_to_dict(text: TextScores) -> dict[str, Any]:
    return {
        "cer": _rate(text.chars),
        "order_free_cer": _rate(text.unordered),
        "edits": text.chars.edits,
        "length": text.chars.length,
        "jamo_error_rate": _rate(text.jamo),
        "lines": _matches_to_dict(text.lines),
        "bigrams": _matches_to_dict(text.bigrams),
        "words": _matches_to_dict(text.words),
        "spacing": _matches_to_dict(text.spacing),
    }


def _rate(edits: Edits) -> float | None:
    return round(edits.rate, 5) if edits.length else None


def _matches_to_dict(matches: Matches) -> dict[str, Any] | None:
    if matches.empty:
        return None
    return {
        "precision": round(matches.precision, 5) if matches.found else None,
        "recall": round(matches.recall, 5) if matches.wanted else None,
        "f1": round(matches.f1, 5),
        "wanted": matches.wanted,
        "found": matches.found,
    }


def write_html(report: Report, path: Path) -> None:
    """Write one file that needs no other: tables by kind, confusions, and the worst pictures with their errors.

    Raises:
        OutputError: the file cannot be written.
    """
    columns = choose_columns(report)
    page = load_template("report.html.j2").render(
        report=report,
        columns=columns,
        rows=list_rows(report, columns),
        all_columns=COLUMNS,
        confusions=report.confusions.most_common(CONFUSIONS_SHOWN),
        views=[_view_picture(evaluated) for evaluated in report.worst],
    )
    write_text_file(path, page)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """An outline over a picture: `points` as SVG writes them, `state` for its colour."""

    points: str
    label: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the web page shows of one picture."""

    result: PictureResult
    figures: tuple[str, ...]
    width_px: int
    height_px: int
    jpeg_base64: str
    boxes: tuple[Box, ...]
    lines: list[tuple[Span, ...]]


def _view_picture(evaluated: EvaluatedPicture) -> View:
    try:
        image: RgbImage | None = open_picture(evaluated.picture)
    except InputError:
        image = None
    height, width = image.shape[:2] if image is not None else (0, 0)
    return View(
        result=evaluated.result,
        figures=tuple(_list_figures(evaluated.result)),
        width_px=width,
        height_px=height,
        jpeg_base64="" if image is None else base64.b64encode(encode_thumbnail(image)).decode("ascii"),
        boxes=tuple(_list_boxes(evaluated)),
        lines=diff_lines(evaluated.result.truth, evaluated.result.found),
    )


def _list_figures(result: PictureResult) -> Iterator[str]:
    text = result.text
    if result.kind:
        yield result.kind
    if not result.complete:
        yield "truth incomplete"
        yield f"bigram recall {text.bigrams.recall:.3f}"
    elif text.chars.length:
        yield f"CER {text.chars.rate:.3f} ({text.chars.edits} of {text.chars.length})"
        yield f"bigram F1 {text.bigrams.f1:.3f}"
    else:
        yield f"no text, but {text.chars.edits} characters read"
    if not result.word_boxes.empty:
        yield f"word boxes H {result.word_boxes.f1:.3f}"
    yield f"{result.seconds:.2f} s"


def encode_thumbnail(image: RgbImage) -> bytes:
    """The picture as JPEG, shrunk to a size that a page of many pictures bears."""
    height, width = image.shape[:2]
    scale = min(1.0, (THUMBNAIL_PIXELS / (height * width)) ** 0.5)
    small = raster.resize(image, max(1, round(width * scale)), max(1, round(height * scale)))
    encoded = io.BytesIO()
    Image.fromarray(small).save(encoded, "JPEG", quality=THUMBNAIL_QUALITY)
    return encoded.getvalue()


def _list_boxes(evaluated: EvaluatedPicture) -> Iterator[Box]:
    """The truth's boxes that were not met, and all boxes found."""
    found = list(evaluated.found.words)
    wanted = evaluated.picture.quads
    pairs = match_quads(wanted or (), [word.quad for word in found])
    met, right = {truth for truth, _ in pairs}, {given for _, given in pairs}
    for index, quad in enumerate(wanted or ()):
        if index not in met:
            label = f"not found: {evaluated.picture.words[index].text}"
            yield Box(points=_write_points(quad), label=label, state="missed")
    for index, word in enumerate(found):
        state = "found" if wanted is None else "right" if index in right else "wrong"
        yield Box(points=_write_points(word.quad), label=_label_word(word), state=state)


def _label_word(word: Word) -> str:
    return word.text if word.confidence is None else f"{word.text} ({word.confidence:.2f})"


def _write_points(quad: Quad) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in quad.points)
