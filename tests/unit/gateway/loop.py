"""Runs a coroutine in a test, whether or not the test process is green."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from eventlet import patcher

Answer = TypeVar("Answer")


def run(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Return what *work* returns; in a green process it runs on the loop of eventlet's hub."""
    if not patcher.is_monkey_patched("thread"):
        return asyncio.run(work)
    from eventlet.asyncio import spawn_for_awaitable

    answer: Answer = spawn_for_awaitable(work).wait()
    return answer
