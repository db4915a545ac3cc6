"""Upright rectangles on a page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Upright bounds in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Right minus left."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Bottom minus top."""
        return self.bottom - self.top

    def padded(self, x: float, y: float | None = None) -> "Box":
        """This box grown by `x` on the left and right and `y` (or `x`) above and below."""
        y = x if y is None else y
        return Box(left=self.left - x, top=self.top - y, right=self.right + x, bottom=self.bottom + y)
