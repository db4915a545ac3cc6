"""Strips -> text: batches of similar widths through the network, decoded."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geulnun.core.charset import Charset
from geulnun.runtime.bundles.calibration import Calibration
from geulnun.runtime.bundles.contracts import RECOGNIZER_OUTPUTS
from geulnun.runtime.bundles.session import Session
from geulnun.runtime.recognition.decode_text import Reading, decode_text
from geulnun.runtime.recognition.language_model import LanguageModel
from geulnun.runtime.recognition.prepare_strip import STRIP_HEIGHT_PX, batch_strips, prepare_strip
from geulnun.runtime.recognition.step_scores import LineScores, Scores, TextScores
from geulnun.runtime.recognition.strips import MAX_STRIP_RATIO

MAX_BATCH_PX = 8192
"""Width of all strips of a batch together, padding included; more brings no speed and takes memory."""

BEAM = 8
"""Texts kept in a search where a language model weighs them and nothing else is asked for."""

_SHARED_BATCH_PX = 2048  # the least of a batch, if others run beside it
_MAX_PADDING_RATIO = 0.25  # of a batch, unless its strips are all
_NARROW_PX = 96  # or narrower
_BATCHES_A_THREAD = 4  # so that none waits long for another
_WIDTH_STEP_PX = 32  # few different shapes, so that backends need not prepare for each


_FACTORISED = tuple(output.name for output in RECOGNIZER_OUTPUTS)


class Recognizer:
    """The recognition network with its session; may be used by several threads.

    Attributes:
        height_px: of the strips that it reads.
        most_ratio: width over height of the widest strips that it reads well; longer lines are best cut.
    """

    def __init__(
        self,
        session: Session,
        charset: Charset,
        *,
        outputs: Sequence[str] = _FACTORISED,
        height_px: int = STRIP_HEIGHT_PX,
        calibration: Calibration | None = None,
        language: LanguageModel | None = None,
        threads: int = 1,
    ) -> None:
        self._session = session
        self._language = language.adapt(charset) if language else None
        self._threads = threads
        self._charset = charset
        self._outputs = outputs
        self._calibration = calibration
        self.height_px = height_px
        self.most_ratio = MAX_STRIP_RATIO

    @property
    def backend(self) -> str:
        """What runs the network."""
        return self._session.backend

    def read_strips(
        self, strips: Sequence[NDArray[np.uint8]], *, alternatives: int = 0, beam: int | None = None
    ) -> list[Reading]:
        """One reading for each grey or RGB strip, in their order; see `decode_text` for the options.

        A `beam` of None is `BEAM` with a language model, and none without one.
        """
        if beam is None:
            beam = BEAM if self._language else 0
        prepared = [self.prepare(strip) for strip in strips]
        batches = self.plan(prepared)

        def read(numbers: list[int]) -> list[Reading]:
            return self.read_batch([prepared[number] for number in numbers], alternatives, beam)

        readings: list[Any] = [None] * len(prepared)
        # The long batches come first, so that at the end no thread waits long for another.
        for numbers, decoded in zip(batches[::-1], _map(read, batches[::-1], self._threads), strict=True):
            for number, reading in zip(numbers, decoded, strict=True):
                readings[number] = reading
        return readings

    def prepare(self, strip: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The strip as batches take it."""
        return prepare_strip(strip, self.height_px)

    def plan(self, strips: Sequence[NDArray[np.uint8]]) -> list[list[int]]:
        """Numbers of the prepared strips of each batch, those of long ones last."""
        return list(plan_batches([strip.shape[1] for strip in strips], self._threads))

    def read_batch(self, strips: Sequence[NDArray[np.uint8]], alternatives: int, beam: int) -> list[Reading]:
        """The readings of strips that run through the network together."""
        widths = [strip.shape[1] for strip in strips]
        padded = -(-max(widths) // _WIDTH_STEP_PX) * _WIDTH_STEP_PX
        return decode_text(
            build_scores(self._outputs, self._session.run(batch_strips(strips, width_px=padded))),
            self._charset,
            widths_px=widths,
            alternatives=alternatives,
            beam=beam,
            language=self._language,
            calibration=self._calibration,
        )


def build_scores(names: Sequence[str], tables: Sequence[Scores]) -> TextScores:
    """The scores that a network's outputs of these names are; of heads without bundled weights too."""
    given = dict(zip(names, tables, strict=True))
    if tuple(names) == _FACTORISED and given["jung"].ndim == 3:
        return LineScores(**given)
    from geulnun.runtime.recognition.experimental.heads import build_experimental_scores

    return build_experimental_scores(given)


def _map(read: Callable[[list[int]], list[Reading]], batches: list[list[int]], threads: int) -> list[list[Reading]]:
    """What is read of each batch, by as many threads as there is work for."""
    if min(threads, len(batches)) <= 1:
        return [read(numbers) for numbers in batches]
    with ThreadPoolExecutor(min(threads, len(batches))) as pool:
        return list(pool.map(read, batches))


def plan_batches(widths_px: Sequence[int], threads: int = 1) -> Iterator[list[int]]:
    """Numbers of the strips of each batch: of like width, narrow ones first; small enough to occupy all threads."""
    limit_px = (
        MAX_BATCH_PX
        if threads == 1
        else min(MAX_BATCH_PX, max(_SHARED_BATCH_PX, sum(widths_px) // (_BATCHES_A_THREAD * threads)))
    )
    batch: list[int] = []
    for number in sorted(range(len(widths_px)), key=widths_px.__getitem__):
        width = widths_px[number]
        if batch:
            wasted = 1 - widths_px[batch[0]] / width
            if width * (len(batch) + 1) > limit_px or (wasted > _MAX_PADDING_RATIO and width > _NARROW_PX):
                yield batch
                batch = []
        batch.append(number)
    if batch:
        yield batch
