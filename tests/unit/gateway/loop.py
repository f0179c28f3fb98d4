"""Runs a coroutine in a test, whether or not the test process is green."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any, TypeVar

from shared.runtime.green import is_green

Answer = TypeVar("Answer")


def run(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Return what *work* returns; in a green process it runs on the loop of eventlet's hub."""
    return start(work)()


def start(work: Coroutine[Any, Any, Answer]) -> Callable[[], Answer]:
    """Begin *work*; what is returned waits for its end and returns what it returns."""
    if is_green():
        from eventlet.asyncio import spawn_for_awaitable

        wait: Callable[[], Answer] = spawn_for_awaitable(work).wait
        return wait
    return asyncio.run_coroutine_threadsafe(work, _loop()).result


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """Return this process's loop: one for all tests, as what they share may live on it."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="loop", daemon=True).start()
    return loop
