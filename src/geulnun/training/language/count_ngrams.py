"""Text -> a language model: n-grams counted, those that say more than shorter ones do kept.

Source: Witten and Bell 1991 (interpolation); Stolcke 1998 (an n-gram is worth what it adds to the text's likelihood).
"""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geulnun.core.random_streams import open_rng
from geulnun.errors import DatasetError
from geulnun.outputs.atomic_file import AtomicFile
from geulnun.runtime.recognition.language_model import ORDER, STEP, Level, write_model
from geulnun.synth.materials.corpus import Corpus
from geulnun.training.materials import list_corpora

Keys = NDArray[np.int64]
Values = NDArray[np.float64]

LEAST_GAIN = 3.0
"""Nats by which an n-gram must change the likelihood of the text it was counted in, against the shorter one."""

_LEAST_COUNTS = (1, 2, 2, 3)  # of n-grams of one character, of two and so on
_BITS = 14  # of a character's number
_BETWEEN = "\n"
_DIGITS = str.maketrans("123456789", "0" * 9)


class _Grams(NamedTuple):
    """The n-grams of one length, sorted.

    Attributes:
        keys: (K,) their characters' numbers, the last one in the lowest bits.
        logs: (K,) log-probability of the last one after the others.
        left: (K,) log of what is left after each for what was not seen there.
    """

    keys: Keys
    logs: Values
    left: Values


def train_language(corpus: Corpus, path: Path, *, generated: int, seed: int = 0) -> dict[int, int]:
    """Write a model of the texts of a corpus; return how many n-grams of each length it keeps.

    Args:
        corpus: whose lines are counted, of the training split.
        path: the file to write.
        generated: so many texts of the built-in generators, as strips hold them, are counted too.
        seed: of these.

    Raises:
        DatasetError: there is no text.
        OutputError: the file cannot be written.
    """
    with AtomicFile(path) as file:  # opened first: counting takes minutes
        lines = [text.read_line(number) for text in corpus.files for number in range(len(text.starts))]
        rng = open_rng(seed, stream="language.texts")
        lines += [corpus.draw_text(rng, "natural") for _ in range(generated)]
        vocabulary, levels, left = count_text(lines)
        notes = {"corpora": list_corpora(corpus.folder), "lines": len(lines), "generated": generated, "seed": seed}
        with file.open_stream() as stream:
            write_model(stream, vocabulary, levels, left, notes)
    return {length: len(level.letters) for length, level in enumerate(levels, start=1)}


def count_text(lines: Iterable[str]) -> tuple[str, list[Level], float]:
    """The vocabulary of lines of text, the tables of their n-grams, and the log of what is left beside all of them.

    Raises:
        DatasetError: there is no text.
    """
    # A line begins as a word does: behind a space.
    text = _BETWEEN.join(f" {line}" for line in lines if line).translate(_DIGITS)
    if not text:
        raise DatasetError("there is no text to count. A language model needs a corpus, or generated texts.")
    points, numbers = np.unique(np.frombuffer(text.encode("utf-32-le"), np.uint32), return_inverse=True)
    vocabulary = "".join(map(chr, points.tolist()))
    between = vocabulary.find(_BETWEEN)
    counted = _count(numbers.astype(np.int64), between)
    grams, left = _weigh(counted)
    return vocabulary, _build_levels(grams), left


def _count(numbers: Keys, between: int) -> list[tuple[Keys, Keys]]:
    """The n-grams of each length within lines, and how often each is there."""
    found = []
    keys, whole = numbers, numbers != between
    for length in range(1, ORDER + 1):
        if length > 1:
            keys = (keys[:-1] << _BITS) | numbers[length - 1 :]
            whole = whole[:-1] & (numbers[length - 1 :] != between)
        found.append(np.unique(keys[whole], return_counts=True))
    return found


def _weigh(counted: list[tuple[Keys, Keys]]) -> tuple[list[_Grams], float]:
    """The n-grams that are kept of each length, with their probabilities; the log of what is left beside all.

    Of a context with N characters after it, T of them different, each of these gets its count and what T of the shorter
    context's probability makes, over N + T. An n-gram that is not kept leaves its count to the shorter context.
    """
    keys, counts = counted[0]
    total = float(counts.sum() + len(keys))
    grams = [_Grams(keys, np.log(counts / total), np.zeros(len(keys)))]
    for length in range(1, ORDER):
        keys, counts = counted[length]
        contexts, group = np.unique(keys >> _BITS, return_inverse=True)
        seen = np.bincount(group, counts) + np.bincount(group)
        shorter = np.exp(_find_logs(grams, keys, length))
        left = np.bincount(group) / seen
        logs = np.log(counts / seen[group] + left[group] * shorter)
        gain = counts * np.abs(logs - np.log(shorter))
        kept = (gain >= LEAST_GAIN) & (counts >= _LEAST_COUNTS[length])
        left = 1 - np.bincount(group[kept], counts[kept], minlength=len(contexts)) / seen
        logs = np.log(counts / seen[group] + left[group] * shorter)
        grams.append(_Grams(keys[kept], logs[kept], np.zeros(int(kept.sum()))))
        shorter_grams = grams[length - 1]
        grams[length - 1] = shorter_grams._replace(left=_look_up(contexts, np.log(left), shorter_grams.keys))
    return _keep_contexts(grams), float(np.log(len(counted[0][0]) / total))


def _find_logs(grams: list[_Grams], keys: Keys, length: int) -> Values:
    """Log-probabilities of the last characters of n-grams after the `length - 1` before them."""
    logs, known = np.zeros(len(keys)), np.zeros(len(keys), bool)
    for shorter in range(length, 0, -1):
        asked = keys & ((1 << (_BITS * shorter)) - 1)
        logs += np.where(known, 0.0, _look_up(grams[shorter - 1].keys, grams[shorter - 1].logs, asked))
        known |= np.isin(asked, grams[shorter - 1].keys)
        if shorter > 1:
            context = grams[shorter - 2]
            logs += np.where(known, 0.0, _look_up(context.keys, context.left, asked >> _BITS))
    return logs


def _look_up(keys: Keys, values: Values, asked: Keys) -> Values:
    """The values of the keys that are asked for; 0 for those that are not there."""
    if not len(keys):
        return np.zeros(len(asked))
    places = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    return np.where(keys[places] == asked, values[places], 0.0)


def _keep_contexts(grams: list[_Grams]) -> list[_Grams]:
    """The n-grams whose context is kept: those of two characters and more hang on it."""
    kept = grams[:1]
    for level in grams[1:]:
        inside = np.isin(level.keys >> _BITS, kept[-1].keys)
        kept.append(_Grams(level.keys[inside], level.logs[inside], level.left[inside]))
    return kept


def _build_levels(grams: list[_Grams]) -> list[Level]:
    levels = []
    contexts = np.zeros(1, np.int64)
    for length, level in enumerate(grams, start=1):
        parents = level.keys >> _BITS
        levels.append(
            Level(
                starts=np.searchsorted(parents, np.append(contexts, 1 << (_BITS * length))).astype(np.uint32),
                letters=(level.keys & ((1 << _BITS) - 1)).astype(np.uint16),
                logs=_quantise(level.logs),
                backoffs=_quantise(level.left) if length < ORDER else np.zeros(0, np.uint8),
            )
        )
        contexts = level.keys
    return levels


def _quantise(logs: Values) -> NDArray[np.uint8]:
    return np.clip(np.round(-logs / STEP), 0, 255).astype(np.uint8)
