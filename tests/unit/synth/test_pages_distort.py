import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geulnun.synth.pages.distort import (
    Bend,
    Skew,
    apply_bend,
    apply_crop,
    apply_resize,
    apply_skew,
    apply_tilt,
    draw_bend,
    draw_skew,
    draw_tilt,
    find_bend_source,
    find_bend_target,
)
from geulnun.synth.pages.truth import Drawing, DrawnLine

HEIGHT, WIDTH = 300, 420
SPOTS = ((100, 80), (300, 90), (120, 210), (290, 220), (210, 150))


def draw_spots() -> Drawing:
    """White squares of 12 pixels on black, each the quad of one letter."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    quads = []
    for x, y in SPOTS:
        image[y - 6 : y + 6, x - 6 : x + 6] = 255
        quads.append([(x - 6, y - 6), (x + 6, y - 6), (x + 6, y + 6), (x - 6, y + 6)])
    line = DrawnLine(words=("가나다라마",), quads=np.array(quads, np.float64))
    return Drawing(image=image, lines=(line,))


def assert_ink_under_quads(drawing: Drawing) -> None:
    """Each quad's centre is the centre of the light around it, to a third of a pixel."""
    for quad in drawing.lines[0].quads:
        x, y = quad.mean(axis=0)
        x0, y0 = int(x) - 14, int(y) - 14
        patch = drawing.image[y0 : y0 + 28, x0 : x0 + 28, 0].astype(float)
        rows, columns = np.mgrid[0:28, 0:28] + 0.5
        seen = np.array([(columns * patch).sum(), (rows * patch).sum()]) / patch.sum() + (x0, y0)
        assert np.abs(seen - (x, y)).max() < 0.34


@given(st.integers(0, 10_000))
def test_every_effect_moves_pixels_and_quads_together(seed: int) -> None:
    rng = np.random.default_rng(seed)
    drawing = draw_spots()
    ground = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    assert_ink_under_quads(apply_skew(drawing, draw_skew(rng), (0, 0, 0)))
    assert_ink_under_quads(apply_bend(drawing, draw_bend(rng, WIDTH, HEIGHT)))
    assert_ink_under_quads(apply_tilt(drawing, draw_tilt(rng, 0.1), ground))
    assert_ink_under_quads(apply_resize(drawing, float(rng.uniform(0.6, 1.4))))
    assert_ink_under_quads(apply_crop(drawing, 30, 20, 350, 260))


@given(st.integers(0, 10_000))
def test_bending_back_gives_the_points_again(seed: int) -> None:
    rng = np.random.default_rng(seed)
    bend = draw_bend(rng, WIDTH, HEIGHT, 1.6)
    points = rng.uniform(0, 300, (40, 2))
    assert find_bend_source(bend, find_bend_target(bend, points, WIDTH), WIDTH) == pytest.approx(points, abs=0.05)


def test_the_same_parameters_give_the_same_picture() -> None:
    bend = Bend(rows=((4.0, 500.0, 1.0),), pinch=0.05)
    first, second = apply_bend(draw_spots(), bend), apply_bend(draw_spots(), bend)
    assert (first.image == second.image).all()


def test_no_turn_changes_nothing() -> None:
    drawing = draw_spots()
    turned = apply_skew(drawing, Skew(angle_deg=0.0))
    assert (turned.image == drawing.image).all()
    assert turned.lines[0].quads == pytest.approx(drawing.lines[0].quads)


def test_a_drawing_without_text_can_be_moved() -> None:
    empty = Drawing(image=np.zeros((50, 60, 3), np.uint8))
    assert apply_resize(empty, 0.5).image.shape == (25, 30, 3)
