"""What people do to their own account: its password, its second factor, its sign-ins."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Security
from pydantic import Field
from pydantic_core import to_jsonable_python
from starlette.responses import Response

from services.gateway.domain.account import LONGEST_PASSWORD
from services.gateway.routes.answers import answered, listed
from services.gateway.routes.backing import Backed
from services.gateway.routes.documents import (
    EVERYWHERE,
    NewSecondFactor,
    OwnSignIns,
    RecoveryCodes,
    problems,
    shown,
)
from services.gateway.routes.doors import API, SignedInDoor
from services.gateway.routes.needs import needs
from services.gateway.routes.signed_in import SIGN_IN, Asking, SignedInBearer
from services.gateway.routes.wire import wired
from shared.kernel.rights import Permission

router = APIRouter(
    prefix=f"{API}/auth",
    route_class=SignedInDoor,
    tags=["sign-in"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)

Password = Annotated[str, Field(min_length=1, max_length=LONGEST_PASSWORD)]
Code = Annotated[str, Field(min_length=1, max_length=40)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChange:
    """The password in use, and the one to come."""

    current: Password
    new: Password


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPassword:
    """The password in use."""

    password: Password


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCode:
    """The code that the app shows now."""

    code: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordAndCode:
    """The password in use, and the code that the app shows now, or a recovery code."""

    password: Password
    code: Code


@router.post(
    "/password",
    status_code=204,
    summary="修改密码 · Change my password",
    responses=problems(403),
    openapi_extra=needs(Permission.OWN_SIGN_IN),
)
async def change_password(
    backing: Backed, bearer: SignedInBearer, call: Asking, body: PasswordChange
) -> Response:
    """Change the password and end the account's other sign-ins.

    长度、字符种类、常见密码、最近五个密码均有限制；当前密码输错计入锁定。 · Length, kinds of characters,
    common passwords and the last five are looked at; a wrong present one counts towards the lock.
    """
    wired(body)
    family = bearer.family
    await backing.edge.run(
        lambda: backing.own_account.change_password(
            body.current, body.new, family=family, call=call
        )
    )
    return Response(status_code=204)


@router.post(
    "/totp",
    summary="开始启用动态口令 · Begin to enrol a second factor",
    responses=shown(200, NewSecondFactor, "密钥，仅显示一次 · The secret, shown once")
    | problems(403, 409),
    openapi_extra=needs(Permission.OWN_SIGN_IN),
)
async def begin_totp(backing: Backed, call: Asking, body: OwnPassword) -> Response:
    """Return a secret for an authenticator app (RFC 6238); it counts once a code confirms it."""
    wired(body)
    factor = await backing.edge.run(
        lambda: backing.own_account.begin_second_factor(body.password, call)
    )
    return answered({"uri": factor.uri(call.actor.account), "secret": factor.secret})


@router.post(
    "/totp/confirm",
    summary="确认动态口令 · Confirm the second factor",
    responses=shown(200, RecoveryCodes, "恢复码，仅显示一次 · Recovery codes, shown once")
    | problems(403, 409),
    openapi_extra=needs(Permission.OWN_SIGN_IN),
)
async def confirm_totp(backing: Backed, call: Asking, body: OwnCode) -> Response:
    """Ask for the second factor from now on; return ten codes for when the device is lost."""
    wired(body)
    codes = await backing.edge.run(
        lambda: backing.own_account.confirm_second_factor(body.code, call)
    )
    return answered({"recovery_codes": codes})


@router.post(
    "/totp/remove",
    status_code=204,
    summary="停用动态口令 · Remove the second factor",
    responses=problems(403, 409),
    openapi_extra=needs(Permission.OWN_SIGN_IN),
)
async def remove_totp(backing: Backed, call: Asking, body: PasswordAndCode) -> Response:
    """Remove the second factor and its recovery codes; an administrator has to enrol anew."""
    wired(body)
    await backing.edge.run(
        lambda: backing.own_account.remove_second_factor(body.password, body.code, call)
    )
    return Response(status_code=204)


@router.get(
    "/sessions",
    summary="我的登录 · My sign-ins",
    responses=shown(200, OwnSignIns, "有效的登录 · Those that go on"),
    openapi_extra=needs(Permission.OWN_SIGN_IN),
)
async def sessions(backing: Backed, bearer: SignedInBearer) -> Response:
    """Return the account's sign-ins: since when, renewed when, on which device."""
    found = await backing.edge.run(lambda: backing.sign_in.sign_ins_of(bearer.actor.account))
    items = [row | {"is_this": row["id"] == bearer.family} for row in found]
    return answered(listed(to_jsonable_python(items)))


@router.post(
    "/sessions/{sign_in_id}/end",
    status_code=204,
    summary="结束一次登录 · End one of my sign-ins",
    responses=problems(404),
    openapi_extra=needs(Permission.OWN_SIGN_IN),
)
async def end_session(
    backing: Backed, call: Asking, sign_in_id: Annotated[str, Path(max_length=36)]
) -> Response:
    """End a sign-in of this account, on a lost phone for instance."""
    await backing.edge.run(lambda: backing.sign_in.end_sign_in(sign_in_id, call))
    return Response(status_code=204)
