"""Strips -> readings: batches of like widths through the network, decoded."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geulnun.core.charset import Charset
from geulnun.runtime.bundle import RECOGNIZER_OUTPUTS, Bundle
from geulnun.runtime.calibration import Calibration
from geulnun.runtime.decode_text import Reading, decode_text
from geulnun.runtime.prepare import STRIP_HEIGHT_PX, batch_strips, prepare_strip
from geulnun.runtime.scores import build_scores
from geulnun.runtime.session import Session

MAX_BATCH_PX = 8192
"""Width of all strips of a batch together, padding included; more brings no speed and takes memory."""

_MAX_PADDING_RATIO = 0.25
_WIDTH_STEP_PX = 32  # few different shapes, so that backends need not prepare for each


_FACTORISED = tuple(output.name for output in RECOGNIZER_OUTPUTS)


class Recognizer:
    """The recognition network with its session; may be used by several threads."""

    def __init__(
        self,
        session: Session,
        charset: Charset,
        *,
        outputs: Sequence[str] = _FACTORISED,
        height_px: int = STRIP_HEIGHT_PX,
        calibration: Calibration | None = None,
    ) -> None:
        self._session = session
        self._charset = charset
        self._outputs = outputs
        self._calibration = calibration
        self.height_px = height_px

    @classmethod
    def of_bundle(cls, bundle: Bundle, session: Session) -> "Recognizer":
        """The recogniser that a bundle's manifest describes."""
        return cls(
            session,
            bundle.charset,
            outputs=[output.name for output in bundle.manifest.outputs],
            height_px=bundle.strip_height_px,
            calibration=bundle.manifest.calibration,
        )

    def read_strips(
        self, strips: Sequence[NDArray[np.uint8]], *, alternatives: int = 0, beam: int = 0
    ) -> list[Reading]:
        """One reading for each grey or RGB strip, in their order; see `decode_text` for the options."""
        prepared = [prepare_strip(strip, self.height_px) for strip in strips]
        readings: list[Any] = [None] * len(prepared)
        for numbers in plan_batches([strip.shape[1] for strip in prepared]):
            widths = [prepared[number].shape[1] for number in numbers]
            padded = -(-max(widths) // _WIDTH_STEP_PX) * _WIDTH_STEP_PX
            batch = batch_strips([prepared[number] for number in numbers], width_px=padded)
            decoded = decode_text(
                build_scores(self._outputs, self._session.run(batch)),
                self._charset,
                widths_px=widths,
                alternatives=alternatives,
                beam=beam,
                calibration=self._calibration,
            )
            for number, reading in zip(numbers, decoded, strict=True):
                readings[number] = reading
        return readings


def plan_batches(widths_px: Sequence[int]) -> Iterator[list[int]]:
    """Numbers of the strips of each batch: of like width, narrow ones first."""
    batch: list[int] = []
    for number in sorted(range(len(widths_px)), key=widths_px.__getitem__):
        width = widths_px[number]
        if batch:
            wasted = 1 - widths_px[batch[0]] / width
            if width * (len(batch) + 1) > MAX_BATCH_PX or (wasted > _MAX_PADDING_RATIO and width > 96):
                yield batch
                batch = []
        batch.append(number)
    if batch:
        yield batch
