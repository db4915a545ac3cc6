"""The app on Ray Serve: replicas behind Ray's proxies, more of them while there is more work.

A replica is a process with an engine, reads one page at a time and takes in the next request meanwhile. Further
requests wait in Ray's proxy for whichever replica is free first; those beyond its places are answered 503 there.
"""

import logging
import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from fastapi import FastAPI

from geulnun import errors
from geulnun.cluster import DEFAULT_MEMORY_GB, choose_memory, connect
from geulnun.core.image import set_up_pillow
from geulnun.errors import GeulnunError, UsageError, needing_extra
from geulnun.runtime.bundles.bundle import make_absolute
from geulnun.server.app import create_app
from geulnun.server.monitoring.logs import check_log_level, set_up_logs
from geulnun.server.reader import EngineReader, Reader
from geulnun.server.settings import Settings

APP = "geulnun"
INSIDE = 2  # requests in a replica: one is read while the body of the next arrives
RETRY_AFTER_S = 2
_STARTS = 3
_UPSCALE_DELAY_S = 5.0
_WAIT_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """How many processes answer.

    Attributes:
        least: replicas that are always there.
        most: replicas under load; as many as the cluster has cores if None.
        memory_gb: memory that Ray sets aside for each, so that a node gets no more of them than it can hold.
    """

    least: int = 1
    most: int | None = None
    memory_gb: float = DEFAULT_MEMORY_GB

    @classmethod
    def parse(cls, text: str | None, memory_gb: float | None) -> "Replicas":
        """Replicas of ``N`` (always as many), ``MIN-MAX``, or None (from one to the cluster's cores).

        Raises:
            UsageError: another form, or numbers out of range.
        """
        chosen_gb = choose_memory(memory_gb)
        if text is None:
            return cls(memory_gb=chosen_gb)
        least, dash, most = text.partition("-")
        numbers = [int(part) for part in (least, most if dash else least) if part.isascii() and part.isdigit()]
        if len(numbers) != 2 or not 1 <= numbers[0] <= numbers[1] <= 10_000:
            raise UsageError(f"--replicas is {text!r}; allowed are a number from 1, or two: 2-16.")
        return cls(least=numbers[0], most=numbers[1], memory_gb=chosen_gb)


def run_on_ray(settings: Settings, address: str, replicas: Replicas, log_level: str = "info") -> None:
    """Serve from a Ray cluster until a signal comes; then finish what runs, and take the app off the cluster.

    Raises:
        GeulnunError: an option, the weights, the cluster or the port are not in order.
    """
    check_log_level(log_level)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with serving(settings, address, replicas, log_level=log_level):
            print(
                f"geulnun serves http://{settings.url_host}:{settings.port} from Ray {address} (Ctrl-C ends it)",
                flush=True,
            )
            while True:
                threading.Event().wait(_WAIT_S)
    except KeyboardInterrupt:
        return
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def serving(
    settings: Settings,
    address: str,
    replicas: Replicas,
    *,
    log_level: str = "info",
    open_reader: Callable[[Settings], Reader] = EngineReader,
) -> Iterator[None]:
    """The app on the cluster, as long as the ``with`` block lasts.

    Args:
        settings: as of a server of one process; `queue` is of each proxy, the rest of each replica.
        address: of the cluster, see `geulnun.cluster.connect`.
        replicas: how many processes answer.
        log_level: of the replicas.
        open_reader: opens what a replica reads with.

    Raises:
        GeulnunError: the cluster cannot be reached, Ray Serve already runs on it, or the replicas do not start.
    """
    _check(settings)
    with needing_extra("cluster", "geulnun serve --ray"):
        from ray import serve
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    ray, connected = connect(address, cpus=settings.threads, memory_gb=replicas.memory_gb)
    try:
        if serve.status().proxies:
            raise GeulnunError(
                f"Ray Serve already runs on the cluster {address}, and its port cannot be changed. End what serves "
                "there (`serve shutdown`), or choose another cluster with --ray."
            )
        app = _make_app(serve, settings, replicas, ray.cluster_resources(), log_level, open_reader)
        try:
            _deploy(ray, serve, app, settings)
            yield
        finally:
            serve.shutdown()
    finally:
        if connected:
            ray.shutdown()


def _check(settings: Settings) -> None:
    if settings.port == 0:
        raise UsageError("--port is 0; with --ray the proxies of all nodes listen on one port. Choose it with --port.")
    if settings.queue < 1:
        raise UsageError("--queue is 0; with --ray at least one request must have room to wait.")
    if settings.jobs_folder is not None:
        raise UsageError("--jobs: there are no jobs with --ray. Leave --jobs out, or serve without --ray.")


def _make_app(
    serve: Any,
    settings: Settings,
    replicas: Replicas,
    resources: dict[str, float],
    log_level: str,
    open_reader: Callable[[Settings], Reader],
) -> Any:
    """What Ray Serve deploys."""
    own = replace(
        settings,
        detector=make_absolute(settings.detector),
        recognizer=make_absolute(settings.recognizer),
        replica=True,
        pages_at_once=1,
    )

    def build() -> FastAPI:
        """Run in each replica."""
        set_up_logs(log_level)
        set_up_pillow()
        return create_app(own, open_reader(own))

    most = replicas.most or max(replicas.least, int(resources.get("CPU", 1)) // settings.threads)
    deployment = serve.deployment(
        serve.ingress(build)(),
        name="reader",
        autoscaling_config={
            "min_replicas": replicas.least,
            "max_replicas": most,
            "target_ongoing_requests": 1,
            "upscale_delay_s": _UPSCALE_DELAY_S,
        },
        ray_actor_options={"num_cpus": settings.threads, "memory": int(replicas.memory_gb * 2**30)},
        max_ongoing_requests=INSIDE,
        max_queued_requests=settings.queue,
        backpressure_config={"retry_after_s": RETRY_AFTER_S},
        graceful_shutdown_timeout_s=settings.stop_s,
        max_constructor_retry_count=_STARTS,
        logging_config={"enable_access_log": False},
    )
    return deployment.bind()


def _deploy(ray: Any, serve: Any, app: Any, settings: Settings) -> None:
    try:
        serve.start(
            proxy_location="EveryNode",
            http_options={"host": settings.host, "port": settings.port, "request_timeout_s": settings.timeout_s},
            # Paths may hold secrets; the replicas log requests, with routes instead of paths.
            logging_config={"enable_access_log": False, "log_level": "WARNING"},
        )
        serve.run(app, name=APP, route_prefix="/")
    except (RuntimeError, ray.exceptions.RayError) as error:
        raise _find_cause(serve, error, settings) from error


def _find_cause(serve: Any, error: Exception, settings: Settings) -> GeulnunError:
    """Why the replicas did not start: an error of geulnun as what it is."""
    app = serve.status().applications.get(APP)
    traces = [each.message for each in app.deployments.values()] if app else []
    lines = "\n".join([str(error), *traces]).strip().splitlines()
    known = re.fullmatch(r"geulnun\.errors\.(\w+): (.+)", lines[-1])
    if known is not None:
        kind: type[GeulnunError] = getattr(errors, known[1], GeulnunError)
        return kind(known[2])
    return GeulnunError(
        f"the replicas did not start ({lines[-1].strip()}). Check that each node has the same geulnun[server,cluster] "
        f"installed, cores and memory for them (--threads, --worker-memory), and that port {settings.port} is free."
    )
