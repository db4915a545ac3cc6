"""The examples of CONTRIBUTING.md run: a new kind of page and a new effect, each one file and one entry of a table."""

import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from geulnun.synth.effects.picture import PICTURE_EFFECTS
from geulnun.synth.materials.corpus import Corpus
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.synth.pages import PageSource
from geulnun.synth.pages.kinds import KINDS
from geulnun.synth.strips.source import StripSource

EXAMPLE = re.compile(r"```python\n# src/(geulnun/synth/[\w/]+/(\w+))\.py\n(.*?)```", re.DOTALL)


@pytest.fixture
def examples(repository: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """The files that CONTRIBUTING.md shows, as modules by name."""
    modules = {}
    for path, name, code in EXAMPLE.findall((repository / "CONTRIBUTING.md").read_text(encoding="utf-8")):
        module = modules[name] = ModuleType(path.replace("/", "."))
        monkeypatch.setitem(sys.modules, module.__name__, module)
        exec(compile(code, f"{path}.py", "exec"), vars(module))
    return modules


def test_a_kind_of_page_is_one_file_and_one_entry(
    examples: dict[str, ModuleType], fonts: FontLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(KINDS, "name_card", examples["name_card"].KIND)
    source = PageSource(1, fonts.split("train"), Corpus(), kinds={"name_card": 1.0})
    samples = [source.draw(index) for index in range(6)]
    assert {sample.kind for sample in samples} == {"name_card"}
    assert any(len(sample.page.lines) >= 2 for sample in samples)


def test_an_effect_is_one_file_and_one_entry(
    examples: dict[str, ModuleType], materials: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = StripSource.read(1, materials)
    before = [source.draw(index).image for index in range(40)]
    monkeypatch.setitem(PICTURE_EFFECTS, "side_light", examples["side_light"].EFFECT)
    after = [source.draw(index).image for index in range(40)]
    changed = sum(not np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert 0 < changed < 30  # in its scenes alone
