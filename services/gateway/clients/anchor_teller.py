"""Has the ends of the edge's audit trail kept by another service: the edge itself tells no events."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from shared.runtime.anchors import Anchor

log = structlog.get_logger()

LOOK_FOR_ANCHOR_S = 60.0


class AnchorTeller:
    """Has the ends of the edge's audit trail kept by another service; the edge itself tells no events.

    What nobody took is due again the next time.
    """

    def __init__(
        self,
        due: Callable[[], Awaitable[Anchor | None]],
        have_kept: Callable[[Anchor], Awaitable[None]],
        note_told: Callable[[Anchor], Awaitable[None]],
    ) -> None:
        self._due = due
        self._have_kept = have_kept
        self._note_told = note_told
        self._telling: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._telling = asyncio.create_task(self._tell_on())

    def stop(self) -> None:
        if self._telling is not None:
            self._telling.cancel()

    async def tell(self) -> None:
        """Have the present end kept, when that is due."""
        if (anchor := await self._due()) is not None:
            await self._have_kept(anchor)
            await self._note_told(anchor)

    async def _tell_on(self) -> None:
        while True:
            await asyncio.sleep(LOOK_FOR_ANCHOR_S)
            try:
                await self.tell()
            except Exception as error:
                # The keeper or the database is away; the trail goes on, and the next turn comes.
                log.warning("audit_not_anchored", reason=str(error))
