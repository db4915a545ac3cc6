"""The text layer of a page as a PDF of one page, blank but for invisible text, for OCRmyPDF to lay under the page."""

from pathlib import Path

import pikepdf
from pikepdf import Name

from geulnun import Page
from geulnun.outputs.pdf.glyphless_font import CodeTable, build_font
from geulnun.outputs.pdf.text_layer import Frame, build_text_layer

_POINTS = 72.0  # an inch
_FONT_NAME = "/F1"  # the name by which OCRmyPDF finds the font that it takes over


def write_text_pdf(page: Page, dpi: float, output: Path) -> None:
    """Write the layer to `output`; an empty file, which OCRmyPDF passes over, for a page without text.

    Args:
        page: what was read.
        dpi: resolution of its picture.
        output: the PDF.
    """
    width, height = page.width_px * _POINTS / dpi, page.height_px * _POINTS / dpi
    codes = CodeTable()
    layer = build_text_layer(
        page, Frame.from_box((0.0, 0.0, width, height), 0, page.width_px, page.height_px), _FONT_NAME, codes
    )
    if not layer:
        output.write_bytes(b"")
        return
    with pikepdf.new() as pdf:
        blank = pdf.add_blank_page(page_size=(width, height))
        font = build_font(pdf)
        font[Name.ToUnicode] = pdf.make_stream(codes.format_to_unicode())
        blank.add_resource(font, Name.Font, Name(_FONT_NAME))
        blank.obj[Name.Contents] = pdf.make_stream(layer)
        pdf.save(output)
