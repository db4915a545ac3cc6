"""How long a method of a study takes for a picture."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geulnun.data.sample import CharSample
    from geulnun.runtime.characters.reader import CharacterReader

TIMED_BATCH = 32
"""Pictures read at a time."""
_ROUNDS = 20


def measure_times(
    reader: "CharacterReader", samples: "Sequence[CharSample]", *, rounds: int = _ROUNDS, pause_s: float = 0.0
) -> tuple[float, float]:
    """Milliseconds of processor time for a picture: of the network alone, and of reading it from its pixels on.

    Each is the least of several rounds. Whatever else a computer does only adds to it, also to processor time, as cores
    share units and caches; with pauses between the rounds some are likely to be undisturbed.
    """
    images = [sample.image for sample in samples]
    batch = reader.prepare(images)
    network, reading = [], []
    for _ in range(rounds):
        network.append(_time(lambda: reader.run(batch)))
        reading.append(_time(lambda: reader.predict(images)))
        time.sleep(pause_s)
    return 1000 * min(network) / len(images), 1000 * min(reading) / len(images)


def _time(work: Callable[[], object]) -> float:
    """Seconds of processor time."""
    started = time.process_time()
    work()
    return time.process_time() - started
