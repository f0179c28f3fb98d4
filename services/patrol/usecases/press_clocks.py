"""Where little time is left the platform urges, and where none is it escalates, each once for each limit."""

from dataclasses import dataclass
from datetime import datetime

from services.patrol.domain.pressing import Pressing, due_clocks, pressed
from services.patrol.ports.clocks import ClockStore
from services.patrol.ports.incidents import IncidentStore
from services.patrol.ports.writing import Outbox, Transaction
from services.patrol.usecases.keep_step import keep_step
from shared.kernel.actor import PLATFORM
from shared.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class PressClocks:
    store: IncidentStore
    clocks: ClockStore
    outbox: Outbox
    transaction: Transaction
    clock: Clock

    def __call__(self, pressing: Pressing, *, at_most: int) -> int:
        """Press some incidents, write it into their history and tell of it; return how many were looked at.

        One that somebody changes at this moment is left for the next time; the clock remembers that it was
        done, so that of several copies of the service, or of two rounds, one does it.
        """
        now = self.clock()
        with self.transaction.begin():
            held = self.clocks.to_press(pressing.step, now, at_most=at_most)
            return sum(self._press(incident_id, pressing, now) for incident_id in held)

    def _press(self, incident_id: str, pressing: Pressing, now: datetime) -> bool:
        before = self.store.find(incident_id)
        due = due_clocks(before, pressing, now) if before else ()
        if before is None or not due:
            return False
        after, is_moved = pressed(before, pressing, due, at=now)
        if is_moved:
            order = pressing.order(due)
            keep_step(self.store, self.outbox, pressing.step, before, after, order, by=PLATFORM)
        else:
            self.store.replace(after)
        return True
