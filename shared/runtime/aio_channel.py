"""A channel to the broker on asyncio's loop, opened anew whenever it is lost."""

import asyncio
from contextlib import suppress
from contextvars import Context
from typing import Protocol

import aiormq
import structlog
from aiormq.abc import AbstractChannel, AbstractConnection

log = structlog.get_logger()

FIRST_WAIT_S, LONGEST_WAIT_S = 0.1, 2.0
OPEN_WITHIN_S = 10.0
CLOSE_WITHIN_S = 2.0
# Three of these without a sign from the broker, and the connection is given up.
HEARTBEAT_S = 10


class Opened(Protocol):
    """What is done with a channel."""

    async def begin(self, channel: AbstractChannel) -> None:
        """Make ready on a new channel."""

    def end(self) -> None:
        """Do without: the channel is lost. Called after every beginning, a failed one too."""


class KeptChannel:
    """Keeps one channel open, on a connection of its own."""

    def __init__(self, broker_url: str, name: str, opened: Opened) -> None:
        self._url = f"{broker_url}{'&' if '?' in broker_url else '?'}heartbeat={HEARTBEAT_S}"
        self._name = name
        self._opened = opened
        self._keeping: asyncio.Task[None] | None = None
        self._told: tuple[str, dict[str, str]] | None = None

    def start(self) -> None:
        """Begin on the running loop; once begun, do nothing."""
        if self._keeping is None:
            # In a context of its own: it does not belong to the call that happens to begin it.
            self._keeping = asyncio.create_task(self._keep(), context=Context())

    async def close(self) -> None:
        """Give the channel back."""
        if self._keeping is not None:
            self._keeping.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeping

    async def _keep(self) -> None:
        wait_s = FIRST_WAIT_S
        while True:
            try:
                await self._use_one()
                wait_s = FIRST_WAIT_S
            except (Exception, asyncio.CancelledError) as error:
                if is_being_cancelled():
                    raise
                self._tell("broker_away", reason=_reason(error))
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    async def _use_one(self) -> None:
        """Return once a channel that was opened is lost; raises what keeps it from being opened."""
        connection = aiormq.Connection(self._url, client_properties={"connection_name": self._name})
        try:
            async with asyncio.timeout(OPEN_WITHIN_S):
                await connection.connect()
                channel = await connection.channel()
                lost = _lost(connection, channel)
                await self._opened.begin(channel)
            self._tell("broker_reached")
            await lost.wait()
            self._tell("broker_lost")
        finally:
            self._opened.end()
            with suppress(Exception):
                await connection.close(timeout=CLOSE_WITHIN_S)

    def _tell(self, state: str, **about: str) -> None:
        """Log a change; the same again, every two seconds, says nothing."""
        if (state, about) != self._told:
            log.warning(state, channel=self._name, **about)
            self._told = state, about


def is_being_cancelled() -> bool:
    """Tell whether this task itself is; aiormq ends what waits on a lost channel the same way."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _lost(connection: AbstractConnection, channel: AbstractChannel) -> asyncio.Event:
    """Return what is set once the connection, the channel or the consumer on it has ended."""
    lost = asyncio.Event()
    connection.closing.add_done_callback(lambda _: lost.set())
    channel.closing.add_done_callback(lambda _: lost.set())
    # Its queue was deleted.
    channel.on_consumer_cancel_callbacks.add(lambda _: lost.set())
    return lost


def _reason(error: BaseException) -> str:
    # The address, with its password, may stand in the text of an error.
    return type(error).__name__
