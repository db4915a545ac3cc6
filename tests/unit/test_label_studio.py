"""Places in Label Studio's percent, and the reading order of corrected words."""

import numpy as np
import pytest

from geulnun.core.geometry import Quad
from geulnun.data.label_files import WordLabel
from geulnun.data.sources.label_studio import PictureFinder, build_task, order_words, parse_result

SIZE = (800, 600)
TURNED = Quad(((300, 200), (386.6, 250), (366.6, 284.6), (280, 234.6)))  # 100 x 40 px, by 30 degrees
SLANTED = Quad(((100, 100), (300, 120), (300, 160), (100, 170)))
UPSIDE_DOWN = Quad(((500, 400), (400, 400), (400, 370), (500, 370)))


@pytest.mark.parametrize(("quad", "kind"), [(TURNED, "rectangle"), (SLANTED, "polygon"), (UPSIDE_DOWN, "rectangle")])
def test_a_quad_comes_back_from_percent(quad: Quad, kind: str) -> None:
    task = build_task("a.png", SIZE, [WordLabel(quad=quad, text="글", line=0)])
    result = task["predictions"][0]["result"]
    assert result[0]["type"] == kind
    (word,) = parse_result(result)
    assert np.abs(word.quad.array - quad.array).max() < 1.1
    assert (word.text, word.line) == ("글", 0)


def test_a_rectangle_is_turned_about_its_top_left_corner_in_pixels() -> None:
    (shape, *_) = build_task("a.png", SIZE, [WordLabel(quad=TURNED, text="글")])["predictions"][0]["result"]
    expected = {"x": 37.5, "y": 33.333, "width": 12.5, "height": 6.667, "rotation": 30}
    assert {name: pytest.approx(value, abs=0.01) for name, value in shape["value"].items()} == expected


def test_shapes_with_labels_of_their_own_and_polygons_of_other_corners_are_read() -> None:
    common = {"id": "abc", "original_width": 200, "original_height": 100}
    box = {"x": 10, "y": 20, "width": 30, "height": 40, "rectanglelabels": ["Text"]}
    text = common | {"type": "textarea", "value": {"text": ["두", "줄"]}}
    (word,) = parse_result([text, common | {"type": "rectanglelabels", "value": box}])
    assert (word.quad.xyxy, word.text, word.line) == ((20, 20, 80, 60), "두 줄", None)
    points = [[10, 10], [30, 5], [50, 10], [50, 40], [10, 40]]
    (word,) = parse_result([text, common | {"type": "polygonlabels", "value": {"points": points}}])
    assert word.quad.xyxy == (20, 5, 100, 40)


def test_new_words_stand_beside_those_of_their_row() -> None:
    def word(text: str, x: float, y: float, line: int | None = None) -> WordLabel:
        return WordLabel(quad=Quad.from_xyxy(x, y, x + 40, y + 20), text=text, line=line)

    known = [word("가", 0, 0, 0), word("다", 120, 0, 0), word("마", 0, 60, 4)]
    ordered = order_words([*known, word("나", 60, 4), word("라", 0, 30), word("바", 0, 90)])
    assert [(each.text, each.line) for each in ordered] == [
        ("가", 0), ("나", 0), ("다", 0), ("라", 1), ("마", 2), ("바", 3),
    ]  # fmt: skip


def test_a_picture_is_found_under_the_names_it_was_given(tmp_path) -> None:
    for name in ("가/1 쪽.png", "나/1 쪽.png", "표지.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    finder = PictureFinder(tmp_path)
    assert finder.find("/data/local-files/?d=set/가/1%20쪽.png") == tmp_path / "가" / "1 쪽.png"
    assert finder.find("https://example.org/x/나/1 쪽.png") == tmp_path / "나" / "1 쪽.png"
    assert finder.find("/data/upload/1/deadbeef-표지.jpg") == tmp_path / "표지.jpg"
    with pytest.raises(ValueError, match="could be 2 pictures"):
        finder.find("/data/upload/1/deadbeef-1_쪽.png")
    with pytest.raises(ValueError, match="is missing"):
        finder.find("없음.png")
