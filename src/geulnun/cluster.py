"""A connection to a Ray cluster, for what `geulnun batch` and `geulnun serve` run on it."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from geulnun.errors import GeulnunError, UsageError, needing_extra

DEFAULT_MEMORY_GB = 1.5
"""What is set aside for a worker or replica."""


def choose_memory(memory_gb: float | None) -> float:
    """Gigabytes to set aside for a worker or replica: as asked, else `DEFAULT_MEMORY_GB`.

    Raises:
        UsageError: out of range.
    """
    if memory_gb is None:
        return DEFAULT_MEMORY_GB
    if not 0 < memory_gb < 10_000:
        raise UsageError(f"--worker-memory is {memory_gb:g}; allowed are gigabytes above 0.")
    return memory_gb


def connect(address: str, *, cpus: float, memory_gb: float) -> tuple[Any, bool]:
    """The ray module, connected to a cluster, and whether it was not connected before.

    Args:
        address: host:port; "auto" for the cluster that runs on this machine or that RAY_ADDRESS names; "local" for a
            new one on this machine.
        cpus: cores that a worker asks for.
        memory_gb: memory that it asks for.

    Raises:
        MissingExtraError: Ray is not installed.
        UsageError: this computer is all there is, and has no room for a worker.
        GeulnunError: the cluster cannot be reached.
    """
    # Ray would report its use to its maker otherwise; geulnun uses no network but the one it is told to.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    with needing_extra("cluster", "--ray"):
        import ray
    fresh = not ray.is_initialized()
    own = {"include_dashboard": False} if address == "local" else {}
    try:
        if fresh:
            with _keeping_sigterm():
                ray.init(address=address, log_to_driver=False, logging_level="warning", **own)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise GeulnunError(
            f"the Ray cluster {address} cannot be reached ({str(error).strip()}). Check the "
            "address and that `ray status` works here."
        ) from error
    try:
        _check_room(ray, address, cpus, memory_gb)
    except UsageError:
        if fresh:
            ray.shutdown()
        raise
    return ray, fresh


def _check_room(ray: Any, address: str, cpus: float, memory_gb: float) -> None:
    """See whether a node has room for a worker, and say so where none has yet: Ray would wait without a word."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    memory = memory_gb * 2**30
    if any(each.get("CPU", 0) >= cpus and each.get("memory", 0) >= memory for each in nodes):
        return
    most_cpus = max((each.get("CPU", 0) for each in nodes), default=0)
    most_gb = max((each.get("memory", 0) for each in nodes), default=0) / 2**30
    wanted = f"a worker with {cpus:g} core(s) and {memory_gb:g} GB"
    if address == "local":
        raise UsageError(
            f"Ray has {most_cpus:g} core(s) and {most_gb:.1f} GB here, too little for {wanted}. Lower --threads or "
            "--worker-memory."
        )
    print(f"geulnun: no node of {address} has room for {wanted} yet; waiting for one that has.", file=sys.stderr)


@contextmanager
def _keeping_sigterm() -> Iterator[None]:
    """What this process does on SIGTERM stays; Ray would end it at once, and leave on the cluster what runs there."""
    handler = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if callable(handler) and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, handler)
