import numpy as np
import pytest

from geulnun.core.random_streams import open_rng


def draw(*numbers: int, stream: str) -> list[int]:
    return open_rng(*numbers, stream=stream).integers(2**62, size=4).tolist()


def test_a_stream_is_a_function_of_its_numbers_and_name() -> None:
    assert draw(1, 2, stream="strips") == draw(1, 2, stream="strips")
    # The same on every machine and in every version: samples and weights depend on it.
    assert draw(1, 2, stream="strips")[0] == 2590984548391000817
    assert draw(np.int64(1), np.int32(2), stream="strips") == draw(1, 2, stream="strips")  # type: ignore[arg-type]


def test_streams_of_the_same_numbers_are_independent() -> None:
    first, second = (open_rng(7, 7, stream=name).random(2_000) for name in ("strips.turned", "orientation.windows"))
    assert not np.array_equal(first, second)
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.1


def test_numbers_of_another_count_or_size_open_another_stream() -> None:
    seeds = [(1,), (1, 0), (1, 0, 0), (0, 1), (10,), (1 + 2**32,), (1, 1), (11,), (-1,)]
    assert len({tuple(draw(*numbers, stream="strips")) for numbers in seeds}) == len(seeds)


def test_a_stream_needs_a_name() -> None:
    with pytest.raises(ValueError, match="needs a name"):
        open_rng(1, stream="")
