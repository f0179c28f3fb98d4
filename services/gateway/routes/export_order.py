"""One export on its way: who asked for what, and the rows as patrol gives them, one page ahead at most."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from services.gateway.domain.export import Export
from services.gateway.domain.export_columns import Row, row_of
from services.gateway.routes.backing import Backing
from services.gateway.store.access_tokens import Bearer
from shared.kernel.actor import Actor
from shared.kernel.errors import Unavailable
from shared.runtime.call import Call

# A service that starts anew is away for a moment, and what is half taken out is worth the wait.
_WAITS_S = (1.0, 3.0)
# So long may somebody go on who was signed out, or whose right was taken away.
_RIGHTS_KEPT_S = 10.0


@dataclass(slots=True, kw_only=True)
class ExportOrder:
    """An export, and how many of its rows there are so far."""

    backing: Backing
    bearer: Bearer
    call: Call
    export: Export
    categories: Mapping[str, str]
    rows: int = 0
    _asked_at: float = field(default_factory=time.monotonic)

    async def pages(self) -> AsyncGenerator[list[Row], None]:
        """Yield the rows, newest first, a page at a time and at least one.

        Raises:
            Refusal: a page cannot be had; what came before is not all.
        """
        ahead: asyncio.Task[Any] | None = asyncio.create_task(self._page(None))
        try:
            while ahead is not None:
                page = await ahead
                cursor = page["next_cursor"]
                ahead = None if cursor is None else asyncio.create_task(self._page(cursor))
                rows = [row_of(item, self.export, self.categories) for item in page["items"]]
                self.rows += len(rows)
                yield rows
        finally:
            if ahead is not None:
                ahead.cancel()
                await asyncio.gather(ahead, return_exceptions=True)

    async def _page(self, cursor: str | None) -> Any:
        for wait_s in _WAITS_S:
            try:
                return await self._ask(cursor)
            except Unavailable:
                await asyncio.sleep(wait_s)
        return await self._ask(cursor)

    async def _ask(self, cursor: str | None) -> Any:
        return await self.backing.edge.call(
            "patrol",
            "incidents_to_export",
            call=replace(self.call, actor=await self._actor()),
            where=self.export.where,
            with_text=self.export.with_text,
            cursor=cursor,
        )

    async def _actor(self) -> Actor:
        if time.monotonic() - self._asked_at > _RIGHTS_KEPT_S:
            desk, bearer = self.backing.exports, self.bearer
            actor = await self.backing.edge.run(lambda: desk.actor_now(bearer))
            self.call, self._asked_at = replace(self.call, actor=actor), time.monotonic()
        return self.call.actor
