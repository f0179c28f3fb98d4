"""The edge of production with one route more: a bare echo, for comparison in the same process."""

import sys

from fastapi import APIRouter, Request, Security
from starlette.responses import Response

from deploy.http_server import HttpServer
from services.gateway.routes.answers import answered
from services.gateway.routes.backing import Backed
from services.gateway.routes.doors import API, LimitedRequest, SignedInDoor
from services.gateway.routes.needs import needs
from services.gateway.routes.signed_in import SIGN_IN, Asking
from services.gateway.service import create_app
from shared.runtime.database import database_of
from shared.runtime.edge import edge_of
from shared.runtime.logs import set_up_logs
from shared.runtime.settings import load_settings

router = APIRouter(prefix=API, route_class=SignedInDoor, dependencies=[Security(SIGN_IN)])


@router.post("/echo", openapi_extra=needs())
async def echo(request: Request, backing: Backed, call: Asking) -> Response:
    """Return the body by way of a service that only returns it."""
    assert isinstance(request, LimitedRequest)  # noqa: S101 – the door's own
    body = await request.json()
    return answered(await backing.edge.call("echo", "echo", call=call, body=body))


def run() -> int:
    settings = load_settings()
    set_up_logs(settings.log_level, settings.log_file("edge"))
    app = create_app(settings, edge_of(settings, "gateway"), database_of(settings, "gateway"))
    app.include_router(router)
    server = HttpServer(app, settings, grace_s=3)
    server.stop_on_signals()
    server.run()
    return 0


if __name__ == "__main__":
    sys.exit(run())
