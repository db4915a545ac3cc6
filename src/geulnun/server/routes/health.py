"""Is it alive, may it be sent work, what has it done."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from geulnun.server.auth import authorize
from geulnun.server.services import get_services, refuse_in_replica

router = APIRouter(tags=["server"])


@router.get("/livez")
async def show_live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz", response_class=JSONResponse)
async def show_ready(request: Request) -> JSONResponse:
    """The weights are loaded, there is room in the queue, and the server is not being stopped."""
    services = get_services(request)
    reasons = {"stopping": services.stopping.is_set(), "queue full": services.limiter.full}
    reason = next((name for name, holds in reasons.items() if holds), None)
    return JSONResponse({"status": reason or "ok"}, 503 if reason else 200)


@router.get("/metrics", response_class=Response)
async def show_metrics(request: Request) -> Response:
    """Counters in the text format of Prometheus; needs a key where the rest does."""
    authorize(request)
    refuse_in_replica(request)
    return Response(get_services(request).metrics.format(), media_type="text/plain; version=0.0.4; charset=utf-8")
