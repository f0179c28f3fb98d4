"""The way to the identity provider and back; what lies in addresses is worth nothing to others."""

import re
from typing import Annotated

from fastapi import APIRouter, Cookie, Query, Request
from starlette.responses import RedirectResponse, Response

from services.gateway.domain.not_signed_in import entry_refused
from services.gateway.routes.addresses import own_address
from services.gateway.routes.backing import Backed
from services.gateway.routes.documents import problems
from services.gateway.routes.doors import API, OpenDoor
from services.gateway.routes.problems import wrong_field
from services.gateway.usecases.enter_by_provider import VISIT
from shared.runtime.call import Call

COOKIE = "wangge_visit"
CALLBACK = f"{API}/auth/oidc/callback"
# A path of our own pages: not //elsewhere, which browsers take for another host, backslashes too.
_OWN_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]{0,499}")

router = APIRouter(prefix=f"{API}/auth/oidc", route_class=OpenDoor, tags=["sign-in"])

ReturnTo = Annotated[
    str,
    Query(max_length=500, description="登录后回到的本站路径 · the path of ours to come back to"),
]
FromProvider = Annotated[str | None, Query(min_length=1, max_length=4096)]
Brought = Annotated[str | None, Cookie(alias=COOKIE, include_in_schema=False)]


@router.get(
    "/start",
    status_code=303,
    response_class=RedirectResponse,
    summary="经统一身份认证登录 · Sign in by the identity provider",
    responses=problems(400, 404, 422, 503),
)
async def start(request: Request, backing: Backed, return_to: ReturnTo = "/") -> Response:
    """Send the browser to the identity provider; it comes back to `return_to` with `#code=…`.

    页面随即以 grant_type=oidc 换取令牌。 · The page then exchanges the code with grant_type=oidc.
    """
    if _OWN_PATH.fullmatch(return_to) is None or "#" in return_to:
        raise wrong_field(
            "return_to", "not_a_path", "应为本站的路径，以 / 开头", "has to be a path of ours"
        )
    redirect_uri = own_address(request, backing.settings, CALLBACK)
    sent = await backing.edge.run(
        lambda: backing.oidc.send(return_to=return_to, redirect_uri=redirect_uri)
    )
    answer = RedirectResponse(sent.address, 303)
    answer.set_cookie(
        COOKIE,
        sent.state,
        max_age=int(VISIT.total_seconds()),
        path=f"{API}/auth",
        secure=redirect_uri.startswith("https:"),
        httponly=True,
        # It comes back by a link on the provider's page.
        samesite="lax",
    )
    return answer


@router.get(
    "/callback",
    status_code=303,
    response_class=RedirectResponse,
    summary="统一身份认证的返回地址 · Where the identity provider sends the browser back to",
    responses=problems(400, 401, 404, 422, 503),
)
async def callback(
    request: Request,
    backing: Backed,
    state: Annotated[str, Query(min_length=1, max_length=200)],
    code: FromProvider = None,
    iss: FromProvider = None,
    brought: Brought = None,
) -> Response:
    """Go on to the page with a code good once, for a minute, in this browser alone."""
    call = Call(call_id=request.state.call_id)
    redirect_uri = own_address(request, backing.settings, CALLBACK)
    # An answer that names another issuer was meant for somebody else (RFC 9207).
    good = code if iss in (None, backing.settings.oidc_issuer) else None
    came = await backing.edge.run(
        lambda: backing.oidc.come_back(
            code=good, state=state, brought=brought, redirect_uri=redirect_uri, call=call
        )
    )
    if came.return_to is None:
        raise entry_refused()
    told = f"code={came.code}" if came.code is not None else f"error={entry_refused().code}"
    return RedirectResponse(f"{came.return_to}#{told}", 303)
