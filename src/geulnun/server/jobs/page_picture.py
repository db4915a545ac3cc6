"""Pictures of pages, as browsers show them."""

import io

from PIL import Image

from geulnun.documents import open_pages

MAX_SIDE_PX = 16_383  # more is not in the format WebP
SMALL_SIDE_PX = 320
_QUALITY = 85


def draw_page_picture(content: bytes, number: int, dpi: float | None, max_pixels: int, *, small: bool) -> bytes:
    """A page as WebP: with all its pixels, or none of its sides longer than `SMALL_SIDE_PX`.

    Raises:
        InputError: the page cannot be read.
    """
    image = Image.fromarray(next(iter(open_pages(content, pages=[number], dpi=dpi, max_pixels=max_pixels))).rgb)
    side = SMALL_SIDE_PX if small else MAX_SIDE_PX
    image.thumbnail((side, side))
    encoded = io.BytesIO()
    # Method 2 of 0 to 6 takes a third of the default's time and makes a tenth more bytes.
    image.save(encoded, "WEBP", quality=_QUALITY, method=2)
    return encoded.getvalue()
