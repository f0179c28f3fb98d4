"""Throws away, at the start and again and again, what is kept no longer."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()


class Sweeper:
    """Sweeps while the edge runs; what could not be swept is left to the next time."""

    def __init__(self, what: str, sweep: Callable[[], Awaitable[None]], *, every_s: float) -> None:
        self._what = what
        self._sweep = sweep
        self._every_s = every_s
        self._sweeping: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._sweeping = asyncio.create_task(self._sweep_on())

    def stop(self) -> None:
        if self._sweeping is not None:
            self._sweeping.cancel()

    async def _sweep_on(self) -> None:
        while True:
            try:
                await self._sweep()
            except Exception as error:
                log.warning("not_swept", what=self._what, reason=type(error).__name__)
            await asyncio.sleep(self._every_s)
