"""The family of errors geulnun raises on purpose.

    GeulnunError                 1   anything below
    ├── UsageError               2   a wrong option, argument or label
    │   └── ConfigError          2   a wrong key or value in a config file
    ├── InputError               3   a source that cannot be read
    │   └── DatasetError         3   a data set that cannot be read
    ├── OutputError              4   a place that cannot be written
    ├── BundleError              5   weights that are damaged or do not fit
    └── MissingExtraError        6   an optional dependency that is not installed

The number is the exit code of the command line. Every message says what was seen, what is allowed and what to do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar, Self


class GeulnunError(Exception):
    """Root of every error that geulnun raises on purpose."""

    exit_code: ClassVar[int] = 1


class UsageError(GeulnunError):
    """A wrong option, argument or label."""

    exit_code = 2


class ConfigError(UsageError):
    """A wrong key or value in a config file."""


class InputError(GeulnunError):
    """A source that cannot be read."""

    exit_code = 3


class DatasetError(InputError):
    """A data set that cannot be read."""


class OutputError(GeulnunError):
    """A place that cannot be written."""

    exit_code = 4


class BundleError(GeulnunError):
    """Weights that are damaged or do not fit this version."""

    exit_code = 5


class MissingExtraError(GeulnunError):
    """An optional dependency that is not installed."""

    exit_code = 6

    @classmethod
    def for_extra(cls, extra: str, wanted_for: str | None = None) -> Self:
        """The error that names the pip command which installs `extra`."""
        purpose = wanted_for or f"what was asked for ({extra})"
        return cls(f"{purpose} needs an optional dependency. Install it with: pip install 'geulnun[{extra}]'")


def first_line(error: BaseException) -> str:
    """The first line of an error's message, or the name of its class if it has none."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


@contextmanager
def needing_extra(extra: str, wanted_for: str) -> Iterator[None]:
    """Imports of packages that come with `extra`; for these a missing one is no fault of the installation.

    Raises:
        MissingExtraError: a package of others is not installed. What misses of geulnun itself is raised as it is.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("geulnun"):
            raise
        raise MissingExtraError.for_extra(extra, wanted_for) from error
