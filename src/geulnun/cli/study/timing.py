"""How long a method of a study takes for a picture."""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geulnun.data.sample import CharSample
    from geulnun.runtime.characters.reader import CharacterReader

TIMED_BATCH = 32
"""Pictures read at a time."""
_ROUNDS, _WARM_UP = 12, 2


def measure_times(reader: "CharacterReader", samples: "Sequence[CharSample]") -> tuple[float, float]:
    """Milliseconds of processor time for a picture: of the network alone, and of reading it from its pixels on."""
    images = [sample.image for sample in samples]
    batch = reader.prepare(images)
    return _time(lambda: reader.run(batch), len(images)), _time(lambda: reader.predict(images), len(images))


def _time(work: Callable[[], object], count: int) -> float:
    """Milliseconds of processor time for each of `count` pictures: the median of several rounds, after warming up."""
    seconds = []
    for _ in range(_ROUNDS):
        started = time.process_time()
        work()
        seconds.append(time.process_time() - started)
    return 1000 * statistics.median(seconds[_WARM_UP:]) / count
