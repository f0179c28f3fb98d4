"""What people are looked after for: fenced off in the register, and read with a reason alone."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Security
from pydantic import ConfigDict
from starlette.responses import Response

from services.gateway.routes.answers import answered
from services.gateway.routes.backing import Backed
from services.gateway.routes.documents import EVERYWHERE, Page, problems, shown
from services.gateway.routes.doors import API, SignedInDoor
from services.gateway.routes.idempotency import Ordering
from services.gateway.routes.needs import needs
from services.gateway.routes.register import RegisterQuestion
from services.gateway.routes.signed_in import SIGN_IN, Asking
from services.gateway.routes.wire import wired
from shared.contracts import register
from shared.kernel.rights import Permission

router = APIRouter(
    prefix=f"{API}/register",
    route_class=SignedInDoor,
    tags=["register"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)
_WRITING = problems(403, 413, 415)
_JSON = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionOrder(register.AttentionOrder):
    """All that a person is looked after for, and why it is set."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionQuestion(register.AttentionQuestion):
    """Who is asked for, where, and why."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@router.post(
    "/records/{record_id:uuid}/fenced",
    summary="查看列管信息（须说明理由，留痕） · What a person is looked after for",
    responses=shown(200, _JSON, "列管信息 · What is fenced") | _WRITING | problems(404),
    openapi_extra=needs(Permission.REGISTER_FENCED),
)
async def fenced(
    backing: Backed, call: Asking, record_id: UUID, asked: RegisterQuestion
) -> Response:
    """Return what a person is looked after for, and was, with the version to set it by."""
    found = await backing.edge.call(
        "register", "fenced", call=call, record_id=str(record_id), asked=wired(asked)
    )
    return answered(found)


@router.put(
    "/records/{record_id:uuid}/attention",
    summary="登记列管信息（须说明理由，留痕） · Set what a person is looked after for",
    responses=shown(200, _JSON, "列管信息 · What is fenced") | _WRITING | problems(404, 409),
    openapi_extra=needs(Permission.REGISTER_FENCED),
)
async def set_attention(
    backing: Backed, call: Ordering, record_id: UUID, order: AttentionOrder
) -> Response:
    """Replace what a person is looked after for; nothing of it goes to any other service."""
    found = await backing.edge.call(
        "register", "set_attention", call=call, record_id=str(record_id), order=wired(order)
    )
    return answered(found)


@router.post(
    "/people/attention",
    summary="按类别列出列管人员（须说明理由，留痕） · Who is looked after for something",
    responses=shown(200, Page, "一页 · A page") | _WRITING,
    openapi_extra=needs(Permission.REGISTER_FENCED),
)
async def looked_after(backing: Backed, call: Asking, asked: AttentionQuestion) -> Response:
    """Return the people under a place who are looked after for something, masked, newest first."""
    page = await backing.edge.call("register", "looked_after", call=call, asked=wired(asked))
    return answered(page)
