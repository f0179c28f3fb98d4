"""Signing out, and who one is."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Security
from starlette.responses import Response

from services.gateway.routes.answers import answered
from services.gateway.routes.backing import Backed, Backing
from services.gateway.routes.documents import EVERYWHERE, Me, shown
from services.gateway.routes.doors import API, SignedInDoor
from services.gateway.routes.needs import needs
from services.gateway.routes.signed_in import SIGN_IN, Asking, SignedInBearer
from shared.kernel.actor import WHOLE_TREE
from shared.kernel.errors import Refusal
from shared.kernel.rights import Permission
from shared.runtime.call import Call

router = APIRouter(
    prefix=API,
    route_class=SignedInDoor,
    tags=["sign-in"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningOut:
    """Where to sign out: of this sign-in alone, or of all the account has."""

    everywhere: bool = False


@router.post(
    "/auth/logout",
    status_code=204,
    summary="退出登录 · Sign out",
    openapi_extra=needs(Permission.OWN_SIGN_IN),
)
async def logout(
    backing: Backed, bearer: SignedInBearer, call: Asking, body: SigningOut | None = None
) -> Response:
    """End this sign-in, or all: refresh tokens and access tokens are good no more."""
    if body is not None and body.everywhere:
        await backing.edge.run(lambda: backing.sign_in.sign_out_everywhere(call))
    else:
        await backing.edge.run(lambda: backing.sign_in.sign_out(bearer.family, call))
    return Response(status_code=204)


@router.get(
    "/me",
    summary="我是谁 · Who am I",
    responses=shown(200, Me, "账号 · The account"),
    openapi_extra=needs(Permission.OWN_SIGN_IN),
)
async def me(backing: Backed, bearer: SignedInBearer, call: Asking) -> Response:
    """Return the account, its roles, the places they reach under, and what they permit."""
    actor = bearer.actor
    codes = dict.fromkeys(right.place_code for right in actor.rights if right.place_code)
    return answered(
        {
            "account": actor.account,
            "name": bearer.name,
            "unit": actor.unit,
            "roles": [role.value for role in actor.roles],
            "places": [await _place(backing, code, call) for code in codes],
            "rights": [
                {"role": right.role.value, "place": right.place_code} for right in actor.rights
            ],
            "permissions": [each.value for each in Permission if actor.may(each)],
        }
    )


async def _place(backing: Backing, code: str, call: Call) -> dict[str, Any]:
    """Return a place with its name; without one when the grid registry cannot say it."""
    if code == WHOLE_TREE:
        return {"code": code, "name": "全部"}
    try:
        area = await backing.edge.call("grid", "cell", call=call, code=code)
    except Refusal:
        return {"code": code, "name": None}
    return {"code": code, "name": area["name"]}
