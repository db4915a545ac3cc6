"""``geulnun serve``: the REST API and the page in the browser."""

import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from geulnun.cli import reading_options as given
from geulnun.cluster import DEFAULT_MEMORY_GB
from geulnun.errors import UsageError, needing_extra

if TYPE_CHECKING:
    from geulnun.server.auth import ApiKey
    from geulnun.server.settings import Settings

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")

_JOBS = typer.Option(None, "--jobs", metavar="FOLDER", help="Keep jobs here, so they survive a restart.")
_RAY = typer.Option(
    None,
    "--ray",
    metavar="ADDRESS",
    help="Serve from replicas on a Ray cluster: host:port, auto (the one of this machine or of RAY_ADDRESS), "
    "local (a new one here). Without jobs and the page.",
)
_REPLICAS = typer.Option(
    None, "--replicas", metavar="N|MIN-MAX", help="With --ray: how many; default: from 1 to the cluster's cores."
)
_WORKER_MEMORY = typer.Option(
    None,
    "--worker-memory",
    metavar="GB",
    help=f"With --ray: memory set aside for a replica; default: {DEFAULT_MEMORY_GB}.",
)


@app.command()
def serve(
    host: str = typer.Option("127.0.0.1", "--host", help="Address to listen on; 0.0.0.0 lets other computers in."),
    port: int = typer.Option(8000, "--port", help="Port to listen on; 0 takes a free one."),
    keys: Path | None = typer.Option(None, "--keys", metavar="FILE", help="API keys: `NAME sha256:HASH` on each line."),
    new_key: str | None = typer.Option(None, "--new-key", metavar="NAME", help="Print a new API key, and its line."),
    allow_anonymous: bool = typer.Option(False, "--allow-anonymous", help="Serve other computers without a key."),
    detector: str | None = given.DETECTOR,
    recognizer: str | None = given.RECOGNIZER,
    threads: int = typer.Option(1, "--threads", "-t", help="CPU threads of one page; cores over threads read at once."),
    backend: str = given.BACKEND,
    precision: str = given.PRECISION,
    queue: int = typer.Option(16, "--queue", help="Requests that may wait; more are refused with 503."),
    max_body_mb: float = typer.Option(50, "--max-body-mb", help="Megabytes of a request."),
    max_pages: int = typer.Option(50, "--max-pages", help="Pages of a document within one request."),
    max_job_pages: int = typer.Option(2000, "--max-job-pages", help="Pages of a document read as a job."),
    max_megapixels: float = typer.Option(100, "--max-megapixels", help="Megapixels of a page, 200 at most."),
    timeout_s: float = typer.Option(120, "--timeout", help="Seconds for reading within one request."),
    jobs: Path | None = _JOBS,
    max_jobs: int = typer.Option(64, "--max-jobs", help="Jobs that are kept at once."),
    keep_s: float = typer.Option(3600, "--keep", help="Seconds that a finished job is kept."),
    page: bool = typer.Option(True, "--page/--no-page", help="Whether / shows the page in the browser."),
    ray: str | None = _RAY,
    replicas: str | None = _REPLICAS,
    worker_memory: float | None = _WORKER_MEMORY,
    log_level: str = typer.Option("info", "--log-level", metavar="debug|info|warning|error", help="What is logged."),
) -> None:
    """Serve the REST API, stand-ins for the APIs of other programs, and a page in the browser.

    Without options it serves this computer alone, at http://127.0.0.1:8000. API keys may also come from the
    environment variable GEULNUN_API_KEYS as NAME=KEY, separated by commas.
    """
    _check_replicas(ray, replicas, worker_memory)
    with needing_extra("server", "geulnun serve"):
        from geulnun.server.settings import Settings
    if new_key is not None:
        _print_key(new_key)
        return
    settings = Settings(
        host=host,
        port=port,
        keys=_find_keys(keys),
        allow_anonymous=allow_anonymous,
        detector=detector,
        recognizer=recognizer,
        threads=threads,
        backend=backend,  # type: ignore[arg-type]
        precision=precision,  # type: ignore[arg-type]
        queue=queue,
        max_body_mb=max_body_mb,
        max_pages=max_pages,
        max_job_pages=max_job_pages,
        max_megapixels=max_megapixels,
        timeout_s=timeout_s,
        jobs_folder=jobs,
        max_jobs=max_jobs,
        keep_s=keep_s,
        page=page,
    )
    _serve(settings, ray, replicas, worker_memory, log_level)


def _check_replicas(ray: str | None, replicas: str | None, memory_gb: float | None) -> None:
    if ray is None and (replicas is not None or memory_gb is not None):
        raise UsageError(
            "--replicas and --worker-memory are of replicas on a Ray cluster. Give --ray ADDRESS with them."
        )


def _find_keys(path: Path | None) -> "tuple[ApiKey, ...]":
    from geulnun.server.auth import ENVIRONMENT, parse_environment, read_key_file

    return parse_environment(os.environ.get(ENVIRONMENT, "")) + (read_key_file(path) if path else ())


def _serve(
    settings: "Settings", ray: str | None, replicas: str | None, memory_gb: float | None, log_level: str
) -> None:
    with needing_extra("server", "geulnun serve"):
        importlib.import_module("fastapi_offline")  # which the app imports when it is made
        from geulnun.server.run import run_server
    if ray is None:
        run_server(settings, log_level)
        return
    with needing_extra("cluster", "geulnun serve --ray"):
        importlib.import_module("ray.serve")
    from geulnun.server.ray_replicas import Replicas, run_on_ray

    run_on_ray(settings, ray, Replicas.parse(replicas, memory_gb), log_level)


def _print_key(name: str) -> None:
    from geulnun.server.auth import ApiKey, make_secret

    secret = make_secret()
    line = ApiKey.of_secret(name, secret).line
    print("The key, for the client; it is not kept:", file=sys.stderr)
    typer.echo(secret)
    print("The line for the file of --keys:", file=sys.stderr)
    typer.echo(line)
