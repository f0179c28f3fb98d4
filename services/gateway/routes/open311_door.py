"""The door of Open311: an API key or a token, and refusals as GeoReport v2 has them."""

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

import structlog
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.domain.not_signed_in import NotSignedIn, api_key_refused
from services.gateway.routes.doors import KB, SignedInDoor
from services.gateway.routes.open311_forms import told
from services.gateway.routes.problems import (
    RETRY_AFTER_S,
    STATUSES,
    HttpRefusal,
    field_errors,
    no_such_thing,
    wrong_media_type,
)
from services.gateway.store.access_tokens import Bearer
from shared.kernel.errors import FieldError, Invalid, Refusal
from shared.runtime.database_errors import refusal_of

log = structlog.get_logger()
_FORM = "application/x-www-form-urlencoded"
# The standard knows 400 for what is wrong about a request, and 403 for whoever has no good key.
_STATUSES = STATUSES | {Invalid.kind: 400, NotSignedIn.kind: 403}


class Open311Door(SignedInDoor):
    """A route for clients by their API key, or for whoever has signed in."""

    limit_bytes: ClassVar[int] = 64 * KB

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what serves a request to this route, its refusals included."""
        serve = super().get_route_handler()

        async def enter(request: Request) -> Response:
            try:
                return await serve(request)
            except (Refusal, HTTPException, RequestValidationError, SQLAlchemyError) as refusal:
                return _refused(request, refusal)

        return enter

    async def admit(self, request: Request) -> None:
        """Let in whose key or token is good, and who may do this somewhere."""
        await super().admit(request)
        # Kept before the form is read from it: what was sent tells a repetition.
        await request.body()

    async def bearer_of(self, request: Request) -> Bearer:
        """Return who asks: by a token as everywhere, or else by a key in the address or the form.

        Raises:
            NotSignedIn: neither is there, or it is not good.
            HttpRefusal: what is sent is no form, or too many keys were tried from this address.
        """
        authorization = request.headers.get("authorization")
        backing = request.app.state.backing
        if authorization is not None:
            bearer: Bearer = await backing.guard.bearer(authorization)
            return bearer
        api_key = await _api_key(request)
        if not backing.keys.knows(api_key):
            backing.limits.admit_key(request.scope)
        try:
            holder: Bearer = await backing.keys.holder(api_key)
        except NotSignedIn:
            raise api_key_refused() from None
        return holder


async def _api_key(request: Request) -> str:
    given: Any = request.query_params.get("api_key")
    if given is None and request.method == "POST":
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != _FORM:
            raise wrong_media_type(_FORM)
        await request.body()
        given = (await request.form()).get("api_key")
    if not isinstance(given, str) or not given:
        raise api_key_refused()
    return given


def _refused(request: Request, refusal: Any) -> Response:
    """Return a refusal in the standard's form, in both languages and with the fields that are wrong."""
    if isinstance(refusal, SQLAlchemyError):
        known = refusal_of(refusal)
        if known is None:
            raise refusal
        log.warning("database_refused", code=known.code, reason=type(refusal).__name__)
        refusal = known
    elif isinstance(refusal, RequestValidationError):
        refusal = _invalid(refusal)
    elif isinstance(refusal, HTTPException) and not isinstance(refusal, HttpRefusal):
        raise refusal
    status, headers = _status_of(refusal)
    parts = [f"{refusal.zh} · {refusal.en}", *map(_of_field, refusal.errors)]
    return told(
        request, "errors", [{"code": status, "description": " ".join(parts)}], status, headers
    )


def _status_of(refusal: Any) -> tuple[int, dict[str, str]]:
    if isinstance(refusal, HttpRefusal):
        return refusal.status_code, dict(refusal.headers or {})
    status = _STATUSES[refusal.kind]
    return status, {"Retry-After": str(RETRY_AFTER_S)} if status == 503 else {}


def _invalid(error: RequestValidationError) -> Refusal:
    if any(detail["loc"][0] == "path" for detail in error.errors()):
        return no_such_thing()
    return Invalid(
        code="invalid",
        zh="有参数不合要求。",
        en="Some parameters are wrong.",
        errors=tuple(field_errors(error)),
    )


def _of_field(error: FieldError) -> str:
    return f"[{error.field}: {error.zh} · {error.en}]"
