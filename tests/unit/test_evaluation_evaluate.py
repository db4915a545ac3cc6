import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from geulnun.core.geometry import Quad
from geulnun.core.page import Char, Line, Page, Word
from geulnun.data import open_dataset
from geulnun.data.sample import LabelledPicture
from geulnun.errors import InputError, OutputError
from geulnun.evaluation.diff import Span, diff_lines
from geulnun.evaluation.evaluate import evaluate_picture, evaluate_reader
from geulnun.evaluation.report import encode_thumbnail, print_table, write_html, write_json
from geulnun.evaluation.results import Report

SIZE = (200, 60)


def make_word(text: str, left: float, *, shift: float = 0) -> Word:
    chars = tuple(
        Char(text=char, quad=Quad.from_xyxy(left + 10 * i + shift, 10, left + 10 * i + 10 + shift, 20))
        for i, char in enumerate(text)
    )
    return Word(text=text, quad=Quad.from_xyxy(left + shift, 10, left + 10 * len(text) + shift, 20), chars=chars)


def make_page(text: str, *, shift: float = 0) -> Page:
    lines = []
    for row in text.splitlines():
        words = tuple(make_word(token, 60 * i, shift=shift) for i, token in enumerate(row.split()))
        lines.append(Line(words=words, quad=Quad.from_xyxy(0, 10, 180, 20)))
    return Page(width_px=SIZE[0], height_px=SIZE[1], lines=tuple(lines))


def write_dataset(folder: Path, *records: dict[str, object]) -> Path:
    (folder / "images").mkdir(parents=True)
    with (folder / "labels.jsonl").open("w", encoding="utf-8") as file:
        for number, record in enumerate(records):
            name = f"images/{number}.png"
            Image.new("RGB", SIZE, (number, 200, 200)).save(folder / name)
            file.write(json.dumps({"image": name, "kind": "page", **record}, ensure_ascii=False) + "\n")
    return folder


class FakeReader:
    """Reads what it was told to, by the red of the picture's first pixel."""

    def __init__(self, *pages: Page | Exception) -> None:
        self.pages = pages

    def __call__(self, image: np.ndarray) -> Page:
        page = self.pages[image[0, 0, 0]]
        if isinstance(page, Exception):
            raise page
        return page


def evaluate_folder(folder: Path, *pages: Page | Exception) -> Report:
    return evaluate_reader(FakeReader(*pages), open_dataset(folder), reader="fake 1", dataset="set", worst_count=5)


def test_figures_are_summed_by_kind(tmp_path: Path) -> None:
    folder = write_dataset(
        tmp_path / "set",
        {"text": "한글 눈이\n밝다", "kind": "a"},
        {"text": "가나다라", "kind": "b"},
        {"text": "가나", "kind": "a"},
    )
    report = evaluate_folder(folder, make_page("한글 눈이\n밝다"), make_page("가나마"), make_page("가"))
    assert [group.name for group in report.kinds] == ["a", "b"]
    a, b = report.kinds
    assert (a.text.chars.edits, a.text.chars.length) == (1, 8)
    assert a.mean_cer == pytest.approx((0 + 0.5) / 2)
    assert b.text.chars.rate == 0.5
    assert report.total.text.chars.rate == pytest.approx(3 / 12)
    assert report.total.text.lines.recall == pytest.approx(2 / 4)
    assert [evaluated.result.name for evaluated in report.worst] == ["1", "2"]
    assert all(result.seconds >= 0 for result in report.results)


def test_incomplete_truth_is_scored_by_recall_only(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "set", {"text": "한글 눈이", "coverage": "main"})
    report = evaluate_folder(folder, make_page("잡음\n한글 눈이"))
    assert report.total.text.words.recall == 1
    assert report.total.text.words.f1 == 1
    assert report.total.text.chars.length == 0
    assert report.total.mean_cer is None
    assert report.worst == ()


def test_text_on_a_textless_picture_is_a_false_alarm(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "set", {"text": "", "words": []}, {"text": "", "words": []})
    report = evaluate_folder(folder, make_page(""), make_page("귀신"))
    assert (report.total.textless, report.total.false_alarms) == (2, 1)
    assert report.total.word_boxes.precision == 0
    assert report.worst[0].result.text.chars.edits == 2


def test_a_failure_counts_as_an_empty_page_and_stops_nothing(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "set", {"text": "가나"}, {"text": "다라"}, {"text": "마바"})
    (folder / "images" / "2.png").write_bytes(b"not a picture")
    report = evaluate_folder(folder, InputError("seen; allowed; do"), make_page("다라"))
    assert report.total.errors == 2
    assert report.total.text.chars.edits == 4
    assert [result.error is None for result in report.results] == [False, True, False]


def test_boxes_of_words_and_characters_are_matched() -> None:
    page = make_page("한글 눈이")
    picture = make_picture(page)
    result, _ = evaluate_picture(lambda image: make_page("한글 눈이", shift=4), picture)
    assert result.word_boxes.f1 == 1  # 4 of 20 px off
    assert result.char_boxes.f1 == 0  # 4 of 10 px off


def make_picture(page: Page) -> "PictureInMemory":
    return PictureInMemory(image_path=Path("none.png"), kind="a", text=page.text, page=page, name="one")


class PictureInMemory(LabelledPicture):
    @property
    def quads(self) -> tuple[Quad, ...]:
        return tuple(word.quad for word in self.page.words)

    def read_image(self) -> np.ndarray:
        return np.zeros((SIZE[1], SIZE[0], 3), np.uint8)


def test_the_recogniser_is_scored_inside_the_truths_boxes() -> None:
    asked: list[np.ndarray] = []

    def read_strips(strips: Sequence[np.ndarray]) -> list[str]:
        asked.extend(strips)
        return ["한글눈이", "밝다"]

    picture = make_picture(make_page("한글 눈이\n밝다"))
    result, _ = evaluate_picture(lambda image: make_page(""), picture, read_strips=read_strips)
    assert [strip.shape[0] for strip in asked] == [32, 32]
    assert result.strips.chars.edits == 0
    assert result.strips.lines.recall == 0.5
    assert result.strips.spacing.recall == 0
    assert result.text.chars.rate == 1


def test_report_is_written_in_every_form(tmp_path: Path) -> None:
    words = [{"quad": [[0, 10], [20, 10], [20, 20], [0, 20]], "text": "<한글>"}]
    folder = write_dataset(
        tmp_path / "set", {"text": "<한글>", "words": words}, {"text": "", "kind": "no-text"}, {"text": "가나다"}
    )
    report = evaluate_folder(folder, make_page("힌글&"), make_page(""), InputError("no such thing"))

    write_json(report, tmp_path / "new" / "report.json")
    data = json.loads((tmp_path / "new" / "report.json").read_text(encoding="utf-8"))
    assert data["total"]["pictures"] == 3
    assert data["kinds"]["page"]["errors"] == 1
    assert data["kinds"]["no-text"]["cer"] is None
    assert data["pictures"][0]["found"] == "힌글&"

    write_html(report, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "&lt;" in page
    assert "<한글>" not in page
    assert "data:image/jpeg;base64," in page
    assert "http://" not in page and "https://" not in page
    assert "no such thing" in page


@pytest.mark.parametrize("width", [250, 60])
def test_the_table_fits_the_terminal(tmp_path: Path, width: int) -> None:
    folder = write_dataset(tmp_path / "set", {"text": "한글"}, {"text": "", "kind": "no-text"})
    console = Console(width=width, file=io.StringIO())
    print_table(evaluate_folder(folder, make_page("한글"), make_page("")), console)
    table = console.file.getvalue()
    for expected in ("fake 1 on set", "no-text", "total", "mean CER", "bigram F1", "1.000", "0 of 1"):
        assert expected in table
    assert "…" not in table
    assert "cut CER" not in table


def test_report_into_an_unwritable_place_says_so(tmp_path: Path) -> None:
    report = Report(reader="fake", dataset="set", results=())
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be made"):
        write_json(report, tmp_path / "file" / "report.json")


def test_an_empty_dataset_has_figures_too() -> None:
    report = evaluate_reader(FakeReader(), [], reader="fake", dataset="set")
    assert report.total.median_seconds == 0
    assert report.total.text.chars.rate == 0
    print_table(report, Console(file=io.StringIO()))


def test_thumbnails_are_small() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (1500, 1500, 3), np.uint8)
    assert len(encode_thumbnail(noise)) < 600_000
    assert encode_thumbnail(np.zeros((1, 1, 3), np.uint8))[:2] == b"\xff\xd8"


def test_lines_are_paired_wherever_they_stand() -> None:
    assert diff_lines("첫째 줄\n둘째 줄", "둘째 줄\n첫째 줄") == [
        (Span("both", "첫째 줄"),),
        (Span("both", "둘째 줄"),),
    ]


def test_columns_read_as_one_line_are_taken_apart() -> None:
    lines = diff_lines("왼쪽 단의 줄이다\n오른쪽 단의 줄이다", "왼쪽 단의 줄이다 오른쪽 단의 줄이다")
    assert lines == [(Span("both", "왼쪽 단의 줄이다"),), (Span("both", "오른쪽 단의 줄이다"),)]


def test_differences_inside_a_line_are_marked() -> None:
    assert diff_lines("한글 눈이 밝다", "한글눈이 붉다") == [
        (
            Span("both", "한글"),
            Span("missing", " "),
            Span("both", "눈이 "),
            Span("missing", "밝"),
            Span("extra", "붉"),
            Span("both", "다"),
        )
    ]


def test_lines_without_partner_are_missing_or_extra() -> None:
    assert diff_lines("하나", "") == [(Span("missing", "하나"),)]
    assert diff_lines("", "셋\n\n넷") == [(Span("extra", "셋"),), (Span("extra", "넷"),)]
    assert diff_lines("", "") == []
