"""The REST API and the page in the browser: `create_app` joins them around one engine."""

from geulnun.server.app import create_app
from geulnun.server.settings import Settings

__all__ = ["Settings", "create_app"]
