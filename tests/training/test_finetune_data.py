"""One's own pictures -> lines: what is cut, matched, divided, and what is left out with which message."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from geulnun.core.charset import CHARSET_V1
from geulnun.core.geometry import Quad
from geulnun.core.page import Line, Page, Word
from geulnun.errors import DatasetError, UsageError
from geulnun.training.finetune.data import choose_characters, divide_by_picture, read_own_data
from geulnun.training.finetune.lines import LineCutter, OwnLine
from geulnun.training.finetune.match_lines import match_lines
from geulnun.training.finetune.mixture import open_drawn_sources


class FoundLines:
    """An engine that finds what it is told to, and reads nothing else in quads."""

    def __init__(self, *lines: tuple[str, tuple[float, float, float, float]]) -> None:
        self.lines = lines

    def read(self, image: Any) -> Any:
        found = [(text, Quad.from_xyxy(*box)) for text, box in self.lines]
        lines = tuple(Line(words=(Word(text=text, quad=quad),), quad=quad) for text, quad in found)
        return SimpleNamespace(pages=[Page(width_px=image.shape[1], height_px=image.shape[0], lines=lines)])

    def read_quads(self, image: Any, quads: list[Quad]) -> list[str]:
        return ["" for _ in quads]


def write_page(folder: Path, name: str, boxes: list[tuple[int, int, int, int]], size=(200, 300)) -> None:
    image = np.full((*size, 3), 240, np.uint8)
    for left, top, right, bottom in boxes:
        image[top:bottom, left:right] = 20
    Image.fromarray(image).save(folder / name)


def write_labels(folder: Path, *records: Any) -> None:
    lines = [record if isinstance(record, str) else json.dumps(record, ensure_ascii=False) for record in records]
    (folder / "labels.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def cut(folder: Path, engine: Any = None, **choices: Any) -> Any:
    return read_own_data(folder, LineCutter(engine or FoundLines(), 32), CHARSET_V1, **choices)


def box_to_quad(left: int, top: int, right: int, bottom: int) -> list[list[int]]:
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def write_quad_pages(folder: Path, *texts: str, **more: Any) -> None:
    """A page with four lines of these two words for each text."""
    records = []
    for number, text in enumerate(texts):
        boxes = [(10, 10 + 40 * row, 110, 40 + 40 * row) for row in range(4)]
        write_page(folder, f"{number}.png", boxes)
        words = [{"text": text, "quad": box_to_quad(*box)} for box in boxes]
        records.append({"image": f"{number}.png", "text": "\n".join([text] * 4), "words": words} | more)
    write_labels(folder, *records)


def test_files_of_one_name_and_pages_of_one_pdf_are_pictures_of_their_own(tmp_path: Path) -> None:
    pages = [Image.new("RGB", (300, 200), "white") for _ in range(2)]
    pages[0].save(tmp_path / "a.pdf", save_all=True, append_images=pages[1:])
    words = [{"text": "한글", "quad": box_to_quad(10, 10 + 40 * row, 110, 40 + 40 * row)} for row in range(4)]
    names = [{"image": "a.pdf", "page": 1}, {"image": "a.pdf", "page": 2}, {"image": "b/1.png"}, {"image": "c/1.png"}]
    for folder in ("b", "c"):
        (tmp_path / folder).mkdir()
        write_page(tmp_path / folder, "1.png", [(10, 10, 110, 40)])
    write_labels(tmp_path, *[name | {"words": words} for name in names])
    data = cut(tmp_path)
    assert len({line.picture for line in (*data.training, *data.validation)}) == 4


def test_words_with_quads_are_cut_and_divided_by_picture(tmp_path: Path) -> None:
    write_quad_pages(tmp_path, "한글", "나라", "사람")
    data = cut(tmp_path, validation_share=0.3)
    assert (len(data.training), len(data.validation), data.labelled, data.cut, data.pictures) == (8, 4, 12, 12, 3)
    assert not {line.picture for line in data.training} & {line.picture for line in data.validation}
    assert data.problems == ()
    line = data.training[0]
    assert line.image.shape[0] == 32
    assert line.image.min() < 60 < 200 < line.image.max()
    assert line.place.startswith("labels.jsonl, line ")
    assert cut(tmp_path, validation_share=0.3).digest == data.digest != cut(tmp_path, seed=2).digest


def test_a_long_line_is_cut_into_strips_with_their_own_words(tmp_path: Path) -> None:
    texts = ["가나다라", "마바사아", "자차카타", "파하거너"]
    boxes = [(10 + 420 * number, 10, 410 + 420 * number, 40) for number in range(4)]
    words = [{"text": text, "quad": box_to_quad(*box)} for text, box in zip(texts, boxes, strict=True)]
    for number in range(4):
        write_page(tmp_path, f"{number}.png", boxes, size=(60, 1700))
    records = [{"image": f"{number}.png", "text": " ".join(texts), "words": words} for number in range(4)]
    write_labels(tmp_path, *records)
    data = cut(tmp_path)
    lines = [line.text for line in data.training if line.picture == data.training[0].picture]
    assert len(lines) > 1
    assert " ".join(lines).split() == texts
    assert data.labelled == 4 and data.cut == len(data.training) + len(data.validation)


@pytest.mark.parametrize("fonts", ["missing", "."])
def test_a_folder_without_korean_fonts_is_refused(tmp_path: Path, fonts: str) -> None:
    with pytest.raises(UsageError, match="holds no Korean font"):
        open_drawn_sources(CHARSET_V1, 32, materials=None, fonts=tmp_path / fonts)


def test_lines_of_a_text_are_matched_with_what_was_read(tmp_path: Path) -> None:
    read = [("한글날 아침", (10, 10, 110, 40)), ("노래하믄", (10, 60, 110, 90)), ("?", (150, 100, 160, 110))]
    for number in range(5):
        write_page(tmp_path, f"{number}.png", [(10, 10, 110, 40), (10, 60, 110, 90)])
        (tmp_path / f"{number}.txt").write_text("한글날 아침\n노래하는\n보이지 않는 줄\n", encoding="utf-8")
    data = cut(tmp_path, FoundLines(*read))
    assert {line.text for line in data.training} == {"한글날 아침", "노래하는"}
    assert len(data.problems) == 5
    assert "0.txt, line 3: '보이지 않는 줄' is left out" in str(data.problems[0])


@pytest.mark.parametrize(
    ("read", "labelled", "expected"),
    [
        (["안녕하세요", "반갑습니다"], ["반갑습니다", "안녕하세요"], {0: 1, 1: 0}),
        (["가나다라", "?!*", "마바사아"], ["가나다라", "뷁쉛", "마바사아"], {0: 0, 1: 1, 2: 2}),
        (["가나다라", "마바사아"], ["가나다라", "뷁쉛퉯", "마바사아"], {0: 0, 2: 1}),
        (["합계 100", "합계 200"], ["합계 100", "합계 300", "합계 200"], {0: 0, 2: 1}),
        (["가나다라마"], ["가나다라바", "가나다라사"], {}),
        ([], ["가"], {}),
        (["한 줄뿐"], ["다른 것"], {0: 0}),
    ],
)
def test_only_sure_lines_are_matched(read: list[str], labelled: list[str], expected: dict[int, int]) -> None:
    assert match_lines(read, labelled) == expected


def test_a_picture_of_one_line_is_cut_about_its_ink_where_nothing_is_found(tmp_path: Path) -> None:
    for number in range(8):
        write_page(tmp_path, f"{number}.png", [(30, 20, 150, 50)], size=(70, 300))
        (tmp_path / f"{number}.txt").write_text("한글 줄", encoding="utf-8")
    data = cut(tmp_path)
    assert len(data.training) + len(data.validation) == 8
    height, width = data.training[0].image.shape
    assert 3.5 * height < width < 4.5 * height  # 120 x 30 px of ink, and the margins of reading


def test_every_problem_says_where_it_is_and_nothing_else_is_lost(tmp_path: Path) -> None:
    write_quad_pages(tmp_path, "한글", "나라")
    good = (tmp_path / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    (tmp_path / "broken.png").write_bytes(b"no picture")
    words = [{"text": "한굴", "quad": box_to_quad(10, 10, 60, 40)}]
    write_labels(
        tmp_path,
        *good,
        "{broken",
        {"image": "gone.png", "text": "가"},
        {"image": "broken.png", "text": "가"},
        {"image": "0.png", "text": "한글", "words": words},
        {"image": "0.png", "text": ""},
    )
    data = cut(tmp_path)
    assert len(data.training) + len(data.validation) == 8
    told = sorted(str(problem).partition("labels.jsonl, ")[2] for problem in data.problems)
    assert [message.split(":")[0] for message in told] == [f"line {number}" for number in range(3, 8)]
    assert "not JSON" in told[0]
    assert "gone.png" in told[1]
    assert "broken.png" in told[2]
    assert "\"text\" says '한글' where \"words\" says '한굴'" in told[3]
    assert "no text" in told[4]


def own(text: str, number: int = 0) -> OwnLine:
    return OwnLine(image=np.zeros((32, 400), np.uint8), text=text, picture=str(number), place=f"{number}.txt, line 1")


def test_new_characters_are_added_and_those_that_cannot_be_are_told() -> None:
    lines = [own("美國 1", 0), own("美國", 1), own("美", 2), own("國語", 3), own("\u1112\u119e\u11ab", 4), own("한", 5)]
    kept, added, problems = choose_characters(lines, CHARSET_V1, add=True)
    assert added == {"國": 3, "美": 3}
    assert [line.place for line in kept] == [f"{number}.txt, line 1" for number in (0, 1, 2, 5)]
    assert "3.txt, line 1: '語' (U+8A9E" in str(problems[0])
    assert "in 1 line(s) only" in str(problems[0])
    assert "4.txt, line 1" in str(problems[1])
    assert "cannot be represented" in str(problems[1])
    assert choose_characters(lines, CHARSET_V1, add=False)[1] == {}


def test_pictures_are_divided_alike_for_one_seed() -> None:
    lines = [own("가", number // 2) for number in range(20)]
    first, second = (divide_by_picture(lines, 0.2, 7) for _ in range(2))
    assert first == second
    assert len(first[1]) == 4


def test_too_few_lines_are_refused_with_the_first_problem(tmp_path: Path) -> None:
    write_quad_pages(tmp_path, "한글")
    with pytest.raises(DatasetError, match="4 usable lines on 1 picture"):
        cut(tmp_path)
