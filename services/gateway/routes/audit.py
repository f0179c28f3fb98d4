"""The audit trails, as an auditor reads them."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Security
from pydantic import AwareDatetime
from starlette.responses import Response

from services.gateway.routes.answers import answered, listed
from services.gateway.routes.backing import Backed, Backing
from services.gateway.routes.documents import EVERYWHERE, Page, shown
from services.gateway.routes.doors import API, SignedInDoor
from services.gateway.routes.needs import needs
from services.gateway.routes.parameters import Cursor, PageSize, Word
from services.gateway.routes.signed_in import SIGN_IN, Asking
from services.gateway.routes.wire import wired
from shared.contracts.audit import ANCHORS, AuditFilter
from shared.kernel.errors import Unavailable
from shared.kernel.rights import Permission
from shared.runtime.call import Call

router = APIRouter(
    prefix=f"{API}/audit",
    route_class=SignedInDoor,
    tags=["audit"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)

HERE = "gateway"
ServiceName = Annotated[
    Literal["gateway", "grid", "patrol", "register", "command"],
    Query(description="哪个服务的审计链 · whose trail"),
]


@router.get(
    "",
    summary="审计记录 · The audit trail",
    responses=shown(200, Page, "一页 · A page"),
    openapi_extra=needs(Permission.AUDIT_READ),
)
async def entries(
    backing: Backed,
    call: Asking,
    service: ServiceName,
    account: Word = None,
    about: Word = None,
    action: Annotated[
        str | None,
        Query(min_length=1, max_length=120, description="全名或开头 · the name or its beginning"),
    ] = None,
    outcome: Word = None,
    at_from: AwareDatetime | None = None,
    at_to: AwareDatetime | None = None,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> Response:
    """Return the entries of a service's trail, newest first; only to an auditor, and noted in it.

    审计员的查阅本身也记入审计链。
    """
    where = AuditFilter(
        account=account, about=about, action=action, outcome=outcome, at_from=at_from, at_to=at_to
    )
    if service == HERE:
        page = await backing.edge.run(
            lambda: backing.audit.audit_entries(where, call, limit=limit, cursor=cursor)
        )
    else:
        page = await backing.edge.call(
            service, "audit_entries", call=call, where=wired(where), limit=limit, cursor=cursor
        )
    return answered(page)


@router.get(
    "/anchors",
    summary="审计锚点 · Where the trails ended",
    responses=shown(200, Page, "锚点 · The anchors"),
    openapi_extra=needs(Permission.AUDIT_READ),
)
async def anchors(backing: Backed, call: Asking) -> Response:
    """Return where each trail ended at which moment, and who keeps it; what one keeps of itself proves nothing.

    `away` names services that did not answer.
    """
    found = [await backing.edge.run(lambda: backing.audit.audit_anchors(call))]
    asked = await asyncio.gather(*(_of(backing, service, call) for service in ANCHORS))
    found += [kept for kept in asked if kept is not None]
    away = [service for service, kept in zip(ANCHORS, asked, strict=True) if kept is None]
    return answered(listed([anchor for kept in found for anchor in kept]) | {"away": away})


async def _of(backing: Backing, service: str, call: Call) -> list[dict[str, Any]] | None:
    """Return what a service keeps, or None when it is away."""
    try:
        kept: list[dict[str, Any]] = await backing.edge.call(service, "audit_anchors", call=call)
    except Unavailable:
        return None
    return kept
