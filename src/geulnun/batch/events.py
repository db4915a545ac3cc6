"""What workers tell the driver."""

from dataclasses import dataclass

from geulnun.batch.plan import Counts, Task


@dataclass(frozen=True, slots=True)
class Read:
    """Documents of a task were read.

    Attributes:
        task: which task.
        counts: what was read since the last event of this task.
    """

    task: Task
    counts: Counts


@dataclass(frozen=True, slots=True)
class Finished:
    """The file of a task is there.

    Attributes:
        task: which task.
        counts: of the whole task.
    """

    task: Task
    counts: Counts


@dataclass(frozen=True, slots=True)
class Lost:
    """The worker died over a task.

    Attributes:
        task: which task.
        reason: how it died, as far as is known.
    """

    task: Task
    reason: str


Event = Read | Finished | Lost
