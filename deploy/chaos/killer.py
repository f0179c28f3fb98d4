"""Carries the strikes out: kill -9, and for a server that shall stay away, held down until its time."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from deploy.chaos.strikes import Kill, Strike
from deploy.production.supervisor import Supervisor

LOOK_EVERY_S = 0.05
# Who has not been acknowledged anything by then is struck again all the same.
LONGEST_PAUSE_S = 45.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """A kill that was carried out, so many seconds after the first client began."""

    at_s: float
    program: str
    away_s: float


class Killer:
    """Strikes in its own thread until told to stop; then it lets everything come back."""

    def __init__(
        self,
        supervisor: Supervisor,
        strikes: Iterator[Strike],
        acknowledged: Callable[[], int],
        seed: int,
    ) -> None:
        self.killed: list[Killed] = []
        self.error: Exception | None = None
        self._supervisor = supervisor
        self._strikes = strikes
        self._acknowledged = acknowledged
        self._dice = random.Random(seed)  # noqa: S311 – repeatable on purpose
        self._back_at: dict[str, float] = {}
        self._stopping = threading.Event()
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="killer", daemon=True)

    def start(self) -> None:
        self._began = time.monotonic()
        self._thread.start()

    def stop(self) -> None:
        """Strike no more, and start what was held down."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def kill(self, kill: Kill) -> bool:
        """Kill one process of a program now; answer False when there is none."""
        pid = self._pid(kill.program)
        if pid is None:
            return False
        os.kill(pid, signal.SIGKILL)
        if kill.away_s:
            # The supervisor starts it again at once, so it has to be told as well.
            self._supervisor.stop_programs([kill.program])
            self._back_at[kill.program] = time.monotonic() + kill.away_s
        at_s = time.monotonic() - self._began
        self.killed.append(Killed(at_s=at_s, program=kill.program, away_s=kill.away_s))
        return True

    def let_back(self, *, everybody: bool = False) -> None:
        """Start the programs whose time away is over."""
        now = time.monotonic()
        for program in [each for each, at in self._back_at.items() if everybody or at <= now]:
            self._supervisor.start_program(program)
            del self._back_at[program]

    def _run(self) -> None:
        try:
            for strike in self._strikes:
                self._wait(strike)
                if self._stopping.is_set():
                    break
                for kill in strike.kills:
                    self.kill(kill)
        except Exception as error:
            self.error = error
        finally:
            self.let_back(everybody=True)

    def _wait(self, strike: Strike) -> None:
        now = time.monotonic()
        enough = self._acknowledged() + strike.after_acknowledged
        while not self._stopping.wait(LOOK_EVERY_S):
            self.let_back()
            waited_s = time.monotonic() - now
            is_due = waited_s >= strike.after_s and self._acknowledged() >= enough
            if is_due or waited_s >= LONGEST_PAUSE_S:
                return

    def _pid(self, program: str) -> int | None:
        pids = sorted(
            info["pid"]
            for info in self._supervisor.programs()
            if info["group"] == program and info["pid"]
        )
        return self._dice.choice(pids) if pids else None
