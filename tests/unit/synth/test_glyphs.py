import numpy as np
import pytest

from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.materials.glyphs import GlyphRun, Setting, choose_faces, draw_run

TEXT = "대한 민국 AB"


def run_of(fonts: FontLibrary, setting: Setting, text: str = TEXT, **options: object) -> GlyphRun:
    face = fonts.korean[0]
    return draw_run(text, choose_faces(text, face, fonts), setting, primary=face, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "setting",
    [
        Setting(size_px=9),
        Setting(size_px=24.5),
        Setting(size_px=60),
        Setting(size_px=18, width_ratio=0.7),
        Setting(size_px=30, width_ratio=1.3),
        Setting(size_px=20, spacing_px=6, word_spacing_px=12),
        Setting(size_px=20, spacing_px=-2),
        Setting(size_px=26, slant=0.2),
    ],
)
def test_boxes_lie_inside_the_ink_and_hold_their_letters(fonts: FontLibrary, setting: Setting) -> None:
    run = run_of(fonts, setting)
    height, width = run.ink.shape
    assert len(run.quads) == len(TEXT)
    for char, quad in zip(TEXT, run.quads, strict=True):
        if char == " ":
            assert quad is None
            continue
        assert quad is not None
        left, top, right, bottom = quad.xyxy
        assert 0 <= left < right <= width and 0 <= top < bottom <= height
        inside = run.ink[int(top) : int(np.ceil(bottom)), int(left) : int(np.ceil(right))]
        assert inside.max() > 100, f"no ink in the box of {char}"
    left, top, right, bottom = run.xyxy
    beyond = run.ink.copy()
    slack = 2 + int(abs(setting.slant) * setting.size_px)
    beyond[max(0, int(top) - 2) : int(bottom) + 3, max(0, int(left) - slack) : int(right) + slack] = 0
    assert beyond.max() < 60, "ink outside the line box"


def test_boxes_of_a_line_share_top_and_bottom(fonts: FontLibrary) -> None:
    run = run_of(fonts, Setting(size_px=32))
    tops = {(quad.xyxy[1], quad.xyxy[3]) for quad in run.quads if quad}
    assert len(tops) == 1
    assert run.bottom_px - run.top_px == pytest.approx(32 * fonts.korean[0].height_em, abs=0.01)


@pytest.mark.parametrize("size_px", [9.3, 10.7])
def test_boxes_of_small_letters_are_no_wider_than_advance_or_ink(fonts: FontLibrary, size_px: float) -> None:
    run = run_of(fonts, Setting(size_px=size_px), "대한민국")
    overlaps = run.spans[:-1, 1] - run.spans[1:, 0]
    assert overlaps.mean() < 1


def test_pens_follow_spacing_and_width(fonts: FontLibrary) -> None:
    plain, spaced = run_of(fonts, Setting(size_px=20)), run_of(fonts, Setting(size_px=20, spacing_px=5))
    step = spaced.spans[1, 0] - spaced.spans[0, 0] - (plain.spans[1, 0] - plain.spans[0, 0])
    assert step == pytest.approx(5)
    narrow = run_of(fonts, Setting(size_px=40, width_ratio=0.75))
    wide = run_of(fonts, Setting(size_px=40))
    ratio = (narrow.xyxy[2] - narrow.xyxy[0]) / (wide.xyxy[2] - wide.xyxy[0])
    assert ratio == pytest.approx(0.75, abs=0.01)


def test_scaled_characters_are_smaller_in_boxes_of_full_height(fonts: FontLibrary) -> None:
    full = run_of(fonts, Setting(size_px=40), "한국")
    small = run_of(fonts, Setting(size_px=40), "한국", scales=[1.0, 0.5])
    assert small.spans[1, 1] - small.spans[1, 0] < 0.6 * (full.spans[1, 1] - full.spans[1, 0])
    assert (small.top_px, small.bottom_px) == (full.top_px, full.bottom_px)


def test_latin_face_takes_ascii_only(fonts: FontLibrary) -> None:
    faces = choose_faces("가A 글", fonts.korean[0], fonts, fonts.latin[0])
    assert [face.family for face in faces] == ["Bars", "Roman Bars", "Bars", "Bars"]
