"""A calendar was set: the open limits that depend on it are counted anew, and told of (rules DL-06)."""

from collections.abc import Callable
from dataclasses import dataclass

from services.patrol.domain.clocks import recounted
from services.patrol.ports.clocks import ClockStore, HeldClocks
from services.patrol.ports.writing import Outbox, Transaction
from shared.contracts.incident_clocks import IncidentClock, IncidentClocksRecounted
from shared.kernel.clock import Clock
from shared.kernel.deadlines.deadline_clock import DeadlineClock


@dataclass(frozen=True, slots=True)
class RecountClocks:
    store: ClockStore
    outbox: Outbox
    transaction: Transaction
    counting: Callable[[], DeadlineClock]
    clock: Clock

    def __call__(self, after: str = "", *, at_most: int) -> str | None:
        """Count some incidents' clocks anew, by their ids after *after*; return the last id, None at the end."""
        now = self.clock()
        with self.transaction.begin():
            counting = self.counting()
            calendar = counting.reckoner.calendar
            stale = [
                versions
                for versions in self.store.calendar_versions()
                if any(
                    (calendar.version_of(year) or 0) != version
                    for year, version in _pairs(versions)
                )
            ]
            held = self.store.counted_with(stale, after, at_most=at_most) if stale else []
            for each in held:
                changed = _changed(each, counting)
                self.store.keep(each.incident_id, changed)
                if changed:
                    told = each.told(IncidentClocksRecounted, changed, at=now)
                    self.outbox.put(told, occurred_at=now)
        return held[-1].incident_id if held else None


def _changed(held: HeldClocks, counting: DeadlineClock) -> list[IncidentClock]:
    anew = [(clock, recounted(clock, counting)) for clock in held.clocks if clock.runs]
    return [counted for before, counted in anew if counted != before]


def _pairs(versions: str) -> list[tuple[int, int]]:
    """Return years and their versions as `WorkCalendar.versions` writes them."""
    pairs = (pair.split(":") for pair in versions.split(",") if pair)
    return [(int(year), int(version)) for year, version in pairs]
