"""A server's life: its socket, its signals, its end."""

import socket
from types import FrameType

import uvicorn

from geulnun.core.image import set_up_pillow
from geulnun.errors import OutputError
from geulnun.server.app import create_app
from geulnun.server.monitoring.logs import check_log_level, set_up_logs
from geulnun.server.settings import Settings

_KEEP_ALIVE_S = 15
_MAX_CONNECTIONS = 1000


class StoppingServer(uvicorn.Server):
    """A uvicorn server that says at once that it stops, so that streams end and no new work is sent."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Note the signal, and tell those who watch."""
        services = getattr(self.config.app.state, "services", None)  # type: ignore[union-attr]
        if services is not None:
            services.loop.call_soon_threadsafe(services.stop)
        super().handle_exit(sig, frame)


def run_server(settings: Settings, log_level: str = "info") -> None:
    """Serve until a signal comes; then finish what runs.

    Raises:
        GeulnunError: an option, the weights, the folder of jobs or the port are not in order.
    """
    check_log_level(log_level)
    listener = _listen(settings)
    set_up_logs(log_level)
    set_up_pillow()
    app = create_app(settings)
    port = listener.getsockname()[1]
    print(f"geulnun serves http://{settings.url_host}:{port} (Ctrl-C ends it)", flush=True)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=round(settings.stop_s),
        limit_concurrency=_MAX_CONNECTIONS,
    )
    StoppingServer(config).run(sockets=[listener])


def _listen(settings: Settings) -> socket.socket:
    """The socket, bound before anything else is done: a port that is taken shows at once."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = None
    try:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
    except OSError as error:
        if listener is not None:
            listener.close()
        raise OutputError(
            f"cannot listen on {settings.host} port {settings.port} ({error.strerror}). Choose another --port, or end "
            "what listens there."
        ) from error
    return listener
