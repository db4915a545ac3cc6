import pickle
from pathlib import Path

import numpy as np
import pytest

from geulnun.synth.strips.turned import TurnedStripSource, _cut_cell


def draw(materials: Path, column_share: float, least_chars: int = 1) -> TurnedStripSource:
    return TurnedStripSource.read(7, materials, column_share=column_share, least_chars=least_chars)


@pytest.mark.parametrize(("column_share", "turn_deg"), [(0.0, 0), (1.0, 270)])
def test_lines_are_grey_and_of_one_height(materials: Path, column_share: float, turn_deg: int) -> None:
    source = draw(materials, column_share)
    for index in range(40):
        strip = source.draw(index)
        assert (strip.image.shape[0], strip.image.dtype, strip.turn_deg) == (24, np.uint8, turn_deg)
        assert strip.text and strip.image.shape[1] >= 1


def test_a_line_depends_on_seed_and_number_alone(materials: Path) -> None:
    source = draw(materials, 0.5)
    again = pickle.loads(pickle.dumps(source))
    for index in (3, 4, 5, 6):
        assert np.array_equal(source.draw(index).image, again.draw(index).image)


def test_short_texts_are_passed_over(materials: Path) -> None:
    source = draw(materials, 0.0, least_chars=6)
    assert all(len(source._draw_text(np.random.default_rng(n)).replace(" ", "")) >= 6 for n in range(40))


def test_the_characters_of_a_column_lie_on_their_backs(materials: Path) -> None:
    source = draw(materials, 1.0)
    strip = source.draw(0)
    assert " " not in strip.text
    # As many cells of one width as characters.
    assert strip.image.shape[1] >= 10 * len(strip.text)


def test_cells_keep_their_paper_around_narrow_letters() -> None:
    strip = np.full((24, 30), 200, np.uint8)
    strip[:, 10:14] = 0
    cell = _cut_cell(strip, 8.0, 16.0, 24, 6)
    assert cell.shape == (30, 24)
    assert (cell[:, :8] == 200).all() and (cell[:, 10:14] == 0).all() and (cell[:, 16:] == 200).all()
    assert _cut_cell(strip, 0.0, 30.0, 20, 0).shape == (24, 20)
    assert _cut_cell(strip, 40.0, 41.0, 20, 0).shape == (24, 20)
