"""Judging the recogniser alone: it reads inside the truth's boxes, so that nothing is owed to detection."""

from collections.abc import Callable, Sequence

from geulnun.core.geometry import Quad
from geulnun.core.image import RgbImage
from geulnun.data.sample import LabelledPicture
from geulnun.evaluation.results import TextScores, measure_text

QuadReader = Callable[[RgbImage, Sequence[Quad]], Sequence[str]]
"""The text inside each quad of an image, cut as the reader cuts the lines it finds."""


def measure_recognition(read_quads: QuadReader, image: RgbImage, picture: LabelledPicture) -> TextScores:
    """Scores of what is read inside the truth's boxes; `lines` counts the boxes read exactly.

    The boxes are those of whole lines where the truth knows lines, else those of words. A picture without boxes
    yields empty counts.
    """
    truth = _list_boxes(picture)
    if not truth:
        return TextScores()
    readings = read_quads(image, [quad for quad, _ in truth])
    pairs = zip(truth, readings, strict=True)
    return sum((measure_text(text, reading) for (_, text), reading in pairs), TextScores())


def _list_boxes(picture: LabelledPicture) -> list[tuple[Quad, str]]:
    if picture.page is not None:
        boxes = [(line.quad, line.text) for line in picture.page.lines]
    else:
        boxes = [(word.quad, word.text) for word in picture.words if word.quad is not None]
    return [(quad, text) for quad, text in boxes if text.strip()]
