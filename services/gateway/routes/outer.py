"""The outermost layer: a call id on every request, safe headers on every answer, no answer of 500."""

import asyncio
import time
from typing import Any

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.routes.metrics import Metrics
from services.gateway.routes.problems import problem
from shared.kernel.ids import new_id

log = structlog.get_logger()

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


class OuterLayer:
    """ASGI middleware around everything."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await _Request(self._app, self._metrics, scope, send).serve(receive)


class _Request:
    """One request on its way."""

    def __init__(self, app: ASGIApp, metrics: Metrics, scope: Scope, send: Send) -> None:
        self._app = app
        self._metrics = metrics
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
            if _holds_nul(self._scope):
                await self._refuse_nul(receive)
            else:
                await self._app(self._scope, receive, self._sent)
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
            headers = MutableHeaders(scope=message)
            headers["X-Call-Id"] = self._call_id
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
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

    async def _refuse_nul(self, receive: Receive) -> None:
        answer = problem(
            400,
            code="nul_character",
            zh="地址中不得含有 NUL 字符（%00）。",
            en="The address must not hold a NUL character (%00).",
            **self._told,
        )
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


def _holds_nul(scope: Scope) -> bool:
    return "\x00" in scope["path"] or b"%00" in scope.get("query_string", b"")
