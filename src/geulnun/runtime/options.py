"""What may differ from one call of reading to the next."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

from geulnun.errors import UsageError
from geulnun.runtime.detection.find_words import TextThresholds

MIN_TILE_PX = 256
Orientation = Literal["auto", 0, 90, 180, 270]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """Choices of one call.

    Attributes:
        min_confidence: lines of five letters or more that are read with a lower mean confidence (0..1) are taken for
            something that is no text; shorter lines must be surer. With 0 every line is kept.
        scale: size of the picture the detector sees over the image's; None finds it by the size of the letters.
        max_scale: the most that small letters are enlarged when the scale is found.
        tile_px: larger pictures (after scaling) are seen in overlapping tiles of at most this side.
        alternatives: how many readings to give for each character, its own among them.
        beam: texts kept in the search for each line's likeliest, weighed by a language model; 0 or 1 takes the
            likeliest character of every step, whatever stands beside it. None is what suits the recogniser.
        orientation: how far pages lie turned clockwise, in degrees; "auto" sees it by their letters, and reads single
            lines that lie otherwise as they lie.
        thresholds: what counts as text in the detector's maps.
        on_step: called with the name and the seconds of every step, from the thread that reads.

    Raises:
        UsageError: a value outside its range.
    """

    min_confidence: float = 0.5
    scale: float | None = None
    max_scale: float = 2.0
    tile_px: int = 1280
    alternatives: int = 0
    beam: int | None = None
    orientation: Orientation = "auto"
    thresholds: TextThresholds = field(default_factory=TextThresholds)
    on_step: Callable[[str, float], None] | None = None

    def __post_init__(self) -> None:
        _check("min_confidence", self.min_confidence, 0.0, 1.0)
        if self.scale is not None:
            _check("scale", self.scale, 0.05, 8.0)
        _check("max_scale", self.max_scale, 1.0, 8.0)
        _check("tile_px", self.tile_px, MIN_TILE_PX, 8192)
        _check("alternatives", self.alternatives, 0, 50)
        if self.beam is not None:
            _check("beam", self.beam, 0, 100)
        if self.orientation not in get_args(Orientation) or isinstance(self.orientation, bool):
            allowed = ", ".join(map(str, get_args(Orientation)))
            raise UsageError(f"orientation is {self.orientation!r}; allowed are {allowed}.")


def _check(name: str, value: float, least: float, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise UsageError(f"{name} is {value!r}; allowed are {least:g} to {most:g}. Leave it out to use the default.")
