"""Strips of any width -> text, by a network that takes strips of one size."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geulnun.runtime.bundles.bundle import Bundle
from geulnun.runtime.bundles.contracts import find_alphabet
from geulnun.runtime.bundles.session import Session
from geulnun.runtime.recognition.decode_text import Reading
from geulnun.runtime.recognition.experimental.alphabets import Alphabet
from geulnun.runtime.recognition.experimental.decode_fixed import decode_fixed
from geulnun.runtime.recognition.experimental.fit_strip import batch_fitted, fit_strip
from geulnun.runtime.recognition.language_model import LanguageModel
from geulnun.runtime.recognition.recognizer import MAX_BATCH_PX, Recognizer


class FixedSizeRecognizer(Recognizer):
    """The recognition network of a bundle whose strips have one size; may be used by several threads."""

    def __init__(
        self, bundle: Bundle, session: Session, *, language: LanguageModel | None = None, threads: int = 1
    ) -> None:
        manifest = bundle.manifest
        super().__init__(
            session,
            bundle.charset,
            outputs=[output.name for output in manifest.outputs],
            height_px=bundle.strip_height_px,
            calibration=manifest.calibration,
            language=language,
            threads=threads,
        )
        self.width_px = int(manifest.input.axes[3])
        self.most_ratio = self.width_px / self.height_px
        self._alphabet = Alphabet(find_alphabet(manifest), bundle.charset)
        self._keep_ratio = bool(manifest.network.get("keep_ratio", False))

    def plan(self, strips: Sequence[NDArray[np.uint8]]) -> list[list[int]]:
        """Numbers of the strips of each batch."""
        most = max(1, MAX_BATCH_PX // self.width_px)
        if self._threads > 1:
            most = max(1, min(most, -(-len(strips) // self._threads)))
        return [list(range(first, min(first + most, len(strips)))) for first in range(0, len(strips), most)]

    def read_batch(self, strips: Sequence[NDArray[np.uint8]], alternatives: int, beam: int) -> list[Reading]:
        """The readings of strips that run through the network together."""
        fitted = [fit_strip(strip, self.height_px, self.width_px, keep_ratio=self._keep_ratio) for strip in strips]
        tables = dict(zip(self._outputs, self._session.run(batch_fitted(fitted)), strict=True))
        return decode_fixed(
            tables,
            self._alphabet,
            spans_px=[
                strip.shape[1] * self.width_px / each.used_px for strip, each in zip(strips, fitted, strict=True)
            ],
            alternatives=alternatives,
            beam=beam,
            language=self._language,
            calibration=self._calibration,
        )
