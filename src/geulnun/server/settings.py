"""What a server is told when it starts: places, limits, keys."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from geulnun.errors import UsageError
from geulnun.runtime.bundles.session import Backend, Precision, count_threads
from geulnun.server.auth import ApiKey

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Choices for the life of a server.

    Attributes:
        host: address to listen on.
        port: port to listen on; 0 takes a free one.
        keys: API keys that are let in; without any, everyone who reaches the port is.
        allow_anonymous: whether other computers may be served without a key.
        detector: name or folder of a bundle; None for the bundled weights.
        recognizer: the same.
        threads: CPU threads of one page.
        pages_at_once: pages that are read at once; None: the cores this process may use over `threads`.
        backend: what runs the networks, see `geulnun.Engine`.
        precision: numbers the networks compute in, see `geulnun.Engine`.
        queue: requests that may wait for a place; more are refused with 503.
        max_body_mb: megabytes of a request.
        max_pages: of a document that is read within one request.
        max_job_pages: of a document that is read as a job.
        max_megapixels: of one page.
        timeout_s: for reading within one request, waiting included.
        body_timeout_s: between two pieces of a request's body.
        jobs_folder: where jobs are kept; None: a temporary folder, so that they end with the server.
        max_jobs: jobs that are kept at once, finished ones among them.
        keep_s: how long a finished job's result is kept.
        stop_s: how long running requests may go on after the server is told to stop.
        page: whether `/` shows the page.
        replica: whether other processes answer under the same address; jobs, the page and counters live in the memory
            of one process, and are refused then.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    keys: tuple[ApiKey, ...] = ()
    allow_anonymous: bool = False
    detector: str | None = None
    recognizer: str | None = None
    threads: int = 1
    pages_at_once: int | None = None
    backend: Backend = "auto"
    precision: Precision = "auto"
    queue: int = 16
    max_body_mb: float = 50.0
    max_pages: int = 50
    max_job_pages: int = 2000
    max_megapixels: float = 100.0
    timeout_s: float = 120.0
    body_timeout_s: float = 30.0
    jobs_folder: Path | None = None
    max_jobs: int = 64
    keep_s: float = 3600.0
    stop_s: float = 30.0
    page: bool = True
    replica: bool = False

    def __post_init__(self) -> None:
        _check_range("--port", self.port, 0, 65535)
        _check_range("--threads", self.threads, 1, 1024)
        _check_range("--queue", self.queue, 0, 10_000)
        if self.pages_at_once is not None:
            _check_range("pages_at_once", self.pages_at_once, 1, 1024)
        _check_range("--max-body-mb", self.max_body_mb, 0.001, 2000)
        _check_range("--max-pages", self.max_pages, 1, 1_000_000)
        _check_range("--max-job-pages", self.max_job_pages, 1, 1_000_000)
        _check_range("--max-megapixels", self.max_megapixels, 0.01, 200)
        _check_range("--max-jobs", self.max_jobs, 1, 100_000)
        _check_range("--timeout", self.timeout_s, 0.01, 30 * 86400)
        _check_range("--keep", self.keep_s, 0.01, 30 * 86400)
        for name in ("body_timeout_s", "stop_s"):
            _check_range(name, getattr(self, name), 0.01, 30 * 86400)
        if not (self.is_local or self.keys or self.allow_anonymous):
            raise UsageError(
                f"host {self.host} lets other computers in, and no API key is set. Make one with "
                "`geulnun serve --new-key NAME` and pass it with --keys, or say --allow-anonymous if everyone who "
                "reaches this port may read documents."
            )

    @property
    def max_body_bytes(self) -> int:
        """Of a request."""
        return round(self.max_body_mb * 1e6)

    @property
    def max_pixels(self) -> int:
        """Of one page."""
        return round(self.max_megapixels * 1e6)

    @property
    def is_local(self) -> bool:
        """Whether only this computer can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def url_host(self) -> str:
        """The host as URLs have it: an IPv6 address in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def slots(self) -> int:
        """Pages that are read at once."""
        return self.pages_at_once or max(1, count_threads(None) // self.threads)

    @property
    def allowed_hosts(self) -> Iterable[str]:
        """Names a browser may have reached this server by; every name once other computers are let in.

        A server for this computer alone answers to its own names only, so that no web page can have its name lead
        here (DNS rebinding).
        """
        return (*LOCAL_HOSTS, self.url_host) if self.is_local and not self.keys else ("*",)


def _check_range(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise UsageError(f"{name} is {value:,}; allowed are {least:,} to {most:,}.")
