"""A page as the tree of elements that OCRmyPDF's own renderer draws: page, paragraphs, lines, words."""

import math

from ocrmypdf import Baseline, BoundingBox, OcrClass, OcrElement

from geulnun import Line, Page, Quad, Word
from geulnun.core.page import Block

_DEPTH = 0.2  # of a line's height, below its baseline
_COLUMN_DEG = 90.0  # clockwise; text that runs down


def build_tree(page: Page, dpi: float, page_number: int) -> OcrElement:
    """The tree of a page.

    Args:
        page: what was read.
        dpi: resolution of its picture.
        page_number: in the PDF, from 0.
    """
    return OcrElement(
        ocr_class=OcrClass.PAGE,
        bbox=BoundingBox(0, 0, page.width_px, page.height_px),
        dpi=dpi,
        page_number=page_number,
        children=[_build_paragraph(block) for block in page.blocks if block.lines],
    )


def _build_paragraph(block: Block) -> OcrElement:
    lines = [_build_line(line) for line in block.lines if line.words]
    return OcrElement(ocr_class=OcrClass.PARAGRAPH, bbox=_box(block.quad), language="kor", children=lines)


def _build_line(line: Line) -> OcrElement:
    angle_deg = _COLUMN_DEG if line.orientation == "vertical" else line.quad.angle_deg
    quarter_deg = round(angle_deg / 90.0) * 90.0
    box = _box(line.quad)
    slope = math.tan(math.radians(angle_deg - quarter_deg))
    turned = quarter_deg % 180.0 != 0
    length, height = (box.height, box.width) if turned else (box.width, box.height)
    own_height = max(height - abs(slope) * length, 0.0)
    return OcrElement(
        ocr_class=OcrClass.LINE,
        bbox=box,
        language="kor",
        textangle=-quarter_deg,
        baseline=Baseline(slope=slope, intercept=-_DEPTH * own_height - max(slope, 0.0) * length),
        children=[_build_word(word) for word in line.words],
    )


def _build_word(word: Word) -> OcrElement:
    """The word with a space behind it: OCRmyPDF writes none between words of Hangul, which it takes for Chinese."""
    return OcrElement(
        ocr_class=OcrClass.WORD,
        bbox=_box(word.quad),
        text=f"{word.text} ",
        confidence=word.confidence,
        language="kor",
    )


def _box(quad: Quad) -> BoundingBox:
    return BoundingBox(*quad.xyxy)
