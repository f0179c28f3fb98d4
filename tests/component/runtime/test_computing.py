"""Long computing leaves the loop alone."""

import threading
from collections.abc import Callable
from typing import Any

import eventlet
import pytest
from eventlet import patcher

from shared.kernel.errors import Unavailable
from shared.runtime.computing import MOST_AT_ONCE, Computing

native_thread: Callable[[], int] = patcher.original("threading").get_native_id


def test_it_runs_beside_the_green_threads() -> None:
    assert patcher.is_monkey_patched("thread")
    assert Computing()(native_thread) != native_thread()


def test_green_threads_go_on_meanwhile() -> None:
    turns: list[int] = []
    sleep = patcher.original("time").sleep

    def tick() -> None:
        for turn in range(20):
            turns.append(turn)
            eventlet.sleep(0.005)

    ticking = eventlet.spawn(tick)
    Computing()(lambda: sleep(0.4))
    assert len(turns) == 20
    ticking.wait()


def test_what_it_raises_arrives() -> None:
    with pytest.raises(ZeroDivisionError):
        Computing()(lambda: 1 / 0)


def test_no_more_than_a_few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.runtime.computing.PATIENCE_S", 0.05)
    computing, may_end = Computing(), patcher.original("threading").Event()
    busy: list[Any] = [eventlet.spawn(computing, may_end.wait) for _ in range(MOST_AT_ONCE)]
    eventlet.sleep(0.05)

    with pytest.raises(Unavailable):
        computing(lambda: None)

    may_end.set()
    for each in busy:
        each.wait()
    computing(lambda: None)


def test_its_turns_are_green() -> None:
    # A native semaphore would stop the loop with whoever waits for it.
    assert threading.BoundedSemaphore is not patcher.original("threading").BoundedSemaphore
