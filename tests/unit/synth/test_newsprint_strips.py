from pathlib import Path

import numpy as np
import pytest

from geulnun.synth.strips.newsprint import NewsprintStrips
from geulnun.synth.strips.shorten import shorten_text
from geulnun.synth.strips.source import StripSource


def test_lines_are_dark_on_grey_grain(materials: Path) -> None:
    source = NewsprintStrips.read(3, materials, height_px=36, longest_text=25)
    again = NewsprintStrips.read(3, materials, height_px=36, longest_text=25)
    levels = []
    for index in range(12):
        sample = source.draw(index)
        assert sample.image.shape[0] == 36
        assert 0 < len(sample.text) <= 25
        assert (sample.image == again.draw(index).image).all()
        levels.append([sample.image.min(), np.median(sample.image)])
    assert np.median(levels, axis=0) == pytest.approx([90, 235], abs=50)
    assert np.median(levels, axis=0)[1] == pytest.approx(235, abs=6)


def test_texts_are_shortened_at_words(materials: Path) -> None:
    rng = np.random.default_rng(1)
    text = "하나 둘 셋넷다섯여섯일곱 여덟"
    found = {shorten_text(rng, text, 5) for _ in range(60)}
    assert found == {"하나 둘", "둘", "셋넷다섯여", "여덟"}
    assert shorten_text(rng, text, 0) == text
    assert shorten_text(rng, "하나 둘", 5) == "하나 둘"
    source = StripSource.read(1, materials, longest_text=6)
    assert all(len(source.draw(index).text) <= 6 for index in range(20))
