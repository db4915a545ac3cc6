"""A Ray of two nodes, one of which is killed: its tasks are read elsewhere, and the result is the same."""

import os
import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stand_in
from stand_in import StandIn

from geulnun.batch import Counts, Plan, find_documents, run_batch

ray = pytest.importorskip("ray", reason="ray is not installed")
DOCUMENTS = 60


def read_result(place: Path) -> dict[str, bytes]:
    """All files of a place."""
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}


@pytest.fixture
def two_nodes() -> Iterator[Any]:
    """A Ray of two nodes on this machine, with a core each; the second one."""
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        second = nodes.add_node(num_cpus=1)
        ray.init(address=nodes.address, log_to_driver=False)
        yield second
        ray.shutdown()
        nodes.shutdown()


@pytest.mark.parametrize("moment", random.Random(3).sample(range(4, DOCUMENTS - 8), 3))
def test_a_node_that_is_killed_loses_nothing(scans, tmp_path, two_nodes, moment):
    from geulnun.batch.ray_actors import RayWorkers

    # The first document waits until an actor of the other node reads, too.
    scans(**{f"d{number:02}": "together" if number == 0 else f"글 {number}" for number in range(DOCUMENTS)})
    expected = Counts(DOCUMENTS, DOCUMENTS, 0)
    assert stand_in.run("calm", tmp_path) == expected
    raylet = two_nodes.all_processes["raylet"][0].process
    settings = stand_in.make_settings("out", tmp_path, open_engine=StandIn(tmp_path / "log", pause_s=0.05))
    plan = Plan(documents=find_documents(["scans"]), shard_size=4)

    def kill(progress) -> None:
        if progress.counts.documents >= moment and raylet.poll() is None:
            raylet.kill()
            raylet.wait()

    workers = lambda: RayWorkers(settings, "local", count=2, memory_gb=0.1)  # noqa: E731
    assert run_batch(plan, settings.place, workers, report=kill) == expected
    assert raylet.poll() == -signal.SIGKILL
    assert len(set((tmp_path / "log").read_text().split())) >= 2
    assert read_result(tmp_path / "out") == read_result(tmp_path / "calm")
