"""Calls to services in nameko's RPC protocol from asyncio's loop, each with an end.

Whatever happens to the broker, a call ends in time: with its answer, or with the refusal that says
who could not keep it. What a lost connection leaves in doubt is told as away; a client asks again
under the same idempotency key.
"""

import asyncio
from typing import Any

import orjson
import structlog
from aiormq import AMQPError, spec
from aiormq.abc import AbstractChannel, DeliveredMessage

from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.runtime import rpc_protocol
from shared.runtime.aio_channel import KeptChannel, is_being_cancelled
from shared.runtime.call import Call
from shared.runtime.rpc_protocol import answer_of, service_away, service_fault, service_slow

log = structlog.get_logger()


class _Lost(Exception):
    """The channel was lost before the answer came."""


class _Replies:
    """One reply queue on one channel, and the calls that wait on it."""

    def __init__(self, channel: AbstractChannel, name: str) -> None:
        self._channel = channel
        self._reply_to = new_id()
        self._queue = f"rpc.reply.{name}.{self._reply_to}"
        self._waiting: dict[str, asyncio.Future[bytes | None]] = {}

    async def open(self) -> None:
        await self._channel.queue_declare(self._queue, exclusive=True, auto_delete=True)
        await self._channel.queue_bind(self._queue, rpc_protocol.EXCHANGE, self._reply_to)
        await self._channel.basic_consume(self._queue, self._arrive, no_ack=True)

    async def _arrive(self, message: DeliveredMessage) -> None:
        waiting = self._waiting.get(message.header.properties.correlation_id or "")
        if waiting is not None and not waiting.done():
            waiting.set_result(message.body)

    async def ask(
        self, routing_key: str, body: bytes, headers: dict[str, Any], time_to_live_s: float
    ) -> bytes:
        """Return the reply; raises `AMQPError` or `_Lost`."""
        correlation_id = new_id()
        waiting: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        self._waiting[correlation_id] = waiting
        try:
            await self._channel.basic_publish(
                body,
                exchange=rpc_protocol.EXCHANGE,
                routing_key=routing_key,
                mandatory=True,
                properties=spec.Basic.Properties(
                    content_type="application/json",
                    content_encoding="utf-8",
                    headers=headers,
                    delivery_mode=1,
                    correlation_id=correlation_id,
                    message_id=correlation_id,
                    reply_to=self._reply_to,
                    # Nobody waits for it any longer than this; it shall not be done late.
                    expiration=str(int(time_to_live_s * 1000)),
                ),
            )
            reply = await waiting
        finally:
            del self._waiting[correlation_id]
        if reply is None:
            raise _Lost
        return reply

    def lose(self) -> None:
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_result(None)


class AioCaller:
    """The calls of one process, over one channel that is opened anew whenever it is lost."""

    def __init__(self, broker_url: str, name: str) -> None:
        self._name = name
        self._channel = KeptChannel(broker_url, f"{name} calls", self)
        self._replies: _Replies | None = None
        self._is_open = asyncio.Event()

    async def begin(self, channel: AbstractChannel) -> None:
        """Listen for replies on a new channel."""
        replies = _Replies(channel, self._name)
        await replies.open()
        self._replies = replies
        self._is_open.set()

    def end(self) -> None:
        """Tell those who wait for replies that none will come."""
        self._is_open.clear()
        if self._replies is not None:
            self._replies.lose()
            self._replies = None

    async def call(
        self, service: str, method: str, arguments: dict[str, Any], *, call: Call, timeout_s: float
    ) -> Any:
        """Return what the service answers.

        Raises:
            Refusal: what the service said no to, or `Unavailable` when it is away, slow or broken.
        """
        self._channel.start()
        key = rpc_protocol.routing_key(service, method)
        body = orjson.dumps(rpc_protocol.request(arguments))
        refusal = service_away(service)
        try:
            async with asyncio.timeout(timeout_s):
                replies = await self._opened()
                refusal = service_slow(service)
                reply = await replies.ask(key, body, call.headers(), timeout_s)
        except TimeoutError:
            raise refusal from None
        except (AMQPError, _Lost, OSError, RuntimeError) as error:
            # A RuntimeError is what aiormq raises on a channel that has ended unnoticed so far.
            raise service_away(service) from error
        except asyncio.CancelledError:
            if is_being_cancelled():
                raise
            raise service_away(service) from None
        return _read(service, reply, call)

    async def _opened(self) -> _Replies:
        while self._replies is None:
            await self._is_open.wait()
        return self._replies

    async def close(self) -> None:
        """Stop calling; who still waits is told that the service is away."""
        await self._channel.close()


def _read(service: str, reply: bytes, call: Call) -> Any:
    try:
        return answer_of(service, orjson.loads(reply), call)
    except Refusal:
        raise
    except (ValueError, LookupError, TypeError) as error:
        log.warning("answer_unreadable", service=service, reason=type(error).__name__)
        raise service_fault(service, call.call_id) from None
