"""Strict TOML into frozen dataclasses: an unknown key says "did you mean", a wrong type says which was expected."""

import copy
import dataclasses
import difflib
import hashlib
import json
import tomllib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from geulnun.errors import ConfigError

T = TypeVar("T")


def read_config(path: str | Path, cls: type[T]) -> T:
    """The config file as a `cls`.

    Raises:
        ConfigError: missing file, not TOML, unknown key, missing key or wrong type.
    """
    return build_config(read_toml(path), cls, str(path))


def read_toml(path: str | Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        ConfigError: missing file or not TOML.
    """
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such config file. The shipped ones lie in configs/.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read ({error}). A config is a UTF-8 TOML file.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}.") from error


def build_config(data: Mapping[str, Any], cls: type[T], where: str = "config") -> T:
    """A dataclass from nested mappings; `where` names the place in errors.

    Raises:
        ConfigError: unknown key, missing key or wrong type.
    """
    if not isinstance(data, Mapping):
        raise ConfigError(f"{where} is {data!r}; a table of keys was expected.")
    hints = typing.get_type_hints(cls)
    fields = {field.name: field for field in dataclasses.fields(cls) if field.init}  # type: ignore[arg-type]
    for key in data:
        if key not in fields:
            raise ConfigError(_unknown_key(where, key, fields))
    values = {key: _convert(value, hints[key], f"{where}: {key}") for key, value in data.items()}
    for name, field in fields.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and name not in values:
            raise ConfigError(f"{where}: {name} is missing. Add it; its type is {_type_name(hints[name])}.")
    try:
        return cls(**values)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from error


def apply_overrides(data: Mapping[str, Any], overrides: Mapping[str, str]) -> dict[str, Any]:
    """`data` with dotted keys replaced: {"optimiser.lr": "0.001"}; values are read as TOML, else as text.

    Raises:
        ConfigError: a key passes through something that is not a table.
    """
    result = copy.deepcopy(dict(data))
    for dotted, text in overrides.items():
        *parents, last = dotted.split(".")
        table = result
        for parent in parents:
            table = table.setdefault(parent, {})
            if not isinstance(table, dict):
                raise ConfigError(f"override {dotted}: {parent} is a value, not a table.")
        table[last] = _parse_value(text)
    return result


def config_hash(config: Any) -> str:
    """SHA-256 of a config dataclass's values, for provenance."""
    text = json.dumps(dataclasses.asdict(config), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _unknown_key(where: str, key: str, fields: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(key, fields, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"allowed are {', '.join(sorted(fields))}."
    return f"{where}: unknown key {key!r}; {hint}"


def _parse_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _type_name(hint: Any) -> str:
    return getattr(hint, "__name__", str(hint)) if not typing.get_args(hint) else str(hint).replace("typing.", "")


def _convert(value: Any, hint: Any, where: str) -> Any:
    """`value` as type `hint`; ints pass as floats, lists as tuples, tables as dataclasses."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _convert_union(value, args, hint, where)
    if origin is typing.Literal:
        if value in args:
            return value
        raise ConfigError(f"{where} is {value!r}; allowed are {', '.join(map(repr, args))}.")
    if dataclasses.is_dataclass(hint):
        return build_config(value, hint, where)  # type: ignore[arg-type]
    if origin is tuple and isinstance(value, list | tuple):
        return _convert_tuple(value, args, hint, where)
    if origin is list and isinstance(value, list):
        return [_convert(item, args[0], where) for item in value]
    if origin is dict and isinstance(value, Mapping):
        return {key: _convert(item, args[1], f"{where}.{key}") for key, item in value.items()}
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is Path and isinstance(value, str):
        return Path(value)
    if hint is Any or (isinstance(hint, type) and type(value) is hint):
        return value
    raise ConfigError(f"{where} is {value!r} ({type(value).__name__}); {_type_name(hint)} was expected.")


def _convert_union(value: Any, args: tuple[Any, ...], hint: Any, where: str) -> Any:
    if value is None and type(None) in args:
        return None
    tables = [option for option in args if dataclasses.is_dataclass(option)]
    if tables and isinstance(value, Mapping):
        return _convert(value, max(tables, key=lambda option: _count_likely_keys(value, option)), where)
    for option in args:
        try:
            return _convert(value, option, where)
        except ConfigError:
            continue
    raise ConfigError(f"{where} is {value!r} ({type(value).__name__}); {_type_name(hint)} was expected.")


def _count_likely_keys(value: Mapping[str, Any], cls: Any) -> int:
    """How many keys of a table a dataclass has; one with fixed values counts for more than all others, or for none."""
    hints = typing.get_type_hints(cls)
    count = 0
    for key in value.keys() & hints.keys():
        if typing.get_origin(hints[key]) is not typing.Literal:
            count += 1
        elif value[key] in typing.get_args(hints[key]):
            count += 1 if len(typing.get_args(hints[key])) > 1 else 1000
    return count


def _convert_tuple(value: Any, args: tuple[Any, ...], hint: Any, where: str) -> tuple[Any, ...]:
    if len(args) == 2 and args[1] is Ellipsis:
        return tuple(_convert(item, args[0], where) for item in value)
    if len(args) != len(value):
        raise ConfigError(f"{where} has {len(value)} items; {_type_name(hint)} was expected.")
    return tuple(_convert(item, arg, where) for item, arg in zip(value, args, strict=True))
