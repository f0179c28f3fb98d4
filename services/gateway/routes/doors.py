"""How a request gets to its route: signed in, of bearable size, readable, and not for ever.

All of it happens before FastAPI looks at the request, so that nobody who has not signed in can
make the edge read and parse a body.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, ClassVar

import orjson
from fastapi.params import Form
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope

from services.gateway.domain.not_proved import first
from services.gateway.routes.needs import needed_by
from services.gateway.routes.problems import malformed, too_large, wrong_media_type
from services.gateway.store.access_tokens import Bearer
from shared.kernel.errors import Forbidden, Unavailable
from shared.runtime.call import Call

API = "/api/v1"
KB, MB = 1 << 10, 1 << 20
_FORMS = {"application/x-www-form-urlencoded"}


class LimitedRequest(Request):
    """A request whose body is read up to a limit, and whose JSON is strict (RFC 8259)."""

    def __init__(self, scope: Scope, receive: Receive, limit_bytes: int) -> None:
        super().__init__(scope, receive)
        self._limit_bytes = limit_bytes

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Yield the body; raises `HttpRefusal` as soon as it is longer than it may be."""
        declared = self.headers.get("content-length", "")
        # A superscript two is a digit to Python and no number, and a number may be endless.
        if declared.isdecimal() and (len(declared) > 18 or int(declared) > self._limit_bytes):
            raise too_large(self._limit_bytes)
        seen = 0
        async for chunk in super().stream():
            seen += len(chunk)
            if seen > self._limit_bytes:
                raise too_large(self._limit_bytes)
            yield chunk

    async def json(self) -> Any:
        """Return the body's value; raises `HttpRefusal` for what is not JSON in UTF-8."""
        if not hasattr(self, "_json"):
            try:
                self._json = orjson.loads(await self.body())
            except orjson.JSONDecodeError as error:
                raise malformed(
                    f"请求体不是合法的 UTF-8 JSON（第 {error.lineno} 行第 {error.colno} 列）。",
                    f"The body is not valid JSON in UTF-8 (line {error.lineno}, column {error.colno}).",
                    code="json_malformed",
                ) from None
        return self._json

    async def canonical_body(self) -> bytes:
        """Return the body such that two ways of writing the same value are the same."""
        if not await self.body():
            return b""
        try:
            return orjson.dumps(await self.json(), option=orjson.OPT_SORT_KEYS)
        except orjson.JSONEncodeError:
            raise malformed(
                "请求体嵌套过深。", "The body is nested too deeply.", code="json_malformed"
            ) from None


class OpenDoor(APIRoute):
    """A route that anybody may call."""

    limit_bytes: ClassVar[int] = 64 * KB
    limit_s: ClassVar[float] = 30

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what serves a request to this route."""
        serve = super().get_route_handler()

        async def enter(request: Request) -> Response:
            limited = LimitedRequest(request.scope, request.receive, self.limit_bytes)
            try:
                async with asyncio.timeout(self.limit_s):
                    await self.admit(limited)
                    await self._check_media_type(limited)
                    return await serve(limited)
            except TimeoutError:
                raise took_too_long() from None
            except ClientDisconnect:
                raise malformed("连接中断。", "The connection was cut.") from None

        return enter

    async def admit(self, request: Request) -> None:
        """Let everybody in."""

    async def _check_media_type(self, request: LimitedRequest) -> None:
        if self.body_field is None:
            return
        media_type, charset = _media_type(request)
        if isinstance(self.body_field.field_info, Form):
            if media_type not in _FORMS:
                raise wrong_media_type("application/x-www-form-urlencoded")
        elif await request.body() and (media_type != "application/json" or charset != "utf-8"):
            raise wrong_media_type("application/json")


class SignedInDoor(OpenDoor):
    """A route for those who have signed in; `request.state.bearer` says who.

    Whoever has something to do before all else comes no further than where it is done.
    """

    limit_bytes = MB
    takes_files: ClassVar[bool] = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._needs = needed_by(options.get("openapi_extra"))
        super().__init__(*arguments, **options)

    async def admit(self, request: Request) -> None:
        """Let in who has signed in and may do this somewhere.

        Where he may do it, the service decides that owns the data.

        Raises:
            NotSignedIn: there is no token, or it is not good.
            HttpRefusal: this is one request too many.
            Forbidden: he has something to do before all else, or none of his roles permits this.
        """
        backing = request.app.state.backing
        bearer = await self.bearer_of(request)
        if bearer.musts and not self._is_a_first_thing:
            raise first(bearer.musts[0])
        request.state.bearer = bearer
        backing.limits.admit_account(request.scope, bearer.actor.account, uploads=self.takes_files)
        try:
            bearer.actor.need(*self._needs)
        except Forbidden as refusal:
            call = Call(call_id=request.state.call_id, actor=bearer.actor)
            code = refusal.code
            await backing.edge.run(lambda: backing.accounts.note_refusal(call, self.name, code))
            raise

    async def bearer_of(self, request: Request) -> Bearer:
        """Return who asks; raises `NotSignedIn`."""
        guard = request.app.state.backing.guard
        bearer: Bearer = await guard.bearer(request.headers.get("authorization"))
        return bearer

    @property
    def _is_a_first_thing(self) -> bool:
        """Tell whether somebody sees here who he is, or does what he must."""
        return self.path_format == f"{API}/me" or self.path_format.startswith(f"{API}/auth/")


class BatchDoor(SignedInDoor):
    """Ten thousand points, generously written, are more than a megabyte."""

    limit_bytes = 4 * MB


class LongDoor(SignedInDoor):
    """A route whose work takes minutes."""

    limit_s = 330


class UploadDoor(SignedInDoor):
    """A route that takes files: `read_form` counts the bytes, and a slow line may take its time."""

    limit_bytes = 1 << 40
    limit_s = 1800
    takes_files = True


def _media_type(request: Request) -> tuple[str, str]:
    media_type, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    name, _, value = parameters.strip().partition("=")
    return media_type.strip(), value.strip('" ') if name.strip() == "charset" else "utf-8"


def took_too_long() -> Unavailable:
    return Unavailable(
        code="took_too_long",
        zh="请求未能在时限内完成，请稍后用同一 Idempotency-Key 再试。",
        en="The request was not done in time; try again with the same Idempotency-Key.",
    )
