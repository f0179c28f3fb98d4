"""Whether the platform runs, in words for probes, Prometheus and developers."""

import asyncio
from importlib.resources import files

import orjson
from fastapi import APIRouter, Request
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.responses import Response

import shared.contracts
from services.gateway.routes.answers import answered, tagged
from services.gateway.routes.backing import Backed, Backing
from services.gateway.routes.command import SERVICES
from services.gateway.routes.documents import problems, raw
from services.gateway.routes.doors import OpenDoor
from services.gateway.routes.problems import no_such_thing
from shared.kernel.errors import FieldError, Refusal, Unavailable
from shared.runtime.call import Call

router = APIRouter(route_class=OpenDoor, tags=["run state"])

PATIENCE_S = 3.0


@router.get("/healthz", summary="进程存活 · The process lives")
async def healthz() -> Response:
    """Answer as long as the process does."""
    return answered({"alive": True})


@router.get("/readyz", summary="可以服务 · Everything answers", responses=problems(503))
async def readyz(request: Request, backing: Backed) -> Response:
    """Answer when the own database and every service, and so the broker, answer."""
    call = Call(call_id=request.state.call_id)
    refusals = await asyncio.gather(
        _refusal(backing, "gateway", call),
        *(_refusal(backing, service, call) for service in SERVICES),
    )
    names = ("gateway", *SERVICES)
    away = {name: refusal for name, refusal in zip(names, refusals, strict=True) if refusal}
    if away:
        raise _not_ready(away)
    return answered({"ready": True, "services": list(names)})


@router.get(
    "/metrics",
    summary="指标 · Figures for Prometheus",
    response_class=Response,
    responses=raw(200, "text/plain", "指标 · Figures"),
)
async def metrics(backing: Backed) -> Response:
    """Return the figures of this process."""
    return Response(backing.metrics.text(), media_type=CONTENT_TYPE_LATEST)


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    """Return this interface's description."""
    return tagged(request, orjson.dumps(request.app.openapi()), cache_control="no-cache")


@router.get(
    "/asyncapi.json", summary="消息接口说明 · What is said on the bus", responses=problems(404)
)
async def asyncapi(request: Request) -> Response:
    """Return the description of the events on the bus (AsyncAPI)."""
    document = files(shared.contracts) / "published" / "asyncapi.json"
    if not document.is_file():
        raise no_such_thing()
    return tagged(request, document.read_bytes(), cache_control="no-cache")


async def _refusal(backing: Backing, service: str, call: Call) -> Refusal | None:
    """Return why a service is not ready, or None."""
    try:
        if service == "gateway":
            await backing.edge.run(backing.desk.ready)
        else:
            await backing.edge.call(service, "ready", call=call, timeout_s=PATIENCE_S)
    except Refusal as refusal:
        return refusal
    return None


def _not_ready(away: dict[str, Refusal]) -> Unavailable:
    names = ", ".join(away)
    return Unavailable(
        code="not_ready",
        zh=f"以下部分未就绪：{names}。",
        en=f"These are not ready: {names}.",
        errors=tuple(
            FieldError(field=name, code=refusal.code, zh=refusal.zh, en=refusal.en)
            for name, refusal in away.items()
        ),
    )
