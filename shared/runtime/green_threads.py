"""What only a process on green threads does; imported where `is_green` says so, and nowhere else."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import eventlet
from eventlet import tpool

Answer = TypeVar("Answer")


def spawn(work: Callable[[], object]) -> None:
    """Start *work* in a green thread and return at once."""
    eventlet.spawn(work)


def natively(work: Callable[[], Answer]) -> Answer:
    """Return what *work* returns in a native thread, while the other green threads go on."""
    return tpool.execute(work)  # type: ignore[no-any-return]


def natively_to_the_end(work: Callable[[], object]) -> None:
    """Run *work* in a native thread; even a green thread that is killed stays until it is done."""
    running = eventlet.spawn(tpool.execute, work)
    try:
        running.wait()
    finally:
        while not running.dead:
            with suppress(BaseException):
                running.wait()


async def in_green_thread(work: Callable[[], Answer]) -> Answer:
    """Wait on a future of this loop for a green thread of the same loop."""
    done: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def run() -> None:
        try:
            answer = work()
        except Exception as error:
            if not done.done():
                done.set_exception(error)
        else:
            if not done.done():
                done.set_result(answer)

    eventlet.spawn(run)
    return await done
