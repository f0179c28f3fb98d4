"""Exports on the way to who asked for them; whatever way they end, that is written down."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import BinaryIO

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.gateway.domain.export import Form
from services.gateway.domain.export_columns import Row
from services.gateway.files.export_csv import CsvWriter
from services.gateway.routes.export_order import ExportOrder
from shared.runtime import audit
from shared.runtime.edge import Edge

MEDIA_TYPES = {
    Form.CSV: "text/csv",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Form.GPKG: "application/geopackage+sqlite3",
}
CUT_OFF = "cut_off"
_CHUNK = 1 << 18
Ending = Callable[[], Awaitable[None]]


class EndedResponse(StreamingResponse):
    """A stream after which something is done, also when its client hangs up or the edge stops."""

    def __init__(self, ending: Ending, content: AsyncIterator[bytes], **options: object) -> None:
        super().__init__(content, **options)  # type: ignore[arg-type]
        self._ending = ending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            # Whoever is cancelled here shall not take this with him.
            await asyncio.shield(asyncio.ensure_future(self._ending()))


async def csv_answer(order: ExportOrder) -> EndedResponse:
    """Return the answer that streams the table from its first page on, which is here already.

    Raises:
        Refusal: the first page cannot be had.
    """
    pages = order.pages()
    first = await anext(pages)
    is_whole = asyncio.Event()

    async def end() -> None:
        try:
            await pages.aclose()
            outcome = audit.DONE if is_whole.is_set() else CUT_OFF
            await order.backing.edge.run(
                lambda: order.backing.exports.end(
                    order.export, order.call, rows=order.rows, outcome=outcome
                )
            )
        finally:
            order.backing.export_turns.end(order.export.account)

    return EndedResponse(
        end,
        _lines(order, first, pages, is_whole),
        media_type=MEDIA_TYPES[Form.CSV],
        headers=headers_of(order.export.export_id, order.export.file_name)
        | {"Export-Total": str(order.export.total)},
    )


async def _lines(
    order: ExportOrder,
    first: list[Row],
    pages: AsyncGenerator[list[Row], None],
    is_whole: asyncio.Event,
) -> AsyncIterator[bytes]:
    writer = CsvWriter(order.export)
    writer.write(first)
    yield writer.taken()
    async for rows in pages:
        writer.write(rows)
        yield writer.taken()
    is_whole.set()


def file_answer(
    edge: Edge, found: dict[str, object], content: BinaryIO, ending: Ending
) -> EndedResponse:
    """Return the answer that gives out a file that is ready."""
    headers = headers_of(str(found["id"]), str(found["file_name"]))
    return EndedResponse(
        ending,
        _chunks(edge, content),
        media_type=MEDIA_TYPES[Form(str(found["form"]))],
        headers=headers
        | {"Content-Length": str(found["size"]), "Export-Total": str(found["done"])},
    )


def headers_of(export_id: str, file_name: str) -> dict[str, str]:
    return {
        "Export-Id": export_id,
        "Content-Disposition": f'attachment; filename="{file_name}"',
        "Cache-Control": "no-store",
    }


async def _chunks(edge: Edge, content: BinaryIO) -> AsyncIterator[bytes]:
    while chunk := await edge.run(lambda: content.read(_CHUNK)):
        yield chunk
