import numpy as np
import pytest

from geulnun.core.charset import CHARSET_V1
from geulnun.core.hangul import decompose
from geulnun.runtime.recognition.recognizer import MAX_BATCH_PX, Recognizer, plan_batches


class GreySession:
    """Reads a column of grey 10 * n + 5 as the n-th of ten symbols, white as blank."""

    backend = "fake"
    alphabet = "가나다라마바 A1."

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def run(self, array: np.ndarray) -> list[np.ndarray]:
        self.shapes.append(array.shape)
        grey = (array[:, 0, 16, 1::4] + 1) * 127.5
        count, steps = grey.shape
        heads = [np.full((count, steps, size), -9.0, np.float32) for size in (CHARSET_V1.gate_size, 19, 21, 28)]
        for n, t in np.ndindex(count, steps):
            number = int(grey[n, t] // 10)
            symbol = self.alphabet[number] if number < 10 else ""
            if symbol and symbol in CHARSET_V1.symbols:
                heads[0][n, t, 2 + CHARSET_V1.symbols.index(symbol)] = 0
            elif symbol:
                heads[0][n, t, 1] = 0
                for head, index in zip(heads[1:], decompose(symbol), strict=True):
                    head[n, t, index] = 0
            else:
                heads[0][n, t, 0] = 0
        return heads


def draw(text: str, height: int = 32, pitch: int = 16) -> np.ndarray:
    strip = np.full((height, pitch * len(text) + 8), 255, np.uint8)
    for number, symbol in enumerate(text):
        value = 10 * GreySession.alphabet.index(symbol) + 5
        strip[:, number * pitch + 4 : number * pitch + pitch] = value
    return strip


def test_readings_come_in_the_order_of_the_strips() -> None:
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("가나다라마바A1."), rng.integers(1, 40))) for _ in range(30)]
    session = GreySession()
    readings = Recognizer(session, CHARSET_V1).read_strips([draw(text) for text in texts])
    assert [reading.text for reading in readings] == texts
    assert all(shape[3] % 32 == 0 for shape in session.shapes)
    assert len(session.shapes) < 30


def test_no_strips_no_readings() -> None:
    assert Recognizer(GreySession(), CHARSET_V1).read_strips([]) == []


@pytest.mark.parametrize("seed", range(3))
def test_batches_hold_every_strip_once_and_stay_small(seed: int) -> None:
    widths = np.random.default_rng(seed).integers(16, 1100, 200).tolist()
    batches = list(plan_batches(widths))
    assert sorted(number for batch in batches for number in batch) == list(range(200))
    for batch in batches:
        widest = max(widths[number] for number in batch)
        assert len(batch) == 1 or widest * len(batch) <= MAX_BATCH_PX


def test_batches_are_read_at_once_and_put_in_order() -> None:
    rng = np.random.default_rng(1)
    texts = ["".join(rng.choice(list("가나다라마바A1."), rng.integers(1, 40))) for _ in range(60)]
    strips = [draw(text) for text in texts]
    session = GreySession()
    readings = Recognizer(session, CHARSET_V1, threads=3).read_strips(strips)
    assert [reading.text for reading in readings] == texts
    pixels = [shape[0] * shape[3] for shape in session.shapes]
    assert max(pixels) <= sum(pixels) / 6


@pytest.mark.parametrize("threads", [2, 4])
def test_shared_batches_are_small_but_not_too_small(threads: int) -> None:
    widths = np.random.default_rng(0).integers(300, 400, 100).tolist()
    batches = list(plan_batches(widths, threads))
    assert sorted(number for batch in batches for number in batch) == list(range(100))
    assert len(batches) >= 3 * threads
    assert len(list(plan_batches(widths[:4], threads))) == 1
