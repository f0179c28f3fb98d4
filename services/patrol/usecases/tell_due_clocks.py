"""Limits that are about to pass, or have passed, are told to the others, each once."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.patrol.ports.clocks import ClockStore, HeldClocks
from services.patrol.ports.writing import Outbox, Transaction
from shared.contracts.incident_clocks import (
    IncidentClock,
    IncidentClockNearedDue,
    IncidentClockRanOut,
    IncidentClocksMoved,
)
from shared.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class TellDueClocks:
    store: ClockStore
    outbox: Outbox
    transaction: Transaction
    clock: Clock

    def __call__(self, *, at_most: int) -> int:
        """Tell of some clocks, and that it was told; return of how many incidents.

        One that somebody changes at this moment is left for the next time, so that of several copies of the
        service one tells of it.
        """
        now = self.clock()
        with self.transaction.begin():
            held = self.store.due(now, at_most=at_most)
            for each in held:
                ran_out = [_told_late(clock) for clock in each.clocks if _has_run_out(clock, now)]
                neared = [_told_near(clock) for clock in each.clocks if _nears(clock, now)]
                self.store.keep(each.incident_id, [*ran_out, *neared])
                self._tell(IncidentClockRanOut, each, ran_out, now)
                self._tell(IncidentClockNearedDue, each, neared, now)
        return len(held)

    def _tell(
        self,
        contract: type[IncidentClocksMoved],
        held: HeldClocks,
        clocks: list[IncidentClock],
        now: datetime,
    ) -> None:
        if clocks:
            self.outbox.put(held.told(contract, clocks, at=now), occurred_at=now)


def _has_run_out(clock: IncidentClock, now: datetime) -> bool:
    return clock.runs and not clock.overdue_told and clock.deadline.is_overdue(now)


def _nears(clock: IncidentClock, now: datetime) -> bool:
    return (
        clock.runs
        and not clock.near_due_told
        and clock.warn_at is not None
        and clock.warn_at <= now
        and not clock.deadline.is_overdue(now)
    )


def _told_late(clock: IncidentClock) -> IncidentClock:
    return replace(clock, near_due_told=True, overdue_told=True)


def _told_near(clock: IncidentClock) -> IncidentClock:
    return replace(clock, near_due_told=True)
