"""Evaluate a reader on a data set."""

import heapq
import time
from collections import Counter
from collections.abc import Callable, Iterable

from geulnun.core.image import RgbImage
from geulnun.core.page import Page
from geulnun.data.sample import LabelledPicture
from geulnun.errors import GeulnunError
from geulnun.evaluation.counts import Matches
from geulnun.evaluation.detection import measure_detection
from geulnun.evaluation.open_picture import open_picture
from geulnun.evaluation.recognition import StripReader, measure_recognition
from geulnun.evaluation.results import EvaluatedPicture, PictureResult, Report, TextScores, measure_text
from geulnun.evaluation.text_metrics import find_confusions

PageReader = Callable[[RgbImage], Page]
NOT_ASKED = TextScores()


def evaluate_reader(
    read_page: PageReader,
    pictures: Iterable[LabelledPicture],
    *,
    reader: str = "",
    dataset: str = "",
    read_strips: StripReader | None = None,
    worst_count: int = 0,
    report_progress: Callable[[PictureResult], None] = lambda result: None,
) -> Report:
    """Evaluate a reader on a data set.

    An image that cannot be opened counts as an empty page and is marked as an error.

    Args:
        read_page: the reader; the time it takes is measured, reading the picture's file is not.
        pictures: the dataset.
        reader: name for the report.
        dataset: name for the report.
        read_strips: evaluates the recogniser alone as well, on strips cut by the labelled boxes.
        worst_count: number of the worst images to keep for the report.
        report_progress: called after each picture.
    """
    results: list[PictureResult] = []
    confusions: Counter[tuple[str, str]] = Counter()
    worst: list[tuple[float, int, EvaluatedPicture]] = []
    for picture in pictures:
        result, found = evaluate_picture(read_page, picture, read_strips=read_strips)
        results.append(result)
        if result.complete:
            confusions += find_confusions(result.truth, result.found)
        if result.error_rate > 0:
            evaluated = EvaluatedPicture(picture=picture, result=result, found=found)
            heapq.heappush(worst, (result.error_rate, -len(results), evaluated))
            if len(worst) > worst_count:
                heapq.heappop(worst)
        report_progress(result)
    return Report(
        reader=reader,
        dataset=dataset,
        results=tuple(results),
        worst=tuple(evaluated for _, _, evaluated in sorted(worst, key=lambda entry: entry[:2], reverse=True)),
        confusions=confusions,
    )


def evaluate_picture(
    read_page: PageReader, picture: LabelledPicture, *, read_strips: StripReader | None = None
) -> tuple[PictureResult, Page]:
    """Results and text of one image."""
    found = Page(width_px=0, height_px=0)
    strips = TextScores()
    error: str | None = None
    seconds = 0.0
    try:
        image = open_picture(picture)
        found = Page(width_px=image.shape[1], height_px=image.shape[0])
        start = time.perf_counter()
        found = read_page(image)
        seconds = time.perf_counter() - start
        if read_strips is not None:
            strips = measure_recognition(read_strips, image, picture)
    except GeulnunError as failure:
        error = str(failure)
    return score_page(picture, found, seconds=seconds, error=error, strips=strips), found


def score_page(
    picture: LabelledPicture,
    found: Page,
    *,
    seconds: float = 0.0,
    error: str | None = None,
    strips: TextScores = NOT_ASKED,
) -> PictureResult:
    """Scores of a page against the labels of its image."""
    complete = picture.coverage == "full"
    text = measure_text(picture.text, found.text)
    words, chars = _measure_word_boxes(picture, found), _measure_char_boxes(picture, found)
    return PictureResult(
        name=picture.name,
        kind=picture.kind,
        truth=picture.text,
        found=found.text,
        complete=complete,
        seconds=seconds,
        error=error,
        text=text if complete else text.recall_only(),
        word_boxes=words if complete else words.recall_only(),
        char_boxes=chars if complete else chars.recall_only(),
        strips=strips,
    )


def _measure_word_boxes(picture: LabelledPicture, found: Page) -> Matches:
    if picture.quads is None:
        return Matches()
    return measure_detection(picture.quads, (word.quad for word in found.words))


def _measure_char_boxes(picture: LabelledPicture, found: Page) -> Matches:
    """Character boxes, where the truth has every character's and the reader gives any."""
    truth = picture.page
    gives_none = bool(found.words) and not found.chars
    if truth is None or gives_none or not all(word.chars for word in truth.words):
        return Matches()
    return measure_detection((char.quad for char in truth.chars), (char.quad for char in found.chars))
