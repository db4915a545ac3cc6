"""How long the methods of a study take for a picture."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geulnun.data.sample import CharSample
    from geulnun.runtime.characters.reader import CharacterReader

TIMED_BATCH = 32
"""Pictures read at a time."""
_ROUNDS = 20


def measure_times(
    readers: "Sequence[CharacterReader]",
    samples: "Sequence[CharSample]",
    *,
    rounds: int = _ROUNDS,
    pause_s: float = 0.0,
) -> list[tuple[float, float]]:
    """Milliseconds of processor time for a picture, by reader: of the network alone, and of reading from pixels on.

    Each is the least of several rounds. Whatever else a computer does only adds to it, also to processor time, as cores
    share units and caches; with pauses between the rounds some are likely to be undisturbed. In a round readers take
    turns, so that a busy minute of the computer is not one reader's alone.
    """
    images = [sample.image for sample in samples]
    batches = [reader.prepare(images) for reader in readers]
    network = [float("inf")] * len(readers)
    reading = list(network)
    for _ in range(rounds):
        for place, (reader, batch) in enumerate(zip(readers, batches, strict=True)):
            network[place] = min(network[place], _time(reader.run, batch))
            reading[place] = min(reading[place], _time(reader.predict, images))
        time.sleep(pause_s)
    each_ms = 1000 / len(images)
    return [(each_ms * one, each_ms * other) for one, other in zip(network, reading, strict=True)]


def _time(work: Callable[[Any], object], given: Any) -> float:
    """Seconds of processor time."""
    started = time.process_time()
    work(given)
    return time.process_time() - started
