"""The alarm clock of the in-process broker: wakes queues when something in them falls due."""

import threading
import time
from contextlib import AbstractContextManager
from math import inf
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
        # Few queues have something due at all, so the next is looked for and not kept sorted.
        self._alarms: dict[Sleeper, float] = {}
        self._sleeps_until = inf
        self._runs = False

    def __len__(self) -> int:
        return len(self._alarms)

    def set(self, sleeper: Sleeper, moment: float) -> None:
        """Set the one alarm of *sleeper*; an infinite moment takes it away."""
        if moment == inf:
            self._alarms.pop(sleeper, None)
            return
        self._alarms[sleeper] = moment
        if moment < self._sleeps_until:
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
                if self._alarms:
                    self._wait_or_ring()
                else:
                    self._runs = False

    def _wait_or_ring(self) -> None:
        sleeper = min(self._alarms, key=self._alarms.__getitem__)
        self._sleeps_until = self._alarms[sleeper]
        pause = self._sleeps_until - time.monotonic()
        if pause > 0:
            self._earlier.wait(pause)
        else:
            del self._alarms[sleeper]
            sleeper.wake()
