"""The columns of the tables that show a report, one definition for the terminal and the web page."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from geulnun.evaluation.counts import Edits, Matches
from geulnun.evaluation.results import Group, Report

NOTHING = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One figure of a group of pictures."""

    title: str
    meaning: str
    show: Callable[[Group], str]


COLUMNS = (
    Column(title="pictures", meaning="number of pictures", show=lambda group: str(len(group.results))),
    Column(
        title="CER",
        meaning="character edits over the truth's length, without white space, in reading order",
        show=lambda group: show_rate(group.text.chars),
    ),
    Column(
        title="order-free CER",
        meaning="the same with lines paired wherever they stand: what is more in the CER is reading order",
        show=lambda group: show_rate(group.text.unordered),
    ),
    Column(
        title="mean CER",
        meaning="mean of the pictures' CER, each picture weighing the same",
        show=lambda group: NOTHING if group.mean_cer is None else f"{group.mean_cer:.3f}",
    ),
    Column(
        title="jamo ER",
        meaning="jamo edits over the truth's jamo, without white space, in reading order",
        show=lambda group: show_rate(group.text.jamo),
    ),
    Column(
        title="lines",
        meaning="line accuracy: share of the truth's lines read exactly",
        show=lambda group: f"{group.text.lines.recall:.3f}" if group.text.lines.wanted else NOTHING,
    ),
    Column(
        title="bigram F1",
        meaning="pairs of adjacent characters, without white space",
        show=lambda group: show_f1(group.text.bigrams),
    ),
    Column(title="word F1", meaning="tokens between white space", show=lambda group: show_f1(group.text.words)),
    Column(
        title="spacing F1",
        meaning="spaces between characters that were read right",
        show=lambda group: show_f1(group.text.spacing),
    ),
    Column(
        title="words P/R/H",
        meaning="word boxes at IoU 0.5: precision / recall / H-mean",
        show=lambda group: show_boxes(group.word_boxes),
    ),
    Column(
        title="chars P/R/H",
        meaning="character boxes at IoU 0.5: precision / recall / H-mean",
        show=lambda group: show_boxes(group.char_boxes),
    ),
    Column(
        title="cut CER",
        meaning="CER of the recogniser alone, inside the truth's boxes",
        show=lambda group: show_rate(group.strips.chars),
    ),
    Column(
        title="cut exact",
        meaning="share of the truth's lines that the recogniser alone reads exactly, inside their boxes",
        show=lambda group: f"{group.strips.lines.recall:.3f}" if group.strips.lines.wanted else NOTHING,
    ),
    Column(
        title="cut spacing",
        meaning="spacing F1 of the recogniser alone, inside the truth's boxes",
        show=lambda group: show_f1(group.strips.spacing),
    ),
    Column(
        title="false alarms",
        meaning="pictures without text on which text was read, of all pictures without text",
        show=lambda group: f"{group.false_alarms} of {group.textless}" if group.textless else NOTHING,
    ),
    Column(
        title="s/picture",
        meaning="median seconds of reading a picture",
        show=lambda group: f"{group.median_seconds:.2f}",
    ),
    Column(
        title="errors",
        meaning="pictures that could not be read",
        show=lambda group: str(group.errors) if group.errors else NOTHING,
    ),
)


def choose_columns(report: Report) -> tuple[Column, ...]:
    """The columns that say anything about any kind of picture in `report`."""
    groups = (*report.kinds, report.total)
    return tuple(column for column in COLUMNS if any(column.show(group) != NOTHING for group in groups))


def list_rows(report: Report, columns: Iterable[Column]) -> list[tuple[str, ...]]:
    """The cells, one row a kind and the last the total; the first cell is the kind."""
    groups = report.kinds if len(report.kinds) == 1 else (*report.kinds, report.total)
    chosen = tuple(columns)
    return [(group.name or "(no kind)", *(column.show(group) for column in chosen)) for group in groups]


def show_rate(edits: Edits) -> str:
    """An error rate; nothing where the truth has no text to read."""
    return f"{edits.rate:.3f}" if edits.length else NOTHING


def show_f1(matches: Matches) -> str:
    """An F1; marked as recall where the truth's pictures allow no more."""
    if matches.empty:
        return NOTHING
    return f"{matches.recall:.3f} (R)" if matches.wanted and _lacks_precision(matches) else f"{matches.f1:.3f}"


def show_boxes(matches: Matches) -> str:
    """Precision, recall and H-mean."""
    if matches.empty:
        return NOTHING
    return f"{matches.precision:.2f}/{matches.recall:.2f}/{matches.f1:.3f}"


def _lacks_precision(matches: Matches) -> bool:
    return matches.found == 0 and matches.wanted_met > 0
