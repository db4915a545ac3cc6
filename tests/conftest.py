"""What every test relies on: no network, steady Hypothesis runs, tests of extras only where these are installed."""

import importlib.util
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import hypothesis
import pytest

# Small inputs gain nothing from many threads, and tests share the machine with each other.
os.environ.setdefault("OMP_NUM_THREADS", "2")

hypothesis.settings.register_profile("steady", deadline=None, derandomize=True, max_examples=50)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

# The folder itself: what is below it alone would still have its conftest imported.
_NEEDED = {"training": "torch", "server": "fastapi", "mcp": "mcp"}
collect_ignore = [folder for folder, package in _NEEDED.items() if not importlib.util.find_spec(package)]


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root folder of the repository."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture
def count_calls() -> Callable[[Callable[[], object]], int]:
    """Counts the calls of functions that some work makes: how much it does, whatever else the machine is doing."""

    def count(work: Callable[[], object]) -> int:
        calls = 0

        def note(frame: FrameType, event: str, argument: object) -> None:
            nonlocal calls
            calls += event in ("call", "c_call")

        sys.setprofile(note)
        try:
            work()
        finally:
            sys.setprofile(None)
        return calls

    return count


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuses every connection that leaves this machine: geulnun never needs one."""
    connect = socket.socket.connect

    def connect_locally(self: socket.socket, address: Any) -> None:
        if self.family != getattr(socket, "AF_UNIX", None) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"A test tried to reach {address}; geulnun works without a network.")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_locally)
