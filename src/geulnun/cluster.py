"""A connection to a Ray cluster, for what `geulnun batch` and `geulnun serve` run on it."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from geulnun.errors import GeulnunError, needing_extra


def connect(address: str) -> tuple[Any, bool]:
    """The ray module, connected to a cluster, and whether it was not connected before.

    Args:
        address: host:port; "auto" for the cluster that runs on this machine or that RAY_ADDRESS names; "local" for a
            new one on this machine.

    Raises:
        MissingExtraError: Ray is not installed.
        GeulnunError: the cluster cannot be reached.
    """
    # Ray would report its use to its maker otherwise; geulnun uses no network but the one it is told to.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    with needing_extra("cluster", "--ray"):
        import ray
    if ray.is_initialized():
        return ray, False
    own = {"include_dashboard": False} if address == "local" else {}
    try:
        with _keeping_sigterm():
            ray.init(address=address, log_to_driver=False, logging_level="warning", **own)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise GeulnunError(
            f"the Ray cluster {address} cannot be reached ({str(error).strip()}). Check the "
            "address and that `ray status` works here."
        ) from error
    return ray, True


@contextmanager
def _keeping_sigterm() -> Iterator[None]:
    """What this process does on SIGTERM stays; Ray would end it at once, and leave on the cluster what runs there."""
    handler = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if callable(handler) and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, handler)
