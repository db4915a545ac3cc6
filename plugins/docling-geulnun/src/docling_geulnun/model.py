"""The engine: what docling wants read of a page is read in one go, and becomes one cell a line, with its spaces."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from docling.datamodel.accelerator_options import AcceleratorOptions
from docling.datamodel.base_models import Page
from docling.datamodel.document import ConversionResult
from docling.datamodel.pipeline_options import OcrOptions
from docling.datamodel.settings import settings
from docling.exceptions import OcrLanguageNotSupportedError
from docling.models.base_ocr_model import BaseOcrModel
from docling.utils.ocr_language import OcrLanguage, OcrLanguageSupport
from docling.utils.profiling import TimeRecorder
from docling_core.types.doc import BoundingBox, CoordOrigin
from docling_core.types.doc.page import BoundingRectangle, TextCell

from docling_geulnun.options import GeulnunOcrOptions
from geulnun import Engine, Line, ReadOptions

_LANGUAGES = {"ko": "ko", "kor": "ko", "korean": "ko", "en": "en", "eng": "en", "english": "en"}


class GeulnunOcrModel(BaseOcrModel):
    """Reads the pages of docling with geulnun."""

    multiple_languages = True

    def __init__(
        self,
        enabled: bool,
        artifacts_path: Path | None,
        options: GeulnunOcrOptions,
        accelerator_options: AcceleratorOptions,
    ) -> None:
        """Open the bundled weights, if the engine is enabled.

        Raises:
            OcrLanguageNotSupportedError: another language than Korean and English was asked for.
            GeulnunError: the weights are not in order.
        """
        super().__init__(
            enabled=enabled, artifacts_path=artifacts_path, options=options, accelerator_options=accelerator_options
        )
        self.resolve_ocr_languages()
        self._scale = options.scale
        self._reading = ReadOptions(min_confidence=options.min_confidence)
        threads = min(accelerator_options.num_threads, os.cpu_count() or 1)
        self._engine = Engine(threads=threads) if enabled else None

    @classmethod
    def get_options_type(cls) -> type[OcrOptions]:
        """The options that choose this engine."""
        return GeulnunOcrOptions

    def supported_ocr_languages(self) -> OcrLanguageSupport:
        """The languages that are read."""
        return OcrLanguageSupport(bcp47=["ko", "en"], native=["kor", "eng"])

    def map_ocr_language(self, language: OcrLanguage) -> str:
        """The engine's name of a language.

        Raises:
            OcrLanguageNotSupportedError: neither Korean nor English.
        """
        code = _LANGUAGES.get((language.native or language.bcp47_language or "").lower())
        if code is None:
            supported = self.supported_ocr_languages()
            raise OcrLanguageNotSupportedError(self._engine_name, language.tag(), supported=supported)
        return code

    def __call__(self, conv_res: ConversionResult, page_batch: Iterable[Page]) -> Iterable[Page]:
        """The pages, with the text of those places that docling wants read."""
        for page in page_batch:
            if self._engine is not None and page._backend is not None and page._backend.is_valid():
                with TimeRecorder(conv_res, "ocr"):
                    rects = [rect for rect in self.get_ocr_rects(page) if rect.area() > 0]
                    self.post_process_cells(self._read_cells(self._engine, page, rects), page, conv_res)
                if settings.debug.visualize_ocr:
                    self.draw_ocr_rects_and_cells(conv_res, page, rects)
            yield page

    def _read_cells(self, engine: Engine, page: Page, rects: Sequence[BoundingBox]) -> list[TextCell]:
        """A cell for each line inside the rects, in reading order.

        The box around all rects is read at once, so that columns, tables and the page's orientation are seen whole.
        """
        if not rects or page._backend is None:
            return []
        around = _enclose(rects)
        image = page._backend.get_page_image(scale=self._scale, cropbox=around)
        lines = engine.read(image, self._reading).pages[0].lines
        boxes = [_place(line, around, self._scale) for line in lines]
        wanted = [(line, box) for line, box in zip(lines, boxes, strict=True) if any(_holds(r, box) for r in rects)]
        return [_make_cell(index, line, box) for index, (line, box) in enumerate(wanted)]


def _enclose(rects: Sequence[BoundingBox]) -> BoundingBox:
    """The smallest box around the rects, whose origin is the page's top left."""
    return BoundingBox(
        l=min(rect.l for rect in rects),
        t=min(rect.t for rect in rects),
        r=max(rect.r for rect in rects),
        b=max(rect.b for rect in rects),
        coord_origin=CoordOrigin.TOPLEFT,
    )


def _place(line: Line, crop: BoundingBox, scale: float) -> BoundingBox:
    """Where a line of the picture of `crop` lies on the page, in points from its top left."""
    left, top, right, bottom = (value / scale for value in line.quad.xyxy)
    return BoundingBox(
        l=crop.l + left, t=crop.t + top, r=crop.l + right, b=crop.t + bottom, coord_origin=CoordOrigin.TOPLEFT
    )


def _holds(rect: BoundingBox, box: BoundingBox) -> bool:
    """Whether the middle of `box` lies in `rect`."""
    x, y = (box.l + box.r) / 2, (box.t + box.b) / 2
    return bool(rect.l <= x <= rect.r and rect.t <= y <= rect.b)


def _make_cell(index: int, line: Line, box: BoundingBox) -> TextCell:
    return TextCell(
        index=index,
        text=line.text,
        orig=line.text,
        confidence=1.0 if line.confidence is None else line.confidence,
        from_ocr=True,
        rect=BoundingRectangle.from_bounding_box(box),
    )
