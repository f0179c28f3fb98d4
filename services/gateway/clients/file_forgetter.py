"""Asks the services which old files they still name, and has the others forgotten: the edge hears no events."""

import asyncio
from collections.abc import Collection, Sequence
from functools import partial
from typing import Protocol

import structlog

from shared.contracts.files import NAMING_FILES
from shared.kernel.actor import PLATFORM
from shared.runtime.call import Call
from shared.runtime.edge import Edge

log = structlog.get_logger()

# The services come up beside the edge.
FIRST_AFTER_S = 60.0
ROUND_EVERY_S = 3600.0


class GoingFilesDesk(Protocol):
    """Where files are forgotten; every method waits, so call it through `Edge.run`."""

    def is_its_turn(self) -> bool: ...

    def to_be_asked_about(self, after: str) -> list[str]: ...

    def forget(self, asked: Sequence[str], named: Collection[str]) -> int: ...

    def remove_bytes(self) -> None: ...


class FileForgetter:
    """Goes its round while the edge runs; what could not be asked about is left to the next."""

    def __init__(self, edge: Edge, desk: GoingFilesDesk) -> None:
        self._edge = edge
        self._desk = desk
        self._going: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._going = asyncio.create_task(self._go_on())

    def stop(self) -> None:
        if self._going is not None:
            self._going.cancel()

    async def forget(self) -> int:
        """Go one round, if it is this copy's turn; return how many files were forgotten.

        Raises:
            Refusal: a service did not say what it names; of those it was asked about none goes.
        """
        if not await self._edge.run(self._desk.is_its_turn):
            return 0
        forgotten, last = 0, ""
        # What an earlier round was ended over comes first.
        await self._edge.run(self._desk.remove_bytes)
        while asked := await self._edge.run(partial(self._desk.to_be_asked_about, last)):
            named = await self._named(asked)
            forgotten += await self._edge.run(partial(self._desk.forget, asked, named))
            last = asked[-1]
        await self._edge.run(self._desk.remove_bytes)
        return forgotten

    async def _named(self, file_ids: list[str]) -> set[str]:
        """Return those that any service names."""
        call = Call(actor=PLATFORM)
        answers = await asyncio.gather(
            *(
                self._edge.call(service, "named_files", call=call, file_ids=file_ids)
                for service in NAMING_FILES
            )
        )
        return {file_id for answer in answers for file_id in answer}

    async def _go_on(self) -> None:
        await asyncio.sleep(FIRST_AFTER_S)
        while True:
            try:
                if forgotten := await self.forget():
                    log.info("files_forgotten", count=forgotten)
            except Exception as error:
                log.warning("files_not_forgotten", reason=type(error).__name__)
            await asyncio.sleep(ROUND_EVERY_S)
