"""CTC over factorised syllables: labels of texts, and the loss."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from geulnun.core.charset import GATE_FIRST_SYMBOL, GATE_HANGUL, Charset
from geulnun.core.hangul import JONG_COUNT, JUNG_COUNT
from geulnun.training.recognizer.heads import ChainedScores, FlatScores, MixedScores

_IMPOSSIBLE = -1e5
"""Stands for log 0: finite, so that no gradient becomes NaN, and far below any float32 log-probability."""

_LEAST_OTHER = 1e-7
"""Probability left to the "other" column where rounding leaves none."""


class StripLabels(NamedTuple):
    """The distinct classes of each strip of a batch, and its text in terms of them.

    Attributes:
        parts: (N, K, 4) int64: gate, cho, jung, jong index of each distinct class (0 for what it lacks).
        kinds: (N, K) int64: 0 padding, 1 symbol, 2 syllable.
        labels: (N, L) int64: 1 + position among the strip's K classes, padded with 0.
        lengths: (N,) int64: characters of each strip.
        classes: (N, K) int64: class id of each distinct class, 0 for padding.
    """

    parts: Tensor
    kinds: Tensor
    labels: Tensor
    lengths: Tensor
    classes: Tensor


def build_labels(charset: Charset, encoded: list[list[int]]) -> StripLabels:
    """Labels of strips whose texts are given as class ids (`Charset.encode`)."""
    distinct = [sorted(set(ids)) for ids in encoded]
    most = max(1, *(len(classes) for classes in distinct), 1)
    longest = max(1, *(len(ids) for ids in encoded), 1)
    classes = np.zeros((len(encoded), most), np.int64)
    labels = np.zeros((len(encoded), longest), np.int64)
    for row, (ids, known) in enumerate(zip(encoded, distinct, strict=True)):
        classes[row, : len(known)] = known
        labels[row, : len(ids)] = np.searchsorted(known, ids) + 1
    parts, kinds = _split_classes(charset, classes)
    lengths = torch.tensor([len(ids) for ids in encoded])
    return StripLabels(
        parts=torch.from_numpy(parts),
        kinds=torch.from_numpy(kinds),
        labels=torch.from_numpy(labels),
        lengths=lengths,
        classes=torch.from_numpy(classes),
    )


def _split_classes(charset: Charset, classes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Factors (N, K, 4) and kinds (N, K) of class ids (N, K), in which 0 is padding."""
    syllable = np.maximum(classes - charset.first_syllable, 0)
    hangul = classes >= charset.first_syllable
    gate = np.where(hangul, GATE_HANGUL, np.where(classes > 0, GATE_FIRST_SYMBOL + classes - 1, 0))
    cho = syllable // (JUNG_COUNT * JONG_COUNT)
    parts = np.stack([gate, cho, syllable // JONG_COUNT % JUNG_COUNT, syllable % JONG_COUNT], axis=-1)
    return parts, np.where(hangul, 2, np.where(classes > 0, 1, 0))


def gather_classes(scores: tuple[Tensor, ...], labels: StripLabels) -> Tensor:
    """Log-probabilities (N, T, 1 + K + 1): blank, the strip's own K classes, everything else.

    The last column makes every row sum to one in probability, which the backward pass of torch's CTC relies on:
    without it the loss is right and its gradient is not.

    Args:
        scores: of any head; plain tuples of four are gate, cho, jung and jong.
        labels: of the batch, from `build_labels`.
    """
    if isinstance(scores, FlatScores):
        steps = scores.classes.shape[1]
        own = scores.classes.gather(2, labels.classes[:, None].expand(-1, steps, -1))
    else:
        steps = scores[0].shape[1]
        own = scores[0].gather(2, labels.parts[:, None, :, 0].expand(-1, steps, -1))
        own = own + _gather_syllables(scores, labels).masked_fill((labels.kinds != 2)[:, None], 0.0)
    own = own.masked_fill((labels.kinds == 0)[:, None], _IMPOSSIBLE)
    named = torch.cat([scores[0][..., :1], own], dim=2)
    rest = (1 - named.exp().sum(dim=2, keepdim=True)).clamp_min(_LEAST_OTHER).log()
    return torch.cat([named, rest], dim=2)


def _gather_syllables(scores: tuple[Tensor, ...], labels: StripLabels) -> Tensor:
    """Log-probabilities (N, T, K) of each distinct class given hangul; meaningless where it is none."""
    steps = scores[0].shape[1]
    cho, jung, jong = labels.parts[:, None, :, 1:].expand(-1, steps, -1, -1).unbind(dim=3)
    if isinstance(scores, ChainedScores):
        medial = scores.jung.flatten(2).gather(2, cho * JUNG_COUNT + jung)
        final = scores.jong.flatten(2).gather(2, cho * JONG_COUNT + jong)
        return scores.cho.gather(2, cho) + medial + final
    if isinstance(scores, MixedScores):
        jamo = zip(scores[2:], (cho, jung, jong), strict=True)
        shape = (-1, -1, scores.share.shape[2], -1)
        parts = sum(table.gather(3, index[:, :, None].expand(shape)) for table, index in jamo)
        return (scores.share[..., None] + parts).logsumexp(dim=2)
    _, initials, medials, finals = scores
    return initials.gather(2, cho) + medials.gather(2, jung) + finals.gather(2, jong)


def measure_ctc_loss(scores: tuple[Tensor, ...], labels: StripLabels) -> Tensor:
    """Mean negative log-likelihood per character of the batch, as if over the full softmax of all syllables.

    Args:
        scores: normalised log-probabilities of any head, such as gate (N, T, G), cho (N, T, 19), jung (N, T, 21) and
            jong (N, T, 28).
        labels: of the batch, from `build_labels`.

    All T steps of every strip count, its padding included, so that padding is learned to be blank.

    Source: Graves et al. 2006, with the softmax restricted exactly to the classes that occur.
    """
    rows = gather_classes(scores, labels).transpose(0, 1)
    steps = torch.full((rows.shape[1],), rows.shape[0], dtype=torch.int64)
    total = F.ctc_loss(rows, labels.labels, steps, labels.lengths, blank=0, reduction="sum", zero_infinity=True)
    return total / labels.lengths.sum().clamp_min(1)


def spell_labels(labels: StripLabels) -> tuple[Tensor, Tensor]:
    """The characters of each text: parts (N, L, 4) as of `StripLabels.parts`, and kinds (N, L); 0 behind its end."""
    places = (labels.labels - 1).clamp_min(0)
    written = labels.labels > 0
    parts = labels.parts.gather(1, places[..., None].expand(-1, -1, 4)) * written[..., None]
    return parts, labels.kinds.gather(1, places) * written
