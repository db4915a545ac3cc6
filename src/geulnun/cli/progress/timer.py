"""How long the steps of a run took."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Timer:
    """Seconds by step, added up."""

    def __init__(self) -> None:
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._calls: Counter[str] = Counter()
        self._start = time.perf_counter()

    def add(self, step: str, seconds: float) -> None:
        """Add one more run of a step."""
        self._seconds[step] += seconds
        self._calls[step] += 1

    @contextmanager
    def measure(self, step: str) -> Iterator[None]:
        """Add the time that the block takes."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.add(step, time.perf_counter() - start)

    def format(self) -> str:
        """A table: steps, how often they ran, seconds."""
        rows = [(step, str(self._calls[step]), f"{seconds:.3f}") for step, seconds in self._seconds.items()]
        rows.append(("all", "", f"{time.perf_counter() - self._start:.3f}"))
        return "\n".join(f"{step:<16} {calls:>6} {seconds:>9} s" for step, calls, seconds in rows)
