import numpy as np
import pytest

from geulnun.core.geometry import Quad
from geulnun.runtime.lines.find_lines import box_quad
from geulnun.runtime.recognition.build_line import build_line
from geulnun.runtime.recognition.decode_text import Candidate, ReadChar, Reading
from geulnun.runtime.recognition.strips import Strip

SCALE = 32 / 1.16


def build_strip(width: int = 200, height: int = 32, centers: tuple[float, ...] = ()) -> Strip:
    """A strip whose pixels are the page's, its letters between y = 0 and 27."""
    rails = [np.array([[0.0, y], [float(width), y]]) for y in (0.0, 27.0)]
    return Strip(
        image=np.zeros((height, width), np.uint8),
        marks_px=np.array([0.0, width]),
        top=rails[0],
        bottom=rails[1],
        centers_px=np.array(centers),
    )


def build_reading(text: str, peaks: list[float], **options: object) -> Reading:
    chars = tuple(
        ReadChar(text=each, peak_px=peak, confidence=0.9, **options) for each, peak in zip(text, peaks, strict=True)
    )
    return Reading(text=text, chars=chars, confidence=0.9)


def find_edges(strip: Strip, reading: Reading) -> list[tuple[float, float]]:
    line = build_line(box_quad(Quad.from_xyxy(0, 0, 200, 27)), [strip], [reading])
    assert line is not None
    return [(char.quad.xyxy[0], char.quad.xyxy[2]) for word in line.words for char in word.chars]


def test_syllables_share_the_room_between_them_evenly() -> None:
    edges = find_edges(build_strip(), build_reading("가나", [20.0, 46.0]))
    assert edges == [pytest.approx((7, 33)), pytest.approx((33, 59))]


def test_a_full_stop_takes_less_room_than_a_syllable() -> None:
    """As drawn: a syllable of 26 px and a stop of 9.6 px, side by side."""
    (first, stop) = find_edges(build_strip(), build_reading("다.", [20.0, 37.8]))
    assert first == pytest.approx((7, 33), abs=0.3)
    assert stop == pytest.approx((33, 42.6), abs=0.3)


def test_a_lone_letter_is_as_wide_as_letters_are() -> None:
    ((left, right),) = find_edges(build_strip(), build_reading("1", [50.0]))
    assert right - left == pytest.approx(0.68 * SCALE)
    ((left, right),) = find_edges(build_strip(height=48), build_reading("가", [50.0]))
    assert right - left == pytest.approx(48 / 1.16)


def test_detected_centres_are_trusted_where_they_are_near() -> None:
    edges = find_edges(build_strip(centers=(22.0, 46.0)), build_reading("가나", [20.0, 46.0]))
    assert edges[0][1] == pytest.approx(34.0)


def test_candidates_come_with_their_jamo() -> None:
    candidates = (Candidate("갈", 0.7, (1.0, 0.7, 1.0)), Candidate("A", 0.1))
    line = build_line(
        box_quad(Quad.from_xyxy(0, 0, 200, 27)),
        [build_strip()],
        [build_reading("갈", [20.0], alternatives=candidates)],
    )
    assert line is not None
    first, second = line.words[0].chars[0].alternatives
    assert (first.text, first.jamo) == ("갈", (1.0, 0.7, 1.0))
    assert second.jamo is None
