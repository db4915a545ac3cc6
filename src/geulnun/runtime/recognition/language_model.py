"""How likely a character is after the three before it: what ink leaves open, the neighbours often settle.

A file holds a trie of n-grams of up to four characters with their probabilities, made by `geulnun train language`. All
figures count as one: their order on a page says nothing about which one comes next. Beside them everything else stays
possible at a small chance, so that names and rare syllables are read as they stand.

Source: Witten and Bell 1991 (how much is left for what was not seen); Stolcke 1998 (which n-grams are kept).
"""

import bisect
import functools
import json
import math
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geulnun.core.charset import CHARSET_V1, Charset
from geulnun.errors import BundleError
from geulnun.runtime.bundles.bundle import WEIGHTS_FOLDER, find_default

ORDER = 4
"""Characters of the longest n-gram."""

STEP = 1 / 12
"""Logarithms are stored as whole numbers of these, from 0 down to 255 of them."""

# How much the neighbours count beside the ink, and what a character gains for being there, or short texts would win.
# Chosen on drawn lines of validation ("Language model" in docs/experiments/recognizer.md): of weights from 0.25 to 0.55
# this serves natural text best.
_WEIGHT = 0.4
_BONUS = 1.4
# Of all text, the share in which any of so many characters may come next.
_OTHER_SHARE = 0.1
_OTHERS = 2000
_MOST_REMEMBERED = 100_000
_DIGITS = frozenset("0123456789")
_META = "meta"


class Level(NamedTuple):
    """The n-grams of one length, in the order of their contexts, each context's by their last characters.

    Attributes:
        starts: (C + 1,) uint32, where the n-grams after each n-gram of one character less begin.
        letters: (K,) uint16, the last character of each.
        logs: (K,) uint8, of its probability after the others, in steps below 0.
        backoffs: (K,) uint8, of what is left for what was not seen after it; empty for the longest.
    """

    starts: NDArray[np.uint32]
    letters: NDArray[np.uint16]
    logs: NDArray[np.uint8]
    backoffs: NDArray[np.uint8]


class _Node(NamedTuple):
    """Characters that were seen in this order: where those after it lie, and the log of what is left for others."""

    length: int
    first: int
    end: int
    left: float


class LanguageModel:
    """Characters in context. Immutable but for what it remembers: may be shared by threads."""

    def __init__(self, vocabulary: str, levels: Sequence[Level], left: float, charset: Charset) -> None:
        """A model of its tables.

        Args:
            vocabulary: the characters that the numbers in the tables stand for; figures are all "0".
            levels: of n-grams of one character, of two, and so on.
            left: log of the share of all text that characters of no n-gram make up.
            charset: whose classes are asked for.
        """
        self._tables = vocabulary, levels, left
        self._charset = charset
        numbers = {char: number for number, char in enumerate(vocabulary)}
        chars = ["", *(charset.char(number) for number in range(1, charset.size))]
        self._numbers = [numbers.get("0" if char in _DIGITS else char, -1) for char in chars]
        self._shares = [-math.log(10) if char in _DIGITS else 0.0 for char in chars]
        # Single items of memory come faster than those of an array.
        self._letters = [level.letters.data for level in levels]
        self._logs = [level.logs.data for level in levels]
        self._starts = [level.starts.data for level in levels]
        self._backoffs = [level.backoffs.data for level in levels]
        self._root = _Node(0, 0, len(levels[0].letters), left)
        self._unseen = -math.log(charset.size)
        self._weights: dict[tuple[tuple[int, ...], int], float] = {}
        self._nodes: dict[tuple[int, ...], list[_Node]] = {}

    @classmethod
    def read(cls, path: Path, charset: Charset = CHARSET_V1) -> "LanguageModel":
        """The model in a file.

        Raises:
            BundleError: missing, damaged, or made for another charset.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                tables = {name: file[name] for name in file.files}
            meta = json.loads(str(tables[_META]))
            levels = [Level(*(tables[f"{field}{length}"] for field in Level._fields)) for length in range(1, ORDER + 1)]
            vocabulary, made_for, left = str(tables["vocabulary"]), meta["charset"], float(meta["left"])
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, EOFError) as error:
            raise BundleError(
                f"{path} cannot be read as a language model ({error}). Install geulnun again, or make it anew with "
                "`geulnun train language`."
            ) from error
        if made_for != charset.hash:
            raise BundleError(f"{path} was made for another charset. Make it anew with `geulnun train language`.")
        return cls(vocabulary, levels, left, charset)

    def adapt(self, charset: Charset) -> "LanguageModel":
        """This model for the classes of another charset; itself for its own."""
        return self if charset.hash == self._charset.hash else LanguageModel(*self._tables, charset)

    def weigh(self, before: tuple[int, ...], letter: int) -> float:
        """What a text gains in log-probability by going on with a character.

        Args:
            before: class ids of the characters before it, the last one last; three are looked at.
            letter: its class id.
        """
        key = before, letter
        known = self._weights.get(key)
        if known is None:
            if len(self._weights) >= _MOST_REMEMBERED:
                self._weights.clear()
            chance = (1 - _OTHER_SHARE) * math.exp(self.find_log(before, letter)) + _OTHER_SHARE / _OTHERS
            known = self._weights[key] = _WEIGHT * math.log(chance) + _BONUS
        return known

    def find_log(self, before: tuple[int, ...], letter: int) -> float:
        """Log-probability of a character after others, by their class ids; what was never seen is possible too."""
        number, log = self._numbers[letter], self._shares[letter]
        for node in self._find_nodes(before[1 - ORDER :]):
            place = self._find(node, number)
            if place >= 0:
                return log - STEP * self._logs[node.length][place]
            log += node.left
        return log + self._unseen

    def _find(self, node: _Node, number: int) -> int:
        """Where a character stands among those after a node; -1 if it was not seen there."""
        letters = self._letters[node.length]
        place = bisect.bisect_left(letters, number, node.first, node.end)
        return place if place < node.end and letters[place] == number else -1

    def _find_nodes(self, before: tuple[int, ...]) -> list[_Node]:
        """The nodes of the last characters that were seen together, the most of them first, the root last."""
        known = self._nodes.get(before)
        if known is not None:
            return known
        nodes = [self._root]
        for length in range(1, len(before) + 1):
            node: _Node | None = self._root
            for letter in before[-length:]:
                node = self._step(node, letter) if node else None
            if node is not None:
                nodes.insert(0, node)
        if len(self._nodes) >= _MOST_REMEMBERED:
            self._nodes.clear()
        self._nodes[before] = nodes
        return nodes

    def _step(self, node: _Node, letter: int) -> _Node | None:
        """The node of one character more."""
        place = self._find(node, self._numbers[letter])
        if place < 0:
            return None
        starts, left = self._starts[node.length + 1], self._backoffs[node.length][place]
        return _Node(node.length + 1, starts[place], starts[place + 1], -STEP * left)


def write_model(stream: BinaryIO, vocabulary: str, levels: Sequence[Level], left: float, notes: dict[str, Any]) -> None:
    """Write the file that `LanguageModel.read` reads; `notes` say what it was made from."""
    meta = {"charset": CHARSET_V1.hash, "left": left, **notes}
    tables: dict[str, Any] = {"vocabulary": np.array(vocabulary), _META: np.array(json.dumps(meta, ensure_ascii=False))}
    for length, level in enumerate(levels, start=1):
        tables |= {f"{field}{length}": table for field, table in level._asdict().items()}
    np.savez_compressed(stream, **tables)


def find_default_model() -> Path:
    """The file of the model that comes with the package.

    Raises:
        BundleError: none is named.
    """
    return WEIGHTS_FOLDER / find_default("language")


@functools.cache
def read_default_model() -> LanguageModel:
    """The model that comes with the package, read once.

    Raises:
        BundleError: it is missing or damaged.
    """
    return LanguageModel.read(find_default_model())
