"""Replicas on a Ray of this machine: every answer is the one of its request, and no more requests come in than fit."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from replica_stand_in import GATE, WidthReader, refuse

from geulnun.errors import BundleError, GeulnunError, UsageError
from geulnun.server import Settings
from geulnun.server.ray_replicas import INSIDE, Replicas, serving

REPLICAS, QUEUE = 2, 16
PLACES = REPLICAS * INSIDE + QUEUE


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A file: while it exists, replicas read nothing."""
    return tmp_path / "closed"


@pytest.fixture
def cluster(gate: Path) -> Iterator[None]:
    """A Ray of this machine; replicas find the stand-in where this process does."""
    ray = pytest.importorskip("ray", reason="ray is not installed")
    pytest.importorskip("ray.serve", reason="ray[serve] is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv(GATE, str(gate))
        ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
        yield
        ray.shutdown()


def choose_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_no_answer_is_lost_or_mixed_up_and_what_does_not_fit_is_refused(
    cluster: None, gate: Path, draw: Callable[..., bytes]
) -> None:
    widths = range(50, 50 + 4 * PLACES)

    async def ask(client: httpx2.AsyncClient, width: int) -> httpx2.Response:
        return await client.post("/v1/read?format=txt", content=draw(width, 40))

    async def ask_all(url: str) -> tuple[list[httpx2.Response], list[httpx2.Response]]:
        async with httpx2.AsyncClient(base_url=url, timeout=120, limits=httpx2.Limits(max_connections=None)) as client:
            few = asyncio.Semaphore(REPLICAS * INSIDE)

            async def ask_in_turn(width: int) -> httpx2.Response:
                async with few:
                    return await ask(client, width)

            in_turn = await asyncio.gather(*map(ask_in_turn, widths))
            gate.touch()
            at_once = [asyncio.create_task(ask(client, width)) for width in widths]
            await asyncio.wait(at_once, return_when=asyncio.FIRST_COMPLETED)
            gate.unlink()
            return in_turn, await asyncio.gather(*at_once)

    settings = Settings(port=choose_port(), queue=QUEUE)
    replicas = Replicas(least=REPLICAS, most=REPLICAS, memory_gb=0.1)
    with serving(settings, "auto", replicas, open_reader=WidthReader):
        in_turn, flood = asyncio.run(ask_all(f"http://127.0.0.1:{settings.port}"))
    answered = {width: answer for width, answer in zip(widths, flood, strict=True) if answer.status_code == 200}
    refused = [answer for answer in flood if answer.status_code != 200]
    assert {answer.status_code for answer in refused} == {503}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
    assert refused and len(answered) >= QUEUE
    assert [answer.status_code for answer in in_turn] == [200] * len(widths)
    processes = set()
    for width, answer in (*answered.items(), *zip(widths, in_turn, strict=True)):
        process, read = answer.text.split()
        assert read == str(width)
        processes.add(process)
    assert len(processes) == REPLICAS


def test_what_is_wrong_with_the_weights_comes_back_as_it_is(cluster: None) -> None:
    settings = Settings(port=choose_port())
    replicas = Replicas(most=1, memory_gb=0.1)
    with pytest.raises(BundleError, match="no weights"), serving(settings, "auto", replicas, open_reader=refuse):
        pass


STOPPED = """
import os, signal, time
from geulnun.cluster import connect
signal.signal(signal.SIGTERM, signal.default_int_handler)
ray, _ = connect("local", cpus=1, memory_gb=0.1)
try:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(10)
except KeyboardInterrupt:
    ray.shutdown()
    print("ended in order")
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGTERM ends a process there at once")
def test_ray_does_not_change_how_a_process_ends() -> None:
    """By Ray's own handler it ended at once, and left its replicas on the cluster."""
    pytest.importorskip("ray", reason="ray is not installed")
    done = subprocess.run([sys.executable, "-c", STOPPED], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "ended in order\n")


@pytest.mark.parametrize("choices", [{"port": 0}, {"queue": 0}, {"jobs_folder": Path("jobs")}])
def test_choices_that_replicas_cannot_keep_are_refused(choices: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="--"), serving(Settings(**choices), "auto", Replicas()):  # type: ignore[arg-type]
        pass


def test_numbers_of_replicas() -> None:
    assert Replicas.parse("2", 1.0) == Replicas(least=2, most=2, memory_gb=1.0)
    assert Replicas.parse("2-16", 1.0) == Replicas(least=2, most=16, memory_gb=1.0)
    assert Replicas.parse(None, 1.0) == Replicas(memory_gb=1.0)
    for text in ("0", "3-2", "many", "1-2-3", "-2", "3-", ""):
        with pytest.raises(GeulnunError, match="--replicas"):
            Replicas.parse(text, 1.0)
