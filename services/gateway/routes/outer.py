"""The outermost layer: a call id on every request, safe headers on every answer, no answer of 500.

What no route should have to read is refused here: an address or headers longer than any client of ours
sends, and one request too many.
"""

import asyncio
import time
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.routes.limits import Limits, rate_headers
from services.gateway.routes.metrics import Metrics
from services.gateway.routes.problems import HttpRefusal, malformed, problem
from services.gateway.routes.safe_headers import with_safe_headers
from shared.kernel.ids import new_id

log = structlog.get_logger()

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
LONGEST_ADDRESS = 8_192
MOST_HEADERS = 100


class OuterLayer:
    """ASGI middleware around everything."""

    def __init__(self, app: ASGIApp, metrics: Metrics, limits: Limits) -> None:
        self._app = app
        self._metrics = metrics
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await _Request(self._app, self._metrics, self._limits, scope, send).serve(receive)


class _Request:
    """One request on its way."""

    def __init__(
        self, app: ASGIApp, metrics: Metrics, limits: Limits, scope: Scope, send: Send
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._limits = limits
        self._scope = scope
        self._send = send
        self._started = time.monotonic()
        self._status = 0
        self._call_id = new_id()

    async def serve(self, receive: Receive) -> None:
        self._scope.setdefault("state", {})["call_id"] = self._call_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(call_id=self._call_id)
        try:
            refusal = _unreadable(self._scope) or self._limits.admit_address(self._scope)
            if refusal is None:
                await self._app(self._scope, receive, self._sent)
            else:
                await self._refuse(refusal, receive)
        except asyncio.CancelledError:
            # The server stops, and this request took longer than it may.
            if self._status:
                raise
            await self._give_up(receive)
        except Exception:
            log.exception("request_failed", route=self._route)
            # Once an answer has begun, nothing can be put right; the server cuts the connection.
            if self._status:
                raise
            await self._fail(receive)

    async def _sent(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            rates = rate_headers(self._scope)
            message["headers"] = with_safe_headers(
                message["headers"],
                is_https=self._scope["scheme"] == "https",
                more={"X-Call-Id": self._call_id, **rates},
            )
            self._count()
        await self._send(message)

    def _count(self) -> None:
        seconds = time.monotonic() - self._started
        self._metrics.answered(self._method, self._route, self._status, seconds)
        log.info(
            "answered",
            method=self._method,
            route=self._route,
            status=self._status,
            ms=round(seconds * 1000, 1),
        )

    async def _give_up(self, receive: Receive) -> None:
        answer = problem(
            503,
            code="stopping",
            zh="服务正在停止，请稍后用同一 Idempotency-Key 再试。",
            en="The service is stopping; try again in a moment with the same Idempotency-Key.",
            **self._told,
        )
        await answer(self._scope, receive, self._sent)

    async def _fail(self, receive: Receive) -> None:
        answer = problem(
            503,
            code="internal_fault",
            zh=f"服务内部出错，已记录，编号 {self._call_id}。",
            en=f"The service failed inside; it is on record as {self._call_id}.",
            **self._told,
        )
        await answer(self._scope, receive, self._sent)

    async def _refuse(self, refusal: HttpRefusal, receive: Receive) -> None:
        answer = problem(
            refusal.status_code, code=refusal.code, zh=refusal.zh, en=refusal.en, **self._told
        )
        answer.headers.update(refusal.headers or {})
        await answer(self._scope, receive, self._sent)

    @property
    def _told(self) -> dict[str, Any]:
        headers = dict(self._scope["headers"])
        language = headers.get(b"accept-language", b"").decode("latin-1")
        return {"call_id": self._call_id, "accept_language": language}

    @property
    def _method(self) -> str:
        # Methods are the client's to invent; a label for each would fill the memory.
        method: str = self._scope["method"]
        return method if method in _METHODS else "other"

    @property
    def _route(self) -> str:
        return getattr(self._scope.get("route"), "path", "unmatched")


def _unreadable(scope: Scope) -> HttpRefusal | None:
    """Return the refusal of an address or headers that nobody sends who means well."""
    if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
        return malformed(
            "地址中不得含有 NUL 字符（%00）。",
            "The address must not hold a NUL character (%00).",
            code="nul_character",
        )
    if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
        return HttpRefusal(
            414,
            code="address_too_long",
            zh=f"地址长于 {LONGEST_ADDRESS} 字节。",
            en=f"The address is longer than {LONGEST_ADDRESS} bytes.",
        )
    if len(scope["headers"]) > MOST_HEADERS:
        return HttpRefusal(
            431,
            code="too_many_headers",
            zh=f"请求头多于 {MOST_HEADERS} 个。",
            en=f"There are more than {MOST_HEADERS} headers.",
        )
    return _ambiguous() if {b"content-length", b"transfer-encoding"} <= _names(scope) else None


def _names(scope: Scope) -> set[bytes]:
    return {name for name, _ in scope["headers"]}


def _ambiguous() -> HttpRefusal:
    """Refuse a body of two lengths: a proxy may have read the other one (RFC 9112, 6.1)."""
    return HttpRefusal(
        400,
        code="ambiguous_length",
        zh="请求体长度有歧义：Content-Length 与 Transfer-Encoding 不得并用。",
        en="The body has two lengths: send Content-Length or Transfer-Encoding, not both.",
        headers={"Connection": "close"},
    )
