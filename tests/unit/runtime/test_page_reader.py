import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest

from geulnun.core.charset import CHARSET_V1
from geulnun.core.geometry import Quad, enclose, measure_iou
from geulnun.core.hangul import decompose
from geulnun.core.page import Line, Word
from geulnun.errors import InputError
from geulnun.runtime.detection.detector import Detector
from geulnun.runtime.detection.find_words import FoundWord
from geulnun.runtime.options import ReadOptions
from geulnun.runtime.page_reader import PageReader
from geulnun.runtime.recognition.recognizer import Recognizer

ALPHABET = "가나다라마바사A1.각닭"
PAPER = 255


class MapSession:
    """Returns the same maps for whatever picture."""

    backend = "fake"

    def __init__(self, maps: np.ndarray) -> None:
        self.maps = maps

    def run(self, array: np.ndarray) -> list[np.ndarray]:
        return [self.maps[None]]


class GreySession:
    """Reads runs of grey 9 * n + 4 as the n-th symbol, and white wider than a third of a letter as a space."""

    backend = "fake"

    def __init__(self, confidence: float = 0.9) -> None:
        self.confidence = confidence

    def run(self, array: np.ndarray) -> list[np.ndarray]:
        grey = (array[:, 0, 12:20, :].mean(axis=1) + 1) * 127.5
        count, steps = grey.shape[0], grey.shape[1] // 4
        sizes = (CHARSET_V1.gate_size, 19, 21, 28)
        heads = [np.full((count, steps, size), -20.0, np.float32) for size in sizes]
        heads[0][:, :, 0] = 0.0
        for row in range(count):
            for symbol, center in self.spell(grey[row]):
                self.put(heads, row, int(center // 4), symbol)
        return heads

    @staticmethod
    def spell(grey: np.ndarray) -> list[tuple[str, float]]:
        found: list[tuple[str, float]] = []
        nearest = np.round((grey - 4) / 9)
        numbers = np.where((nearest < len(ALPHABET)) & (np.abs(9 * nearest + 4 - grey) < 3), nearest, -1)
        start = 0
        for x in range(1, len(grey) + 1):
            if x < len(grey) and numbers[x] == numbers[start]:
                continue
            if numbers[start] >= 0 and x - start >= 8:
                found.append((ALPHABET[int(numbers[start])], (start + x) / 2))
            elif numbers[start] < 0 and x - start >= 9 and found and x < len(grey):
                found.append((" ", (start + x) / 2))
            start = x
        return found

    def put(self, heads: list[np.ndarray], row: int, step: int, symbol: str) -> None:
        log = np.log(self.confidence)
        heads[0][row, step, 0] = -20.0
        if symbol in CHARSET_V1.symbols:
            heads[0][row, step, 2 + CHARSET_V1.symbols.index(symbol)] = log
            return
        heads[0][row, step, 1] = log
        for head, index in zip(heads[1:], decompose(symbol), strict=True):
            head[row, step, index] = 0.0


def draw(lines: list[tuple[str, list[list[Quad]]]], width_px: int, height_px: int) -> np.ndarray:
    """A page of blocks whose grey says which character they are."""
    page = np.full((height_px, width_px, 3), PAPER, np.uint8)
    page[0, 0] = page[-1, -1] = 0  # no margin is plain: the maps are of the whole page
    for text, words in lines:
        for symbol, quad in zip(text.replace(" ", ""), (q for word in words for q in word), strict=True):
            shrunk = (quad.array - quad.center) * (0.86, 1.0) + quad.center
            value = 9 * ALPHABET.index(symbol) + 4
            cv2.fillPoly(page, [np.round(shrunk * 16).astype(np.int32)], (value,) * 3, cv2.LINE_8, shift=4)
    return page


@pytest.fixture
def make_page(paint_maps, set_words) -> Callable[..., tuple[np.ndarray, PageReader, dict[str, list[list[Quad]]]]]:
    def make(texts: list[str], *, size: int = 30, angle_deg: float = 0.0, confidence: float = 0.9):
        placed = {
            text: set_words(
                [len(word) for word in text.split()], 80, 160 + 50 * n, size, angle_deg=angle_deg, gap_ratio=0.5
            )
            for n, text in enumerate(texts)
        }
        maps = paint_maps([word for words in placed.values() for word in words], 640, 480)
        reader = PageReader(Detector(MapSession(maps)), Recognizer(GreySession(confidence), CHARSET_V1))
        return draw(list(placed.items()), 640, 480), reader, placed

    return make


TEXTS = ["가나다 A1. 각", "닭 라마바사", "나나 가"]
AT_ONCE = ReadOptions(scale=1.0)


@pytest.mark.parametrize("angle_deg", [0, 6, -12])
def test_a_page_is_read_with_its_words_and_characters_in_place(make_page, angle_deg) -> None:
    image, reader, placed = make_page(TEXTS, angle_deg=angle_deg)
    page = reader.read_image(image, AT_ONCE, number=3)
    assert (page.width_px, page.height_px, page.number) == (640, 480, 3)
    assert page.text.splitlines() == TEXTS
    for line, words in zip(page.lines, placed.values(), strict=True):
        assert line.confidence == pytest.approx(0.9, abs=0.01)
        assert measure_iou(line.quad, enclose([quad for word in words for quad in word])) > 0.85
        for word, quads in zip(line.words, words, strict=True):
            assert measure_iou(word.quad, enclose(quads)) > 0.75
            for char, quad in zip(word.chars, quads, strict=True):
                assert measure_iou(char.quad, quad) > 0.65


def test_alternatives_come_when_asked_for(make_page) -> None:
    image, reader, _ = make_page(["각나"])
    (char, _) = reader.read_image(image, ReadOptions(scale=1.0, alternatives=3)).chars
    assert [len(char.alternatives), char.alternatives[0].text] == [3, "각"]
    assert all(not char.alternatives for char in reader.read_image(image, AT_ONCE).chars)


def test_doubtful_lines_are_left_out(make_page) -> None:
    image, reader, _ = make_page(TEXTS, confidence=0.3)
    assert reader.read_image(image, AT_ONCE).lines == ()
    assert len(reader.read_image(image, ReadOptions(scale=1.0, min_confidence=0.0)).lines) == 3


def test_a_picture_without_text_is_an_empty_page() -> None:
    reader = PageReader(Detector(MapSession(np.zeros((2, 64, 64), np.float32))), Recognizer(GreySession(), CHARSET_V1))
    assert reader.read_image(np.zeros((128, 128, 3), np.uint8), AT_ONCE).lines == ()


def test_found_places_without_characters_are_no_lines(make_page) -> None:
    image, reader, _ = make_page(TEXTS)
    image[1:-1] = PAPER
    assert reader.read_image(image, AT_ONCE).lines == ()


def test_known_quads_are_read_without_searching(make_page) -> None:
    image, reader, placed = make_page(TEXTS)
    quads = [enclose([quad for word in words for quad in word]) for words in placed.values()]
    assert reader.read_quads(image, quads) == TEXTS
    assert reader.read_quads(image, []) == []
    assert reader.read_quads(image, [Quad.from_xyxy(2, 2, 60, 30)]) == [""]


def test_text_without_height_is_passed_over(make_page) -> None:
    """Tiny or squashed text of PDFs."""
    image, reader, placed = make_page(TEXTS)
    first = enclose([quad for word in next(iter(placed.values())) for quad in word])
    flat, narrow = Quad.from_xyxy(10, 10, 500, 10), Quad.from_xyxy(10, 10, 10, 90)
    assert reader.read_quads(image, [flat, first, narrow]) == ["", TEXTS[0], ""]
    carried = [Line(words=(Word(text=TEXTS[0], quad=quad),), quad=quad) for quad in (first, flat)]
    reader.take_text(image, carried, AT_ONCE)


def test_steps_report_their_time(make_page) -> None:
    image, reader, _ = make_page(TEXTS)
    steps: dict[str, float] = {}
    reader.read_image(image, ReadOptions(scale=1.0, on_step=steps.__setitem__))
    assert list(steps) == ["detect", "rules", "lines", "cut", "recognize", "build", "order"]
    assert all(seconds >= 0 for seconds in steps.values())


class Turner:
    """Finds the words of a page however it lies, and says how it does."""

    def __init__(self, upright: np.ndarray, detector: Detector) -> None:
        self.upright, self.detector = upright, detector
        self.turns: dict[int, int] = {}
        self.guesses: list[int] | None = None
        self.asked = 0

    def find_words(self, image: np.ndarray, options: ReadOptions) -> list[FoundWord]:
        turn = next(turn for turn in range(4) if np.array_equal(np.rot90(self.upright, -turn), image))
        words = self.detector.find_words(self.upright, options)
        return [replace(word, score=float(turn)) for word in words]

    def find_page_turns(self, page: np.ndarray, words: Sequence[FoundWord]) -> list[int]:
        self.asked += 1
        return self.guesses if self.guesses is not None else [90 * int(words[0].score)][: int(words[0].score > 0)]

    def find_turns(self, page: np.ndarray, quads: list[Quad], stacked: list[bool]) -> list[int]:
        return [self.turns.get(number, 0) for number, _ in enumerate(quads)]


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_turned_pages_are_read_upright_with_quads_where_they_lie(make_page, turn) -> None:
    image, reader, placed = make_page(TEXTS)
    turner = Turner(image, reader._trials._detector)
    reader = PageReader(turner, reader._lines._recognizer, turner)
    lying = np.ascontiguousarray(np.rot90(image, -turn))
    page = reader.read_image(lying, AT_ONCE)
    assert (page.text.splitlines(), page.rotation_deg) == (TEXTS, 90 * turn)
    assert (page.width_px, page.height_px) == (lying.shape[1], lying.shape[0])
    for char in page.chars:
        x, y = map(int, char.quad.center)
        assert lying[y, x, 0] == 9 * ALPHABET.index(char.text) + 4
        assert (char.quad.angle_deg - 90 * turn + 180) % 360 == pytest.approx(180, abs=3)
    # Whoever says how a page lies is believed, and nobody is asked.
    turner.asked = 0
    assert reader.read_image(lying, replace(AT_ONCE, orientation=90 * turn)) == page
    assert turner.asked == 0


class DirectedSession(GreySession):
    """Is sure only of lines whose first character comes before their last."""

    def run(self, array: np.ndarray) -> list[np.ndarray]:
        heads = []
        for row in array:
            spelled = [symbol for symbol, _ in self.spell((row[0, 12:20].mean(axis=0) + 1) * 127.5)]
            rising = len(spelled) > 1 and ALPHABET.index(spelled[0]) < ALPHABET.index(spelled[-1])
            self.confidence = 0.95 if rising else 0.6
            heads.append(super().run(row[None]))
        return [np.concatenate(parts) for parts in zip(*heads, strict=True)]


def test_reading_has_the_last_word_on_how_a_page_lies(make_page) -> None:
    image, reader, _ = make_page(["가나다라", "나다마바"])
    turner = Turner(image, reader._trials._detector)
    reader = PageReader(turner, Recognizer(DirectedSession(), CHARSET_V1), turner)
    for guesses in ([180], [180, 90], []):
        turner.guesses = guesses
        assert reader.read_image(image, AT_ONCE).text.splitlines() == ["가나다라", "나다마바"]
    turner.guesses = [180, 90]
    page = reader.read_image(np.ascontiguousarray(np.rot90(image, -1)), AT_ONCE)
    assert (page.text.splitlines(), page.rotation_deg) == (["가나다라", "나다마바"], 90)


def test_a_line_upside_down_is_read_from_its_other_end(make_page) -> None:
    image, reader, placed = make_page(["가나다라", "사바마라"])
    turner = Turner(image, reader._trials._detector)
    reader = PageReader(turner, Recognizer(DirectedSession(), CHARSET_V1), turner)
    assert reader.read_image(image, AT_ONCE).text.splitlines() == ["가나다라", "사바마라"]
    turner.turns[0] = 180  # of the one line that is read badly
    page = reader.read_image(image, AT_ONCE)
    assert page.text.splitlines() == ["가나다라", "라마바사"]
    assert [round(line.quad.angle_deg) % 360 for line in page.lines] == [0, 180]
    assert page.rotation_deg == 0
    assert reader.read_image(image, replace(AT_ONCE, orientation=0)).text.splitlines()[1] == "사바마라"


def test_a_line_that_is_read_no_surer_when_turned_stays(make_page) -> None:
    image, reader, _ = make_page(["사바마라"], confidence=0.7)
    turner = Turner(image, reader._trials._detector)
    turner.turns[0] = 180
    assert PageReader(turner, reader._lines._recognizer, turner).read_image(image, AT_ONCE).text == "사바마라"


def test_threads_may_share_a_reader(make_page) -> None:
    image, reader, _ = make_page(TEXTS)
    expected = reader.read_image(image, AT_ONCE)
    wrong: list[object] = []

    def read() -> None:
        for _ in range(3):
            page = reader.read_image(image, AT_ONCE)
            if page != expected:
                wrong.append(page)

    workers = [threading.Thread(target=read) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []


@pytest.mark.parametrize(
    "image", [np.zeros((5, 5), np.uint8), np.zeros((5, 5, 3)), np.zeros((0, 5, 3), np.uint8), "page.png"]
)
def test_what_is_not_an_rgb_image_is_refused(image: object) -> None:
    reader = PageReader(Detector(MapSession(np.zeros((2, 64, 64), np.float32))), Recognizer(GreySession(), CHARSET_V1))
    with pytest.raises(InputError, match="page image was"):
        reader.read_image(image)
