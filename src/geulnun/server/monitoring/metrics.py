"""What Prometheus may ask for."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest

_METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"}
_PAGE_SECONDS = (0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32)


class Metrics:
    """Counters of one server, in a registry of its own."""

    def __init__(self, version: str) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "geulnun_requests_total", "Requests.", ("method", "route", "status"), registry=self._registry
        )
        self._pages = Counter("geulnun_pages_total", "Pages read.", registry=self._registry)
        self._page_seconds = Histogram(
            "geulnun_page_seconds", "Time to read a page.", buckets=_PAGE_SECONDS, registry=self._registry
        )
        Info("geulnun_build", "Version.", registry=self._registry).info({"version": version})

    def watch(self, name: str, meaning: str, measure: Callable[[], float]) -> None:
        """A gauge that is measured whenever it is asked for."""
        Gauge(f"geulnun_{name}", meaning, registry=self._registry).set_function(measure)

    def note_request(self, method: str, route: str, status: int) -> None:
        """Count a request."""
        self._requests.labels(method if method in _METHODS else "other", route, str(status)).inc()

    def note_page(self, seconds: float) -> None:
        """Count a page that was read."""
        self._pages.inc()
        self._page_seconds.observe(seconds)

    def format(self) -> bytes:
        """All of it in the text format."""
        return generate_latest(self._registry)
