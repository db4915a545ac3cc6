"""One page of a document as pixels."""

from dataclasses import dataclass

from geulnun.core.image import RgbImage
from geulnun.core.page import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class PageImage:
    """The pixels of one page.

    Attributes:
        rgb: RGB uint8 (H, W, 3), upright.
        number: of the page in its document, from 1.
        page_count: how many pages of the document are opened, this one among them.
        text_lines: the text that a page of a PDF carries, if it was asked for.
    """

    rgb: RgbImage
    number: int = 1
    page_count: int = 1
    text_lines: tuple[Line, ...] = ()
