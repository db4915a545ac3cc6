"""Ray as what runs the workers: the same shards, also when its actors are killed."""

import os
import signal
import sys

import pytest
import stand_in
from stand_in import StandIn

from geulnun.batch import Counts, Plan, find_documents, run_batch
from geulnun.errors import BundleError, UsageError

ray = pytest.importorskip("ray", reason="ray is not installed")
DOCUMENTS = 24


@pytest.fixture(scope="module")
def cluster():
    """A Ray of this machine; actors find the stand-in where this process does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
        yield
        ray.shutdown()


@pytest.fixture
def run_on_ray(cluster, scans, tmp_path):
    """Function that runs a batch on that Ray."""
    from geulnun.batch.ray_actors import RayWorkers

    def run(place: str, report=lambda progress: None, count=2, **more) -> Counts:
        settings = stand_in.make_settings(place, tmp_path, **more)
        plan = Plan(documents=find_documents(["scans"]), shard_size=4)
        workers = lambda: RayWorkers(settings, "local", count=count, memory_gb=0.1)  # noqa: E731
        return run_batch(plan, settings.place, workers, report=report)

    return run


def test_ray_makes_the_same_shards_though_actors_are_killed(scans, tmp_path, run_on_ray):
    scans(**{f"d{number:02}": f"글 {number}" for number in range(DOCUMENTS)})
    scans(d07="poison", d11="wrong")
    expected = Counts(DOCUMENTS, DOCUMENTS - 2, 2)
    assert stand_in.run("calm", tmp_path) == expected
    log = tmp_path / "log"
    killed = []

    def kill(progress) -> None:
        if progress.counts.documents >= 8 and not killed:
            killed.append(int(log.read_text().split()[-1]))
            os.kill(killed[0], signal.SIGKILL)

    assert run_on_ray("out", kill, open_engine=StandIn(log)) == expected
    assert killed
    calm, out = (
        {path.name: path.read_bytes() for path in (tmp_path / place).glob("part-*")} for place in ("calm", "out")
    )
    assert calm.keys() == out.keys()
    assert {name for name in calm if calm[name] != out[name]} <= {"part-00001.jsonl"}  # why it died is said otherwise


def test_workers_that_no_node_has_room_for_are_refused(cluster, tmp_path):
    from geulnun.batch.ray_actors import RayWorkers

    with pytest.raises(UsageError, match="too little for a worker with 1 core.* and 9000 GB. Lower --threads or"):
        RayWorkers(stand_in.make_settings("out", tmp_path), "local", memory_gb=9000)


def test_what_is_wrong_with_the_weights_comes_back_as_it_is(scans, run_on_ray):
    scans(a="가")
    with pytest.raises(BundleError, match="no weights"):
        run_on_ray("out", count=1, open_engine=stand_in.refuse)
