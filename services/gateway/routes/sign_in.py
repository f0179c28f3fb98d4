"""Signing in and out, and who one is."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request, Security
from starlette.responses import Response

from services.gateway.domain.account import LONGEST_PASSWORD
from services.gateway.routes.answers import answered
from services.gateway.routes.backing import Backed, Backing
from services.gateway.routes.documents import EVERYWHERE, Me, Tokens, problems, shown
from services.gateway.routes.doors import API, OpenDoor, SignedInDoor
from services.gateway.routes.needs import needs
from services.gateway.routes.problems import wrong_field
from services.gateway.routes.signed_in import SIGN_IN, Asking, SignedInBearer
from services.gateway.usecases.signed_in import SignedIn
from shared.kernel.actor import WHOLE_TREE
from shared.kernel.errors import Refusal
from shared.kernel.rights import Permission
from shared.runtime.call import Call

open_router = APIRouter(prefix=API, route_class=OpenDoor, tags=["sign-in"])
router = APIRouter(
    prefix=API,
    route_class=SignedInDoor,
    tags=["sign-in"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)

Text = Annotated[str | None, Form(min_length=1, max_length=LONGEST_PASSWORD)]


@open_router.post(
    "/auth/token",
    summary="登录或续期 · Sign in, or renew a sign-in",
    responses=shown(200, Tokens, "令牌 · Tokens") | problems(400, 401, 413, 415, 422, 503),
)
async def token(
    request: Request,
    backing: Backed,
    grant_type: Annotated[Literal["password", "refresh_token"], Form()] = "password",
    username: Text = None,
    password: Text = None,
    refresh_token: Text = None,
) -> Response:
    """OAuth 2.0 password form (`username`, `password`) or refresh form (`refresh_token`).

    五次密码错误后账号锁定五分钟；刷新令牌只能用一次，重复使用将使该次登录全部失效。 ·
    Five wrong passwords lock an account for five minutes. A refresh token is good once; using it
    again ends the whole sign-in.
    """
    desk, call = backing.desk, Call(call_id=request.state.call_id)
    if grant_type == "refresh_token":
        renewing = _given(refresh_token, "refresh_token")
        return _tokens(backing, await backing.edge.run(lambda: desk.renew(renewing, call)))
    account, secret = _given(username, "username"), _given(password, "password")
    return _tokens(backing, await backing.edge.run(lambda: desk.sign_in(account, secret, call)))


@router.post(
    "/auth/logout",
    status_code=204,
    summary="退出登录 · Sign out",
    openapi_extra=needs(Permission.OWN_SIGN_IN),
)
async def logout(backing: Backed, bearer: SignedInBearer, call: Asking) -> Response:
    """End this sign-in: its refresh token and its access tokens are good no more."""
    await backing.edge.run(lambda: backing.desk.sign_out(bearer.family, call))
    backing.guard.forget(bearer.family)
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


def _given(text: str | None, field: str) -> str:
    if text is None:
        raise wrong_field(field, "missing", "缺少必填字段", "Field required")
    return text


def _tokens(backing: Backing, signed_in: SignedIn) -> Response:
    return answered(
        {
            "access_token": signed_in.access_token,
            "token_type": "bearer",
            "expires_in": backing.settings.token_minutes * 60,
            "refresh_token": signed_in.refresh_token,
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
