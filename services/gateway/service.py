"""The HTTP edge: every route, and what they stand on, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from services.gateway.clients.anchor_teller import AnchorTeller
from services.gateway.clients.file_forgetter import FileForgetter
from services.gateway.clients.live_feed import LiveFeed
from services.gateway.domain.kept_file import NotSupported
from services.gateway.domain.not_signed_in import NotSignedIn
from services.gateway.routes import (
    accounts,
    alerts,
    audit,
    boundaries,
    catalogue,
    clocks,
    command,
    exports,
    fenced,
    files,
    grid,
    incidents,
    indicators,
    nearby,
    ogc,
    ogc_items,
    open311,
    open311_requests,
    own_account,
    patrols,
    provider,
    register,
    register_imports,
    rosters,
    routing,
    run_state,
    sign_in,
    start_page,
    stream,
    token,
)
from services.gateway.routes.backing import Backing
from services.gateway.routes.export_turns import ExportTurns
from services.gateway.routes.guard import Guard
from services.gateway.routes.limits import Limits
from services.gateway.routes.metrics import Metrics
from services.gateway.routes.openapi import DESCRIPTION, openapi_of
from services.gateway.routes.outer import OuterLayer
from services.gateway.routes.problems import (
    on_database_error,
    on_http_exception,
    on_refusal,
    on_validation_error,
)
from services.gateway.routes.safe_headers import open_to
from services.gateway.routes.sweeping import Sweeper
from services.gateway.wiring.account_desk import AccountDesk
from services.gateway.wiring.answers import forget_old_answers
from services.gateway.wiring.audit_desk import AuditDesk
from services.gateway.wiring.client_desk import ClientDesk
from services.gateway.wiring.desk import Desk
from services.gateway.wiring.export_desk import ExportDesk
from services.gateway.wiring.going_files_desk import GoingFilesDesk
from services.gateway.wiring.oidc_desk import OidcDesk
from services.gateway.wiring.own_account_desk import OwnAccountDesk
from services.gateway.wiring.proving import Proving
from services.gateway.wiring.sign_in_desk import SignInDesk
from shared.kernel.actor import PLATFORM
from shared.kernel.errors import Refusal
from shared.runtime.anchors import Anchor
from shared.runtime.blobs import Blobs
from shared.runtime.call import Call
from shared.runtime.computing import Computing
from shared.runtime.database import ServiceDatabase
from shared.runtime.edge import Edge
from shared.runtime.settings import Settings

STREAM_ADVANCED = "stream.advanced"

# The busiest first: a request is held against each route before its own.
_ROUTERS = (
    incidents.router,
    command.router,
    alerts.router,
    patrols.router,
    indicators.router,
    rosters.router,
    grid.router,
    stream.router,
    files.router,
    sign_in.router,
    token.router,
    own_account.router,
    provider.router,
    clocks.router,
    register.router,
    fenced.router,
    register_imports.router,
    register_imports.upload_router,
    routing.router,
    nearby.router,
    catalogue.router,
    accounts.router,
    grid.batch_router,
    files.upload_router,
    command.long_router,
    exports.router,
    ogc_items.router,
    ogc.router,
    ogc.open_router,
    open311_requests.router,
    open311.router,
    open311.open_router,
    audit.router,
    boundaries.router,
    boundaries.upload_router,
    run_state.router,
    start_page.router,
)


class Gateway(FastAPI):
    """The application; `close_streams` is for whoever stops it."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if self.openapi_schema is None:
            self.openapi_schema = openapi_of(self)
        return self.openapi_schema

    def close_streams(self) -> None:
        """End the live streams now; a server that waits for its clients to go would wait for them."""
        self.state.backing.feed.close()


def create_app(settings: Settings, edge: Edge, database: ServiceDatabase) -> Gateway:
    """Return the edge over *edge*'s services and its own *database*; nothing is asked of either yet."""
    app = Gateway(
        title="Wangge · 网格平台",
        version="1",
        description=DESCRIPTION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.backing = _backing(settings, edge, database)
    backing = app.state.backing
    app.state.anchors = _anchor_teller(edge, AuditDesk(settings, database))
    app.state.sweepers = (
        Sweeper("exports", lambda: edge.run(backing.exports.sweep), every_s=30),
        Sweeper("answers", lambda: edge.run(partial(forget_old_answers, database)), every_s=3600),
    )
    app.state.forgetter = FileForgetter(edge, backing.going_files)
    if settings.cors_origins:
        app.add_middleware(partial(open_to, settings.cors_origins))
    app.add_middleware(OuterLayer, metrics=backing.metrics, limits=backing.limits)
    _answer_errors(app)
    for router in _ROUTERS:
        app.include_router(router)
    return app


def _backing(settings: Settings, edge: Edge, database: ServiceDatabase) -> Backing:
    folder = settings.data / "blobs"
    blobs = Blobs(folder)
    computing = Computing()
    proving = Proving(settings, database, compute=computing)
    sign_in_desk = SignInDesk(proving)
    guard = Guard(edge, sign_in_desk.bearer_of)
    clients = ClientDesk(proving)
    keys = Guard(edge, clients.holder_of_key)
    proving.when_ended(guard.forget)
    proving.when_ended(keys.forget)

    async def stream_since(after: int) -> dict[str, Any]:
        page: dict[str, Any] = await edge.call(
            "command", "stream_since", call=Call(actor=PLATFORM), after=after
        )
        return page

    return Backing(
        settings=settings,
        edge=edge,
        desk=Desk(database, blobs, compute=computing),
        going_files=GoingFilesDesk(proving, blobs),
        accounts=AccountDesk(proving),
        audit=AuditDesk(settings, database),
        sign_in=sign_in_desk,
        own_account=OwnAccountDesk(proving),
        clients=clients,
        oidc=OidcDesk(proving, sign_in_desk),
        exports=ExportDesk(proving, settings.data / "exports"),
        export_turns=ExportTurns(settings),
        guard=guard,
        keys=keys,
        limits=Limits(settings),
        blobs=blobs,
        incoming=folder,
        feed=LiveFeed(stream_since),
        metrics=Metrics(),
    )


def _anchor_teller(edge: Edge, desk: AuditDesk) -> AnchorTeller:
    async def have_kept(anchor: Anchor) -> None:
        kept = asdict(anchor) | {"at": anchor.at.isoformat()}
        del kept["service"]
        await edge.call("command", "keep_edge_anchor", call=Call(actor=PLATFORM), **kept)

    async def note_told(anchor: Anchor) -> None:
        await edge.run(lambda: desk.note_anchor(anchor))

    return AnchorTeller(lambda: edge.run(desk.due_anchor), have_kept, note_told)


def _answer_errors(app: FastAPI) -> None:
    for refusal in (Refusal, NotSignedIn, NotSupported):
        app.add_exception_handler(refusal, on_refusal)
    app.add_exception_handler(SQLAlchemyError, on_database_error)
    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(RequestValidationError, on_validation_error)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    backing: Backing = app.state.backing
    await backing.edge.listen(STREAM_ADVANCED, backing.feed.wake)
    app.state.anchors.start()
    for sweeper in app.state.sweepers:
        sweeper.start()
    app.state.forgetter.start()
    yield
    app.state.anchors.stop()
    for sweeper in app.state.sweepers:
        sweeper.stop()
    app.state.forgetter.stop()
    await backing.export_turns.close()
    backing.feed.close()
    await backing.edge.close()
