"""Strict configs."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from geulnun.core.config import apply_overrides, build_config, config_hash, read_config
from geulnun.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    rate: float = 0.1
    sizes: tuple[int, ...] = (1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    name: str
    kind: Literal["a", "b"] = "a"
    limit: int | None = None
    inner: Inner = field(default_factory=Inner)


def test_a_file_becomes_a_dataclass(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('name = "x"\nkind = "b"\n[inner]\nrate = 1\nsizes = [3]\n', encoding="utf-8")
    assert read_config(path, Outer) == Outer(name="x", kind="b", inner=Inner(rate=1.0, sizes=(3,)))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"nam": "x"}, "did you mean 'name'"),
        ({"name": "x", "inner": {"rat": 1}}, "did you mean 'rate'"),
        ({"name": "x", "zzzz": 1}, "allowed are"),
        ({}, "name is missing"),
        ({"name": 1}, "str was expected"),
        ({"name": "x", "kind": "c"}, "allowed are 'a', 'b'"),
        ({"name": "x", "limit": "many"}, "expected"),
        ({"name": "x", "inner": 3}, "table"),
        ({"name": "x", "inner": {"rate": True}}, "float was expected"),
    ],
)
def test_mistakes_are_explained(data: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        build_config(data, Outer)


def test_missing_and_broken_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such config"):
        read_config(tmp_path / "none.toml", Outer)
    (tmp_path / "bad.toml").write_text("name = ", encoding="utf-8")
    with pytest.raises(ConfigError, match="not TOML"):
        read_config(tmp_path / "bad.toml", Outer)


def test_overrides_reach_nested_keys() -> None:
    data = {"name": "x", "inner": {"rate": 1.0}}
    changed = apply_overrides(data, {"inner.rate": "0.5", "kind": "b", "inner.sizes": "[4, 5]"})
    assert build_config(changed, Outer) == Outer(name="x", kind="b", inner=Inner(rate=0.5, sizes=(4, 5)))
    assert data["inner"] == {"rate": 1.0}
    with pytest.raises(ConfigError, match="not a table"):
        apply_overrides(data, {"name.x": "1"})


def test_the_hash_follows_the_values() -> None:
    assert config_hash(Outer(name="x")) == config_hash(Outer(name="x"))
    assert config_hash(Outer(name="x")) != config_hash(Outer(name="y"))


def test_overrides_leave_what_they_are_given_alone() -> None:
    data = {"a": {"b": {"c": 1}}}
    assert apply_overrides(data, {"a.b.c": "2"}) == {"a": {"b": {"c": 2}}}
    assert data == {"a": {"b": {"c": 1}}}
