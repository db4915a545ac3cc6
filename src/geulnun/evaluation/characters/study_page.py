"""The report of a study as one web page that needs no other file: what to use, how sure that is, and why."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from geulnun.evaluation.characters.curves import CurvePoint
from geulnun.evaluation.characters.statistics import Interval
from geulnun.evaluation.characters.study_report import Standing, StudyReport
from geulnun.evaluation.characters.table import MethodRow, SetFigures, name_row
from geulnun.evaluation.templates import load_template
from geulnun.outputs.atomic_file import write_text_file

_CURVE_WIDTH, _CURVE_HEIGHT = 220, 110
_CHART_WIDTH, _CHART_HEIGHT, _CHART_LEFT = 900, 420, 50
_LEAST_OF_BEST = 0.7
_LEAST_ERROR = 0.003
_CURVE_GRID = (0.5, 0.9, 0.99)
_TICKS_MS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A row in the chart of time and accuracy: its number, place, and the ends of its interval."""

    number: int
    label: str
    x: float
    y: float
    low_y: float
    high_y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Time (logarithmic) against accuracy; ticks are a place and a text each."""

    width: int
    height: int
    left: int
    marks: tuple[Mark, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveView:
    """One row's learning curve as SVG points, the first row's behind it."""

    title: str
    line: str
    reference: str
    last: str
    note: str


def write_study_html(report: StudyReport, path: Path) -> None:
    """Write the page.

    Raises:
        OutputError: the file cannot be written.
    """
    names = list(dict.fromkeys(each.name for row in report.rows for each in row.sets))
    ranked = report.rank()
    page = load_template("study.html.j2").render(
        report=report,
        sets=names,
        sizes={each.name: each.characters for row in report.rows for each in row.sets},
        ranked=ranked,
        recommended=report.recommend(),
        chart=_draw_chart(ranked, report.timed_by),
        curves=_draw_curves(report),
        curve_size=(_CURVE_WIDTH, _CURVE_HEIGHT),
        curve_grid=[(_place_share(share), f"{100 * share:g} %") for share in _CURVE_GRID],
        unseen=_list_unseen(report),
        find=_find,
        name_row=name_row,
        percent=_percent,
        bracket=_bracket,
        p_value=_show_p,
        rows_by_name={row.name: row for row in report.rows},
    )
    write_text_file(path, page)


def _find(row: MethodRow, name: str) -> SetFigures | None:
    return next((each for each in row.sets if each.name == name), None)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f}"


def _bracket(interval: Interval) -> str:
    return f"{100 * interval.low:.1f}–{100 * interval.high:.1f}"


def _show_p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _list_unseen(report: StudyReport) -> list[tuple[MethodRow, Standing, Standing]]:
    """Rows that were evaluated on seen and unseen syllables alike: clean print and handwriting of both."""
    clean = tuple(name for name in report.seen_sets if name.endswith("-clean"))
    found = []
    for row in report.rows:
        seen, unseen = report.stand(row, clean), report.stand(row, report.unseen_sets)
        if seen and unseen:
            found.append((row, seen, unseen))
    return found


def _draw_chart(ranked: Sequence[Standing], processor: str) -> Chart | None:
    """The rows that one processor timed, the first seed of each; None where there are none.

    What has hardly learned would press all others together at the top: it is left out.
    """
    timed = [
        (place, each, each.row.reading_ms)
        for place, each in enumerate(ranked, 1)
        if each.row.reading_ms and each.row.processor == processor and each.row.seed == 1
        if each.share > _LEAST_OF_BEST * ranked[0].share
    ]
    if not timed:
        return None
    times = [milliseconds for _, _, milliseconds in timed]
    first_ms, last_ms = math.log(min(times) / 1.3), math.log(max(times) * 1.3)
    floor = max(0.0, min(each.interval.low for _, each, _ in timed) - 0.005)
    top = min(1.0, max(each.interval.high for _, each, _ in timed) + 0.005)

    def place_x(milliseconds: float) -> float:
        share = (math.log(milliseconds) - first_ms) / (last_ms - first_ms)
        return _CHART_LEFT + share * (_CHART_WIDTH - _CHART_LEFT - 20)

    def place_y(share: float) -> float:
        return 10 + (top - share) / (top - floor) * (_CHART_HEIGHT - 50)

    marks = tuple(
        Mark(
            number=number,
            label=f"{name_row(each.row)}: {_percent(each.share)} %, {milliseconds:.2f} ms",
            x=place_x(milliseconds),
            y=place_y(each.share),
            low_y=place_y(each.interval.low),
            high_y=place_y(each.interval.high),
        )
        for number, each, milliseconds in timed
    )
    x_ticks = tuple((place_x(each), f"{each:g} ms") for each in _TICKS_MS if first_ms <= math.log(each) <= last_ms)
    y_ticks = tuple(
        (place_y(share), f"{100 * share:.1f} %") for share in (floor + (top - floor) * k / 5 for k in range(6))
    )
    return Chart(
        width=_CHART_WIDTH, height=_CHART_HEIGHT, left=_CHART_LEFT, marks=marks, x_ticks=x_ticks, y_ticks=y_ticks
    )


def _draw_curves(report: StudyReport) -> list[CurveView]:
    """The curves of all rows on common axes."""
    drawn = [(row, report.curves[row.name]) for row in report.rows if report.curves.get(row.name)]
    if not drawn:
        return []
    most = max(points[-1].samples for _, points in drawn)
    reference = _trace(drawn[0][1], most)
    return [
        CurveView(
            title=name_row(row),
            line=_trace(points, most),
            reference=reference,
            last=f"{_percent(points[-1].top1)} % after {points[-1].samples:,}, {points[-1].minutes:.1f} min",
            note={True: "flat", False: "still rising", None: ""}[row.flat],
        )
        for row, points in drawn
    ]


def _trace(points: Sequence[CurvePoint], most: int) -> str:
    """Places of an SVG polyline: samples to the right, few errors up."""
    return " ".join(f"{_CURVE_WIDTH * point.samples / most:.1f},{_place_share(point.top1):.1f}" for point in points)


def _place_share(share: float) -> float:
    """The height of a share of right answers, by the logarithm of the errors: all wrong at the bottom."""
    return _CURVE_HEIGHT * (1 - math.log(max(1 - share, _LEAST_ERROR)) / math.log(_LEAST_ERROR))
