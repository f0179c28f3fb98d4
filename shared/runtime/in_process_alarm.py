"""The alarm clock of the in-process broker: wakes queues when something in them falls due."""

import threading
import time
from contextlib import AbstractContextManager
from heapq import heappop, heappush
from itertools import count
from typing import Protocol


class Sleeper(Protocol):
    def wake(self) -> None: ...


class AlarmClock:
    """One thread that sleeps until the next alarm, and ends when none is set: it never polls.

    `set` and `clear` are called with the broker's lock held.
    """

    def __init__(self, lock: threading.Lock, change: AbstractContextManager[object]) -> None:
        self._change = change
        self._earlier = threading.Condition(lock)
        self._alarms: list[tuple[float, int, Sleeper]] = []
        self._numbers = count()
        self._runs = False

    def set(self, moment: float, sleeper: Sleeper) -> None:
        heappush(self._alarms, (moment, next(self._numbers), sleeper))
        self._earlier.notify()

    def clear(self) -> None:
        self._alarms.clear()
        self._earlier.notify()

    def claim_start(self) -> bool:
        """Answer, once, that the thread is needed: starting it must wait until the lock is free."""
        is_needed = bool(self._alarms) and not self._runs
        self._runs = self._runs or is_needed
        return is_needed

    def start(self) -> None:
        threading.Thread(target=self._run, name="in-process-broker-alarms", daemon=True).start()

    def _run(self) -> None:
        while self._runs:
            with self._change:
                if not self._alarms:
                    self._runs = False
                elif (pause := self._alarms[0][0] - time.monotonic()) > 0:
                    self._earlier.wait(pause)
                else:
                    heappop(self._alarms)[2].wake()
