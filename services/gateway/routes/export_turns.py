"""How many exports run at once in this copy of the edge, of one account and in all; and how they are ended."""

import asyncio
from collections import Counter

from services.gateway.routes.problems import HttpRefusal
from shared.runtime.settings import Settings
from shared.runtime.turns import overloaded

_RETRY_AFTER_S = 10


class ExportTurns:
    """The exports that run."""

    def __init__(self, settings: Settings) -> None:
        self._most_of_one = settings.exports_per_account
        self._most = settings.exports_at_once
        self._running: Counter[str] = Counter()
        self._making: dict[str, asyncio.Task[None]] = {}

    def begin(self, account: str) -> None:
        """Count one more.

        Raises:
            HttpRefusal: it is one too many of this account.
            Unavailable: it is one too many in all.
        """
        if self._running[account] >= self._most_of_one:
            raise _too_many(self._most_of_one)
        if self._running.total() >= self._most:
            raise overloaded()
        self._running[account] += 1

    def end(self, account: str) -> None:
        self._running[account] -= 1
        if self._running[account] <= 0:
            del self._running[account]

    def make(self, export_id: str, task: asyncio.Task[None]) -> None:
        """Remember what makes a file, until it has."""
        self._making[export_id] = task
        task.add_done_callback(lambda _: self._making.pop(export_id, None))

    def cancel(self, export_id: str) -> None:
        """End the making of a file, if it is made here."""
        if (task := self._making.get(export_id)) is not None:
            task.cancel()

    async def close(self) -> None:
        """End the making of every file."""
        making = list(self._making.values())
        for task in making:
            task.cancel()
        await asyncio.gather(*making, return_exceptions=True)


def _too_many(most: int) -> HttpRefusal:
    return HttpRefusal(
        429,
        code="too_many_exports",
        zh=f"同一账号同时只能有 {most} 个导出，请等其完成或取消后再试。",
        en=f"One account has {most} exports at once; wait for one to end, or cancel it.",
        headers={"Retry-After": str(_RETRY_AFTER_S)},
    )
