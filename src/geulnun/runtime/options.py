"""Options of one call of reading."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, get_args

from geulnun.errors import UsageError
from geulnun.runtime.detection.options import DetectionOptions, check_range

Orientation = Literal["auto", 0, 90, 180, 270]
Cells = Literal["rows", "lines"]
TextLayer = Literal["ignore", "auto"]

DEFAULT_MIN_CONFIDENCE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions(DetectionOptions):
    """Choices of one call: those of `DetectionOptions`, and these.

    Attributes:
        min_confidence: lines of five letters or more that are read with a lower mean confidence (0..1) are taken for
            something that is no text; shorter lines must be surer. With 0 every line is kept.
        alternatives: how many readings to give for each character, its own among them.
        beam: texts kept in the search for each line's likeliest, weighed by a language model; 0 or 1 is greedy
            decoding, the likeliest character of every step. None is what suits the recogniser.
        orientation: how far pages lie turned clockwise, in degrees; "auto" sees it by their letters, and reads single
            lines that lie otherwise as they lie.
        cells: "rows" gives lines that face each other as the cells of one row, and finds tables; "lines" gives every
            cell as a line of its own.
        text_layer: "auto" takes the text that a page of a PDF carries instead of reading the page, if it is legible,
            leaves nothing out, and agrees with what is read of a few lines; "ignore" reads every page.
        on_step: called with the name and the seconds of every step, from the thread that reads.

    Raises:
        UsageError: a value outside its range.
    """

    min_confidence: float = DEFAULT_MIN_CONFIDENCE
    alternatives: int = 0
    beam: int | None = None
    orientation: Orientation = "auto"
    cells: Cells = "rows"
    text_layer: TextLayer = "ignore"
    on_step: Callable[[str, float], None] | None = None

    def __post_init__(self) -> None:
        # Not super(): a dataclass with slots is another class than the one that `super` knows.
        DetectionOptions.__post_init__(self)
        check_range("min_confidence", self.min_confidence, 0.0, 1.0)
        check_range("alternatives", self.alternatives, 0, 50)
        if self.beam is not None:
            check_range("beam", self.beam, 0, 100)
        for name, count in ("alternatives", self.alternatives), ("beam", self.beam):
            if count is not None and not isinstance(count, int):
                raise UsageError(f"{name} is {count!r}; allowed is a whole number.")
        if self.orientation not in get_args(Orientation) or isinstance(self.orientation, bool):
            allowed = ", ".join(map(str, get_args(Orientation)))
            raise UsageError(f"orientation is {self.orientation!r}; allowed are {allowed}.")
        if self.cells not in get_args(Cells):
            raise UsageError(f"cells is {self.cells!r}; allowed are {', '.join(get_args(Cells))}.")
        if self.text_layer not in get_args(TextLayer):
            raise UsageError(f"text_layer is {self.text_layer!r}; allowed are {', '.join(get_args(TextLayer))}.")

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Report how long the block takes to `on_step`, unless it raises."""
        started = time.perf_counter()
        yield
        if self.on_step is not None:
            self.on_step(name, time.perf_counter() - started)
