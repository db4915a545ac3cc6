"""``GET /v1/info``: what this server reads with, writes and allows."""

from typing import Any

from fastapi import APIRouter, Request

from geulnun._version import __version__
from geulnun.documents import SUFFIXES
from geulnun.server.auth import authorize
from geulnun.server.formats import FORMATS
from geulnun.server.services import get_services

router = APIRouter(tags=["server"])


@router.get("/v1/info")
async def show_info(request: Request) -> dict[str, Any]:
    """Version, weights, formats and limits."""
    authorize(request)
    services = get_services(request)
    settings = services.settings
    return {
        "name": "geulnun",
        "version": __version__,
        "languages": ["ko", "en"],
        "weights": services.reader.describe(),
        "inputs": [suffix.removeprefix(".") for suffix in SUFFIXES],
        "formats": {name: form._asdict() for name, form in FORMATS.items()},
        "limits": {
            "max_body_bytes": settings.max_body_bytes,
            "max_pages": settings.max_pages,
            "max_job_pages": settings.max_job_pages,
            "max_megapixels": settings.max_megapixels,
            "timeout_s": settings.timeout_s,
            "queue": settings.queue,
            "max_jobs": 0 if settings.replica else settings.max_jobs,
            "keep_s": settings.keep_s,
        },
        "pages_at_once": services.limiter.slots,
    }
