"""Where every token comes from: one address, a form for each way to prove who one is (RFC 6749)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, Form, Header, Request
from starlette.responses import Response

from services.gateway.domain.account import LONGEST_PASSWORD
from services.gateway.domain.kept_sign_in import Device
from services.gateway.domain.sign_in_policy import Must
from services.gateway.ports import ClientCredential, Proof
from services.gateway.routes.addresses import own_address
from services.gateway.routes.answers import answered
from services.gateway.routes.backing import Backed, Backing
from services.gateway.routes.client_credentials import shown_by_client
from services.gateway.routes.documents import Tokens, problems, shown
from services.gateway.routes.doors import API, OpenDoor
from services.gateway.routes.problems import wrong_field
from services.gateway.routes.provider import Brought
from services.gateway.routes.wire import wired
from services.gateway.store.public_keys import read_public_key
from services.gateway.usecases.entering import Entry
from services.gateway.usecases.signed_in import SignedIn
from shared.runtime.call import Call

router = APIRouter(prefix=API, route_class=OpenDoor, tags=["sign-in"])

Needed = TypeVar("Needed")
Grant = Literal["password", "second_factor", "refresh_token", "client_credentials", "oidc"]
Text = Annotated[str | None, Form(min_length=1, max_length=LONGEST_PASSWORD)]
Token = Annotated[str | None, Form(min_length=1, max_length=4096)]
Code = Annotated[
    str | None,
    Form(
        min_length=1,
        max_length=40,
        description="动态口令或恢复码 · a code of the second factor, or a recovery code",
    ),
]
DeviceName = Annotated[
    str | None,
    Form(min_length=1, max_length=100, description="设备名称 · what the device is called"),
]
DeviceKey = Annotated[
    str | None,
    Form(
        max_length=2000,
        description=(
            "设备公钥 JWK（P-256 或 Ed25519），此后续期须附 DPoP 证明 · "
            "the device's public JWK, P-256 or Ed25519: renewing then takes a DPoP proof"
        ),
    ),
]
ProofOfDevice = Annotated[
    str | None,
    Header(
        alias="DPoP",
        description="设备密钥的证明（RFC 9449） · a proof by the device's key (RFC 9449)",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a form holds, and what came with it."""

    call: Call
    entry: Entry
    proof: Proof
    username: str | None
    password: str | None
    refresh_token: str | None
    challenge_token: str | None
    client: ClientCredential | None
    code: str | None
    brought: str | None


async def _entry(
    otp: Code = None, device_name: DeviceName = None, device_key: DeviceKey = None
) -> Entry:
    wired({"device_name": device_name})
    key = None if device_key is None else read_public_key(device_key, "device_key")
    return Entry(otp=otp, device=Device(name=device_name, key=key))


async def _given(
    request: Request,
    backing: Backed,
    entry: Annotated[Entry, Depends(_entry)],
    client: Annotated[ClientCredential | None, Depends(shown_by_client)],
    username: Text = None,
    password: Text = None,
    refresh_token: Token = None,
    challenge_token: Token = None,
    code: Token = None,
    brought: Brought = None,
    proof: ProofOfDevice = None,
) -> Given:
    url = own_address(request, backing.settings)
    return Given(
        call=Call(call_id=request.state.call_id),
        entry=entry,
        proof=Proof(token=proof, method=request.method, url=url),
        username=username,
        password=password,
        refresh_token=refresh_token,
        challenge_token=challenge_token,
        client=client,
        code=code,
        brought=brought,
    )


@router.post(
    "/auth/token",
    summary="登录或续期 · Sign in, or renew a sign-in",
    responses=shown(200, Tokens, "令牌 · Tokens") | problems(400, 401, 413, 415, 422, 503),
)
async def token(
    backing: Backed,
    given: Annotated[Given, Depends(_given)],
    grant_type: Annotated[Grant, Form()] = "password",
) -> Response:
    """Give tokens for an OAuth 2.0 form; which fields it takes depends on `grant_type`.

    - `password`: `username`, `password`, and `otp` where the account has a second factor.
    - `second_factor`: `challenge_token` from a 401 `second_factor_needed`, and `otp`.
    - `refresh_token`: `refresh_token`, and the header `DPoP` where the sign-in is bound to a device.
    - `client_credentials`, for services and departments, never for people: `client_id` with
      `client_secret` (in the form or as Basic), or with `client_assertion`, a JWT of five minutes
      at most that the client's key signed. There is no refresh token.
    - `oidc`: `code` from the address that `/auth/oidc/start` came back to, and `otp` as above.

    五次密码或动态口令错误后账号锁定五分钟；刷新令牌只能用一次，重复使用将使该次登录全部失效。 ·
    Five wrong passwords or codes lock an account for five minutes. A refresh token is good once;
    using it again ends the whole sign-in.
    """
    return answered(await backing.edge.run(_ASKED[grant_type](backing, given)))


Asked = Callable[[], dict[str, Any]]


def _by_password(backing: Backing, given: Given) -> Asked:
    account, password = _needed(given.username, "username"), _needed(given.password, "password")
    return lambda: _shown(backing.sign_in.sign_in(account, password, given.call, given.entry))


def _by_challenge(backing: Backing, given: Given) -> Asked:
    challenge = _needed(given.challenge_token, "challenge_token")
    _needed(given.entry.otp, "otp")
    return lambda: _shown(backing.sign_in.answer_challenge(challenge, given.entry, given.call))


def _by_refresh_token(backing: Backing, given: Given) -> Asked:
    refresh_token = _needed(given.refresh_token, "refresh_token")
    return lambda: _shown(backing.sign_in.renew(refresh_token, given.call, given.proof))


def _by_client(backing: Backing, given: Given) -> Asked:
    client = _needed(given.client, "client_id")

    def sign_in() -> dict[str, Any]:
        token = backing.clients.sign_in(client, given.call)
        return _tokens(token.access_token, token.expires_in, None, ())

    return sign_in


def _by_provider(backing: Backing, given: Given) -> Asked:
    code = _needed(given.code, "code")
    return lambda: _shown(backing.oidc.enter(code, given.brought, given.entry, given.call))


_ASKED: dict[Grant, Callable[[Backing, Given], Asked]] = {
    "password": _by_password,
    "second_factor": _by_challenge,
    "refresh_token": _by_refresh_token,
    "client_credentials": _by_client,
    "oidc": _by_provider,
}


def _needed(given: Needed | None, field: str) -> Needed:
    if given is None:
        raise wrong_field(field, "missing", "缺少必填字段", "Field required")
    return given


def _shown(signed_in: SignedIn) -> dict[str, Any]:
    return _tokens(
        signed_in.access_token, signed_in.expires_in, signed_in.refresh_token, signed_in.musts
    )


def _tokens(
    access_token: str, expires_in: int, refresh_token: str | None, musts: tuple[Must, ...]
) -> dict[str, Any]:
    return {
        "access_token": access_token,
        "token_type": "bearer",
        "expires_in": expires_in,
        "refresh_token": refresh_token,
        "password_change_needed": Must.CHANGE_PASSWORD in musts,
        "second_factor_enrolment_needed": Must.ENROL_SECOND_FACTOR in musts,
    }
