"""Methods of reading characters side by side: one row each, as Markdown and JSON."""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geulnun.core.config import build_config
from geulnun.errors import ConfigError
from geulnun.evaluation.characters.rarity import RarityBand
from geulnun.evaluation.characters.statistics import Interval, find_wilson_interval
from geulnun.outputs.atomic_file import write_json_file, write_text_file

TABLE_VERSION = 2
_MARKS = {None: "", True: " (flat)", False: " (rising)"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFigures:
    """Shares of right answers on one set, 0..1; None where there was nothing to measure."""

    name: str
    characters: int
    top1: float | None
    topn: float | None
    cho: float | None = None
    jung: float | None = None
    jong: float | None = None

    @property
    def right(self) -> int:
        """How many were right at the first guess."""
        return round((self.top1 or 0.0) * self.characters)

    @property
    def interval(self) -> Interval:
        """95 % Wilson interval of the top-1 share."""
        return find_wilson_interval(self.right, self.characters)


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodRow:
    """What one method cost and reached.

    Attributes:
        name: of its config.
        title: what the table calls it.
        source: paper it comes from.
        initial: method whose weights it started from.
        seed: of the run, 1 and up.
        samples: characters it learned from, those of `initial` not among them.
        flat: whether its learning curve had become flat; None where that was not looked at.
        exits: share of the characters of learned syllables that a cascade answers early; None without one.
        minutes: of processor time of the process that trained it, where known.
        parameters: of the network.
        size_bytes: of the model's file.
        packed_bytes: of that file compressed, where weights that were dropped take no room.
        network_ms: processor time of the network alone for a picture, one thread, batches of 32.
        reading_ms: processor time of reading a picture, preparing and decoding included.
        processor: that timed it.
        rarity: recall on all drawn sets by how often a syllable stood among the characters it learned from.
        sets: accuracy by set.
    """

    name: str
    title: str
    source: str = ""
    initial: str = ""
    seed: int = 1
    samples: int = 0
    flat: bool | None = None
    exits: float | None = None
    minutes: float | None = None
    parameters: int
    size_bytes: int
    packed_bytes: int
    network_ms: float
    reading_ms: float | None = None
    processor: str = ""
    rarity: tuple[RarityBand, ...] = ()
    sets: tuple[SetFigures, ...] = ()


def build_method_table(rows: Sequence[MethodRow], top: int) -> list[list[str]]:
    """The cells of the table, titles first; best accuracies and lowest costs are in bold."""
    names = list(dict.fromkeys(each.name for row in rows for each in row.sets))
    titles = ["row", "method", "samples", "CPU min", "parameters", "MB", "MB packed"]
    titles += ["ms network", "ms reading", "timed on"]
    titles += [f"{name} top-{n}" for name in names for n in dict.fromkeys((1, top))]
    table = [titles]
    best = {name: max((_find(row, name).top1 or 0.0 for row in rows), default=0.0) for name in names}
    for row in rows:
        cells = [
            row.name,
            name_row(row),
            f"{row.samples:,}{_MARKS[row.flat]}" + (f" after {row.initial}" if row.initial else ""),
            "-" if row.minutes is None else f"{row.minutes:.1f}",
            f"{row.parameters:,}",
            f"{row.size_bytes / 1e6:.2f}",
            f"{row.packed_bytes / 1e6:.2f}",
            f"{row.network_ms:.3f}",
            "-" if row.reading_ms is None else f"{row.reading_ms:.3f}",
            row.processor or "-",
        ]
        for name in names:
            figures = _find(row, name)
            first = _percent(figures.top1)
            shown = f"**{first}**" if figures.top1 and figures.top1 == best[name] else first
            cells.append(shown + _bracket(figures))
            cells += [_percent(figures.topn)] if top > 1 else []
        table.append(cells)
    return table


def _find(row: MethodRow, name: str) -> SetFigures:
    found = (each for each in row.sets if each.name == name)
    return next(found, SetFigures(name=name, characters=0, top1=None, topn=None))


def name_row(row: MethodRow) -> str:
    """What a row is called: its title, source and, where it is not the first, its seed."""
    source = f" ({row.source})" if row.source else ""
    return f"{row.title}{source}{f', seed {row.seed}' if row.seed > 1 else ''}"


def _bracket(figures: SetFigures) -> str:
    """The interval of a figure, as it stands behind it."""
    if figures.top1 is None:
        return ""
    low, high = figures.interval
    return f" [{100 * low:.1f}, {100 * high:.1f}]"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f}"


def render_method_table(rows: Sequence[MethodRow], top: int) -> str:
    """The table in Markdown, with what its figures are; accuracies in per cent."""
    titles, *body = build_method_table(rows, top)
    aligned = ["---" if title in ("row", "method", "timed on") else "---:" for title in titles]
    lines = [f"| {' | '.join(cells)} |" for cells in (titles, aligned, *body)]
    sizes = dict.fromkeys(f"{each.name}: {each.characters:,} characters" for row in rows for each in row.sets)
    told = "Accuracies in per cent, top-1 with its 95 % Wilson interval."
    lines += ["", f"{told} {'; '.join(sizes)}." if sizes else ""]
    if any(row.flat is not None for row in rows):
        lines[-1] += " Behind the characters learned from: whether the learning curve had become flat."
    if len({row.processor for row in rows if row.processor}) > 1:
        lines[-1] += " Compare times of rows timed on the same processor."
    return "\n".join(lines).rstrip() + "\n"


def write_method_table(rows: Sequence[MethodRow], top: int, path: Path) -> None:
    """Write the table as Markdown, and all figures as JSON beside it.

    Raises:
        OutputError: a file cannot be written.
    """
    data = {"version": TABLE_VERSION, "top": top, "methods": [dataclasses.asdict(row) for row in rows]}
    write_text_file(path, render_method_table(rows, top))
    write_json_file(path.with_suffix(".json"), data)


def write_row(row: MethodRow, path: Path) -> None:
    """Write one row, to be read again by `read_row`.

    Raises:
        OutputError: the place cannot be written.
    """
    write_json_file(path, dataclasses.asdict(row))


def read_row(path: Path) -> MethodRow:
    """A row that `write_row` wrote.

    Raises:
        ConfigError: it is damaged.
    """
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigError(f"{path} is damaged ({error}). Delete it, and the row is evaluated anew.") from error
    return build_config(data, MethodRow, str(path))
