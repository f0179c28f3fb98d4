"""The edge on eventlet's loop: what blocks, calls to services too, runs in green threads."""

import asyncio
from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

from shared.runtime.call import Call
from shared.runtime.green_threads import in_green_thread
from shared.runtime.hints import HintListener
from shared.runtime.identity import Identity, identity_of
from shared.runtime.rpc_client import caller_for
from shared.runtime.settings import Settings
from shared.runtime.turns import Turns

Answer = TypeVar("Answer")
MOST_AT_ONCE = 256


class GreenEdge:
    """The edge of the embedded profile."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings = settings
        self._name = name
        self._turns = Turns(MOST_AT_ONCE)
        self._listeners: list[HintListener] = []

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
        return await self.run(
            lambda: caller_for(self._settings.broker_url).call(
                service,
                method,
                arguments,
                call=self._identity.vouched(call),
                timeout_s=timeout_s or self._settings.rpc_timeout_s,
            )
        )

    async def run(self, work: Callable[[], Answer]) -> Answer:
        """Return what *work* returns; raises `Unavailable` when too much runs."""
        async with self._turns:
            return await in_green_thread(work)

    async def listen(self, topic: str, hear: Callable[[], None]) -> None:
        """Call *hear* on this loop for every hint on *topic*."""
        loop = asyncio.get_running_loop()

        def heard(_: dict[str, Any]) -> None:
            # Hints come in a thread of their own.
            loop.call_soon_threadsafe(hear)

        self._listeners.append(HintListener(self._settings.broker_url, topic, heard))

    async def close(self) -> None:
        """Stop listening, within a second."""
        while self._listeners:
            await in_green_thread(self._listeners.pop().close)
