"""Throws away, at the start and again and again, what exports left behind."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()

SWEEP_EVERY_S = 30.0


class ExportSweeper:
    """Sweeps while the edge runs; what could not be swept is left to the next time."""

    def __init__(self, sweep: Callable[[], Awaitable[None]]) -> None:
        self._sweep = sweep
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
                log.warning("exports_not_swept", reason=type(error).__name__)
            await asyncio.sleep(SWEEP_EVERY_S)
