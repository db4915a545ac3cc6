"""docling's own pipeline with the plug-in and the bundled weights.

docling's networks for layout and tables are fetched from a hub when they are first used. So that the tests need no
network, stand-ins take their places: they know where the columns and the table of the test page are. All else is
docling's: the PDF, the page images, the merging of cells, the order of reading, Markdown.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from docling.datamodel.accelerator_options import AcceleratorOptions
from docling.datamodel.base_models import Cluster, InputFormat, LayoutPrediction, Page, Table, TableStructurePrediction
from docling.datamodel.document import ConversionResult
from docling.datamodel.pipeline_options import (
    BaseLayoutOptions,
    BaseTableStructureOptions,
    OcrMode,
    PdfPipelineOptions,
)
from docling.document_converter import DocumentConverter, PdfFormatOption
from docling.exceptions import OcrLanguageNotSupportedError
from docling.models.base_layout_model import BaseLayoutModel
from docling.models.base_table_model import BaseTableStructureModel
from docling.models.factories import get_layout_factory, get_ocr_factory, get_table_structure_factory
from docling_core.types.doc import BoundingBox, CoordOrigin, DocItemLabel, TableCell
from PIL import Image

from docling_geulnun.model import GeulnunOcrModel
from docling_geulnun.options import GeulnunOcrOptions

NOTICE = Path(__file__).resolve().parents[3] / "demo" / "pictures" / "notice.jpg"
DPI = 150
MARGIN, GAP = 60, 60
# Parts of the notice in pixels: two paragraphs, and a table of five rows and three columns.
LEFT, RIGHT, TABLE = (90, 205, 930, 350), (90, 350, 930, 440), (90, 630, 930, 915)
ROWS, COLUMNS = 5, 3


def to_points(left: float, top: float, right: float, bottom: float) -> BoundingBox:
    scale = 72 / DPI
    return BoundingBox(
        l=left * scale, t=top * scale, r=right * scale, b=bottom * scale, coord_origin=CoordOrigin.TOPLEFT
    )


WIDTH, TABLE_TOP = 840, 260
PLACES = {
    DocItemLabel.TEXT: [
        to_points(MARGIN, MARGIN, MARGIN + WIDTH, MARGIN + 145),
        to_points(MARGIN + WIDTH + GAP, MARGIN, MARGIN + 2 * WIDTH + GAP, MARGIN + 90),
    ],
    DocItemLabel.TABLE: [to_points(MARGIN, TABLE_TOP, MARGIN + WIDTH, TABLE_TOP + 285)],
}


class KnownLayoutOptions(BaseLayoutOptions):
    kind: ClassVar[str] = "known_layout"


class KnownLayout(BaseLayoutModel):
    """Says where the parts of the test page are."""

    def __init__(self, **settings: Any) -> None:
        pass

    @classmethod
    def get_options_type(cls) -> type[BaseLayoutOptions]:
        return KnownLayoutOptions

    def predict_layout(self, conv_res: ConversionResult, pages: Sequence[Page]) -> Sequence[LayoutPrediction]:
        parts = [(label, box) for label, boxes in PLACES.items() for box in boxes]
        clusters = [Cluster(id=number, label=label, bbox=box) for number, (label, box) in enumerate(parts)]
        return [LayoutPrediction(clusters=[each.model_copy() for each in clusters]) for _ in pages]


class KnownTableOptions(BaseTableStructureOptions):
    kind: ClassVar[str] = "known_table"


class KnownTable(BaseTableStructureModel):
    """Cuts tables into even rows and columns, and puts the cells of text that lie in each there."""

    def __init__(self, enabled: bool, **settings: Any) -> None:
        self.enabled = enabled

    @classmethod
    def get_options_type(cls) -> type[BaseTableStructureOptions]:
        return KnownTableOptions

    def predict_tables(self, conv_res: ConversionResult, pages: Sequence[Page]) -> Sequence[TableStructurePrediction]:
        return [self._predict(page) for page in pages]

    def _predict(self, page: Page) -> TableStructurePrediction:
        assert page.predictions.layout is not None
        tables = [each for each in page.predictions.layout.clusters if each.label == DocItemLabel.TABLE]
        return TableStructurePrediction(table_map={each.id: self._cut(each, page) for each in tables})

    def _cut(self, cluster: Cluster, page: Page) -> Table:
        box = PLACES[DocItemLabel.TABLE][0]
        texts: dict[tuple[int, int], list[str]] = {}
        for cell in page.cells:
            inside = cell.rect.to_bounding_box()
            x, y = (inside.l + inside.r) / 2 - box.l, (inside.t + inside.b) / 2 - box.t
            if 0 <= x < box.width and 0 <= y < box.height:
                place = int(y / box.height * ROWS), int(x / box.width * COLUMNS)
                texts.setdefault(place, []).append(cell.text)
        cells = [
            TableCell(
                text=" ".join(texts.get((row, column), [])),
                start_row_offset_idx=row,
                end_row_offset_idx=row + 1,
                start_col_offset_idx=column,
                end_col_offset_idx=column + 1,
                column_header=row == 0,
            )
            for row in range(ROWS)
            for column in range(COLUMNS)
        ]
        return Table(
            otsl_seq=[],
            num_rows=ROWS,
            num_cols=COLUMNS,
            table_cells=cells,
            id=cluster.id,
            label=cluster.label,
            page_no=page.page_no,
            cluster=cluster,
        )


@pytest.fixture(scope="session")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scanned page of two columns with a table below the first."""
    notice = Image.open(NOTICE).convert("L")
    page = Image.new("L", (2 * WIDTH + GAP + 2 * MARGIN, TABLE_TOP + 285 + MARGIN), 245)
    page.paste(notice.crop(LEFT), (MARGIN, MARGIN))
    page.paste(notice.crop(RIGHT), (MARGIN + WIDTH + GAP, MARGIN))
    page.paste(notice.crop(TABLE), (MARGIN, TABLE_TOP))
    path = tmp_path_factory.mktemp("scan") / "scan.pdf"
    page.save(path, resolution=DPI)
    return path


@pytest.fixture(scope="session", autouse=True)
def stand_ins() -> None:
    get_layout_factory(allow_external_plugins=True).register(KnownLayout, "tests", __name__)
    get_table_structure_factory(allow_external_plugins=True).register(KnownTable, "tests", __name__)


def make_converter(**options: Any) -> DocumentConverter:
    settings = PdfPipelineOptions(
        allow_external_plugins=True,
        accelerator_options=AcceleratorOptions(num_threads=1, device="cpu"),
        do_ocr=True,
        generate_parsed_pages=True,
        ocr_options=GeulnunOcrOptions(**options),
        layout_options=KnownLayoutOptions(),
        do_table_structure=True,
        table_structure_options=KnownTableOptions(),
    )
    return DocumentConverter(format_options={InputFormat.PDF: PdfFormatOption(pipeline_options=settings)})


@pytest.mark.parametrize("mode", [OcrMode.DEFAULT, OcrMode.FULL_PAGE])
def test_columns_and_a_table_become_markdown_with_their_spaces(scan: Path, mode: OcrMode) -> None:
    markdown = make_converter(mode=mode).convert(scan).document.export_to_markdown()
    left = "관심 있는 가정에서는 아래 내용을 살펴보시고 기한 안에 신청해 주시기 바랍니다."
    right = "만든 책을 전시하고, 가장 많이 읽은 모둠에는 작은 선물도 드립니다."
    assert 0 <= markdown.find(left) < markdown.find(right)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown.splitlines() if "|" in line]
    assert ["날짜", "읽을 책", "활동"] in rows
    assert ["7월 30일", "별은 왜 반짝일까?", "별자리판 만들기"] in rows


def test_lines_lie_where_they_are_seen(scan: Path) -> None:
    """Cells of the right column start there: the offset of what was cut out is added."""
    result = make_converter().convert(scan)
    (page,) = result.pages
    cells = [cell for cell in page.cells if "작은 선물도" in cell.text]
    (box,) = [cell.rect.to_bounding_box() for cell in cells]
    place = PLACES[DocItemLabel.TEXT][1]
    assert place.l < box.l < box.r < place.r
    assert place.t < box.t < box.b < place.b
    assert all(cell.from_ocr and 0 < cell.confidence <= 1 for cell in page.cells)


def test_it_is_chosen_by_name_and_only_where_plugins_are_allowed() -> None:
    factory = get_ocr_factory(allow_external_plugins=True)
    assert "geulnun" in factory.registered_kind
    assert type(factory.create_options("geulnun")) is GeulnunOcrOptions
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert "geulnun" not in get_ocr_factory(allow_external_plugins=False).registered_kind


def make_model(*languages: str) -> GeulnunOcrModel:
    options = GeulnunOcrOptions(lang=list(languages))
    return GeulnunOcrModel(False, None, options, AcceleratorOptions(num_threads=1))


def test_korean_and_english_may_be_asked_for() -> None:
    assert make_model("kor", "eng").resolve_ocr_languages() == ["ko", "en"]
    assert make_model("iso:ko-KR").resolve_ocr_languages() == ["ko"]
    with pytest.raises(OcrLanguageNotSupportedError, match="jpn"):
        make_model("jpn")
