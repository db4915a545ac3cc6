"""Learning curves: how well a network read its validation sets as it learned."""

import json
from dataclasses import dataclass
from pathlib import Path

from geulnun.errors import ConfigError

CURVE_FILE = "curve.jsonl"
"""What runs call the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """One validation.

    Attributes:
        samples: seen by then.
        minutes: of processor time spent by then.
        top1: share of right answers, 0..1, the mean over the sets.
        sets: the share of each set.
    """

    samples: int
    minutes: float
    top1: float
    sets: dict[str, float]


def read_curve(path: Path) -> tuple[CurvePoint, ...]:
    """The points of a `curve.jsonl` that a run has left, in the order of samples; none without such a file.

    A run that was stopped goes on from its last checkpoint: where it has seen the same samples twice, the later
    figures hold. Its clock begins anew each time, so that the time between checkpoint and stop is counted, too.

    Raises:
        ConfigError: the file is damaged.
    """
    if not path.exists():
        return ()
    points: dict[int, CurvePoint] = {}
    before = last = 0.0
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            fields = json.loads(line)
            seconds, sets = float(fields["seconds"]), dict(fields["top1"])
            if seconds < last:
                before += last
            last = seconds
            samples = int(fields["samples"])
            top1 = sum(sets.values()) / len(sets)
            points[samples] = CurvePoint(samples=samples, minutes=(before + seconds) / 60, top1=top1, sets=sets)
    except (OSError, ValueError, KeyError, TypeError, ZeroDivisionError) as error:
        raise ConfigError(
            f"{path} cannot be read as a learning curve ({error!r}). Delete it, or train anew."
        ) from error
    return tuple(points[samples] for samples in sorted(points))
