"""Who calls, as the routes ask for it."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from services.gateway.store.access_tokens import Bearer
from shared.runtime.call import Call

# Only tells OpenAPI how to sign in; the doors have let nobody else in.
SIGN_IN = OAuth2PasswordBearer(
    tokenUrl="/api/v1/auth/token",
    refreshUrl="/api/v1/auth/token",
    scheme_name="SignIn",
    auto_error=False,
)


async def _bearer(request: Request) -> Bearer:
    bearer: Bearer = request.state.bearer
    return bearer


SignedInBearer = Annotated[Bearer, Depends(_bearer)]


async def _call(request: Request, bearer: SignedInBearer) -> Call:
    return Call(call_id=request.state.call_id, actor=bearer.actor)


# The call as services see it, for questions.
Asking = Annotated[Call, Depends(_call)]
