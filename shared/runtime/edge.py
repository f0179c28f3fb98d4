"""What the HTTP edge stands on: calls to services and its own blocking work, without blocking its loop.

In the embedded profile the loop is eventlet's own, and blocking work runs in green threads. In
production the edge is a process without eventlet, and the same work runs in native threads.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from shared.kernel.errors import Unavailable
from shared.runtime.call import Call
from shared.runtime.green import is_green
from shared.runtime.rpc_client import caller_for
from shared.runtime.settings import Settings

Answer = TypeVar("Answer")
MOST_AT_ONCE = 256
PATIENCE_S = 5.0


class Edge:
    """The edge's way to the services."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._is_green = is_green()
        self._threads = None if self._is_green else ThreadPoolExecutor(MOST_AT_ONCE)
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def call(
        self,
        service: str,
        method: str,
        *,
        call: Call,
        timeout_s: float | None = None,
        **arguments: Any,
    ) -> Any:
        """Return what *service* answers.

        Raises:
            Refusal: what it said no to, or `Unavailable`.
        """
        return await self.run(
            lambda: caller_for(self.settings.broker_url).call(
                service,
                method,
                arguments,
                call=call,
                timeout_s=timeout_s or self.settings.rpc_timeout_s,
            )
        )

    async def run(self, work: Callable[[], Answer]) -> Answer:
        """Return what *work*, which may block, returns."""
        try:
            await asyncio.wait_for(self._turns.acquire(), PATIENCE_S)
        except TimeoutError:
            raise _overloaded() from None
        try:
            if self._threads is not None:
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
            from shared.runtime.green_threads import in_green_thread

            return await in_green_thread(work)
        finally:
            self._turns.release()


def _overloaded() -> Unavailable:
    return Unavailable(
        code="overloaded",
        zh="请求过多，请稍后再试。",
        en="Too much is asked at once; try again in a moment.",
    )
