"""One page of a document as pixels."""

from dataclasses import dataclass

from geulnun.core.image import RgbImage


@dataclass(frozen=True, slots=True, kw_only=True)
class PageImage:
    """The pixels of one page: RGB uint8 (H, W, 3), upright, and the page's number in its document, from 1."""

    rgb: RgbImage
    number: int = 1
