"""Makes the file of an export beside the requests: its rows first, then a process that writes it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import structlog

from services.gateway.routes.backing import WritingProcess
from services.gateway.routes.export_order import ExportOrder
from shared.kernel.errors import Refusal, Unavailable

log = structlog.get_logger()
Made = TypeVar("Made")

BEAT_EVERY_S = 1.0
_LOOK_EVERY_S = 0.05
CANCELLED = "cancelled"


def make_file(order: ExportOrder) -> asyncio.Task[None]:
    """Begin to make the file; the task ends when it is there, or it is known why not."""
    task = asyncio.create_task(_make(order))
    order.backing.export_turns.make(order.export.export_id, task)
    return task


async def _make(order: ExportOrder) -> None:
    try:
        async with _beating(order, _this_task()):
            await _collect(order)
            await _write(order)
        await order.backing.edge.run(
            lambda: order.backing.exports.file_made(order.export, order.call, rows=order.rows)
        )
    except asyncio.CancelledError:
        # Thrown away by who asked for it, or the edge stops.
        await asyncio.shield(asyncio.ensure_future(_fail(order, CANCELLED)))
    except Exception as error:
        await _fail(order, await _why(order, error))
    finally:
        order.backing.export_turns.end(order.export.account)


async def _why(order: ExportOrder, error: Exception) -> str:
    """Return why there is no file: where another copy threw it away, that is all that went wrong."""
    if not await _beat(order):
        return CANCELLED
    if isinstance(error, Refusal):
        return error.code
    log.error("export_failed", export=order.export.export_id, exc_info=error)
    return "internal_fault"


async def _collect(order: ExportOrder) -> None:
    desk = order.backing.exports
    async for rows in order.pages():
        add = partial(desk.add_rows, order.export, rows)
        await _to_its_end(asyncio.ensure_future(order.backing.edge.run(add)))


async def _write(order: ExportOrder) -> None:
    """Wait for the process that writes the file, without a thread that waits.

    Raises:
        Unavailable: it died.
    """
    process = await _started(order)
    try:
        while (code := process.code()) is None:
            await asyncio.sleep(_LOOK_EVERY_S)
    finally:
        process.end()
    if code != 0:
        log.error("export_job_failed", exit_code=code, stderr=process.complaint())
        raise job_died()


async def _started(order: ExportOrder) -> WritingProcess:
    """Return the process that writes; one that starts in vain is ended."""
    start = partial(order.backing.exports.start_writing, order.export)
    starting = asyncio.ensure_future(order.backing.edge.run(start))
    try:
        return await _to_its_end(starting)
    except asyncio.CancelledError:
        if starting.exception() is None:
            starting.result().end()
        raise


async def _to_its_end(running: asyncio.Future[Made]) -> Made:
    """Return what a thread makes; when the export is cancelled meanwhile, not before it has ended.

    A thread cannot be called back: left alone it would write what has just been thrown away.
    """
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait((running,))
        raise


async def _fail(order: ExportOrder, reason: str) -> None:
    log.warning("export_not_made", export=order.export.export_id, reason=reason)
    try:
        await order.backing.edge.run(
            lambda: order.backing.exports.file_failed(
                order.export, order.call, rows=order.rows, reason=reason
            )
        )
    except Exception as error:
        # The database is away: the file falls silent, and is swept as one whose maker died.
        log.warning("export_failure_not_kept", reason=type(error).__name__)


@asynccontextmanager
async def _beating(order: ExportOrder, making: asyncio.Task[Any]) -> AsyncIterator[None]:
    """Say again and again how far it is; end *making* when nobody wants it any more."""

    async def beat() -> None:
        while await _beat(order):
            await asyncio.sleep(BEAT_EVERY_S)
        making.cancel()

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


async def _beat(order: ExportOrder) -> bool:
    """Tell whether the file is still wanted; while the database is away that is not known."""
    try:
        return await order.backing.edge.run(
            lambda: order.backing.exports.beat(order.export, order.rows)
        )
    except Exception as error:
        log.warning("export_beat_missed", reason=type(error).__name__)
        return True


def _this_task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("a file is made by a task of its own")
    return task


def job_died() -> Unavailable:
    return Unavailable(
        code="export_job_died",
        zh="生成导出文件的进程中途退出（可能内存或磁盘不足），请重新导出。",
        en="The process that writes exports died, perhaps for want of memory or disk; export again.",
    )
