"""The recogniser of a bundle: of strips as wide as their text, or of strips of one size."""

from geulnun.runtime.bundles.bundle import Bundle
from geulnun.runtime.bundles.contracts import has_fixed_size
from geulnun.runtime.bundles.session import Session
from geulnun.runtime.recognition.experimental.fixed_recognizer import FixedSizeRecognizer
from geulnun.runtime.recognition.language_model import LanguageModel
from geulnun.runtime.recognition.recognizer import Recognizer


def open_recognizer(
    bundle: Bundle, session: Session, *, language: LanguageModel | None = None, threads: int = 1
) -> Recognizer:
    """The recogniser that a bundle's manifest describes, which runs so many batches at once.

    With a language model, the texts that the network thinks possible are weighed by it.
    """
    if has_fixed_size(bundle.manifest):
        return FixedSizeRecognizer(bundle, session, language=language, threads=threads)
    return Recognizer(
        session,
        bundle.charset,
        outputs=[output.name for output in bundle.manifest.outputs],
        height_px=bundle.strip_height_px,
        calibration=bundle.manifest.calibration,
        language=language,
        threads=threads,
    )
