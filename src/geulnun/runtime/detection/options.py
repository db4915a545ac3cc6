"""Options of one call of the detector."""

from dataclasses import dataclass, field

from geulnun.errors import UsageError

MIN_TILE_PX = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class TextThresholds:
    """What counts as text; values of the maps, 0..1, unless named otherwise.

    Attributes:
        region: a cell of a character.
        affinity: a cell of a gap inside a word.
        peak: a piece without a region peak this high is no text.
        min_area_cells: smaller pieces are specks.
        min_char_cells: pieces of characters smaller than this are specks.
    """

    region: float = 0.4
    affinity: float = 0.4
    peak: float = 0.6
    min_area_cells: int = 6
    min_char_cells: float = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionOptions:
    """How text is looked for.

    Attributes:
        scale: size of the picture the detector sees over the image's; None finds it by the size of the letters.
        max_scale: the most that small letters are enlarged when the scale is found.
        tile_px: larger pictures (after scaling) are seen in overlapping tiles of at most this side.
        thresholds: what counts as text in the detector's maps.

    Raises:
        UsageError: a value outside its range.
    """

    scale: float | None = None
    max_scale: float = 2.0
    tile_px: int = 1280
    thresholds: TextThresholds = field(default_factory=TextThresholds)

    def __post_init__(self) -> None:
        if self.scale is not None:
            check_range("scale", self.scale, 0.05, 8.0)
        check_range("max_scale", self.max_scale, 1.0, 8.0)
        check_range("tile_px", self.tile_px, MIN_TILE_PX, 8192)


def check_range(name: str, value: float, least: float, most: float) -> None:
    """Check that an option lies within its range.

    Raises:
        UsageError: it does not.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise UsageError(f"{name} is {value!r}; allowed are {least:g} to {most:g}. Leave it out to use the default.")
