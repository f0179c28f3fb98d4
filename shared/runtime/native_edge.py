"""The edge in a process of its own: the broker is on its loop, what blocks runs in native threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cached_property
from typing import Any, TypeVar

from shared.runtime.aio_caller import AioCaller
from shared.runtime.aio_hints import AioHints
from shared.runtime.call import Call
from shared.runtime.identity import Identity, identity_of
from shared.runtime.settings import Settings
from shared.runtime.turns import Turns

Answer = TypeVar("Answer")
# Each may hold a connection to the database.
THREADS = 16
# A call that waits costs little here, but each is a message in some service's queue.
MOST_CALLS = 512


class NativeEdge:
    """The edge of the production profile."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings = settings
        self._name = name
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=name)
        self._running = Turns(THREADS)
        self._calling = Turns(MOST_CALLS)
        self._caller = AioCaller(settings.broker_url, name)
        self._listeners: list[AioHints] = []

    @cached_property
    def _identity(self) -> Identity:
        return identity_of(self._settings, self._name)

    async def call(
        self,
        service: str,
        method: str,
        *,
        call: Call,
        timeout_s: float | None = None,
        **arguments: Any,
    ) -> Any:
        """Return what *service* answers; raises the refusal it gives, or `Unavailable`."""
        async with self._calling:
            return await self._caller.call(
                service,
                method,
                arguments,
                call=self._identity.vouched(call),
                timeout_s=timeout_s or self._settings.rpc_timeout_s,
            )

    async def run(self, work: Callable[[], Answer]) -> Answer:
        """Return what *work* returns; raises `Unavailable` when too much runs."""
        async with self._running:
            # The log lines of the work shall bear the call's id.
            context = copy_context()
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, lambda: context.run(work))

    async def listen(self, topic: str, hear: Callable[[], None]) -> None:
        """Call *hear* for every hint on *topic*."""
        listener = AioHints(self._settings.broker_url, self._name, topic, hear)
        listener.start()
        self._listeners.append(listener)

    async def close(self) -> None:
        """Let go of the broker and of the threads that have nothing to do."""
        while self._listeners:
            await self._listeners.pop().close()
        await self._caller.close()
        self._threads.shutdown(wait=False)
