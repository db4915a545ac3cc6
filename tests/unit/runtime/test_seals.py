"""Red seals over letters vanish; whatever else is red stays."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from geulnun.runtime.seals import lift_seals

RED, BLACK, BOX = (205, 40, 50), (25, 25, 25), (300, 100, 380, 180)


def draw_page(frame: str = "ellipse", *, letters: bool = True, colour=RED, paper="white") -> np.ndarray:
    """A page of 600 x 400 px with a frame, characters inside it and black letters that run into it."""
    page = Image.new("RGB", (600, 400), paper)
    pen = ImageDraw.Draw(page)
    if letters:
        for x in range(100, 340, 16):
            pen.rectangle((x, 130, x + 4, 150), fill=BLACK)
    if frame == "disc":
        pen.ellipse(BOX, fill=colour)
    else:
        getattr(pen, frame)(BOX, outline=colour, width=5)
    for y in (120, 145):
        pen.rectangle((325, y, 355, y + 4), fill=colour)
    return np.asarray(page)


@pytest.mark.parametrize("frame", ["ellipse", "rectangle"])
@pytest.mark.parametrize("scale", [1, 5])
def test_a_seal_over_letters_vanishes_and_they_stay(frame: str, scale: int) -> None:
    page = draw_page(frame).repeat(scale, 0).repeat(scale, 1)
    lifted = lift_seals(page)
    red = (page[..., 0] > 150) & (page[..., 1] < 100)
    assert (lifted[red] > 200).all()
    np.testing.assert_array_equal(lifted[~red], page[~red])


@pytest.mark.parametrize(
    "page",
    [
        draw_page(letters=False),
        draw_page("disc"),
        draw_page(colour=(30, 60, 200)),
        draw_page(colour=(250, 190, 40)),
        draw_page(paper=(200, 110, 90)),
        draw_page(paper=(90, 90, 90)),
        np.zeros((1, 1, 3), np.uint8),
    ],
    ids=["alone", "disc", "blue", "yellow", "skin", "dark", "tiny"],
)
def test_what_is_no_seal_over_letters_is_left_as_it_is(page: np.ndarray) -> None:
    assert lift_seals(page) is page


def test_a_large_red_frame_is_no_seal() -> None:
    page = draw_page()[60:220, 260:420]
    assert lift_seals(page) is page
