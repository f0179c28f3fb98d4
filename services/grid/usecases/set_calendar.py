"""An administrator sets the calendar of a year, from the notice of the State Council."""

from dataclasses import dataclass, replace

from services.grid.ports import CalendarStore, Outbox, Transaction
from shared.contracts.grid import CalendarOrder, CalendarSet
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.deadlines.calendar_year import CalendarYear, DayOff, checked_year
from shared.kernel.rights import Permission

# Version 1 is the one the platform comes with, or would come with.
FIRST_THAT_IS_SET = 2


@dataclass(frozen=True, slots=True)
class SetCalendar:
    store: CalendarStore
    outbox: Outbox
    transaction: Transaction
    clock: Clock

    def __call__(self, year: int, order: CalendarOrder, *, actor: Actor) -> CalendarYear:
        """Put a new version of the year in force and tell the others; the same days again change nothing.

        Raises:
            Forbidden: the actor does not administer the system.
            Invalid: a day is of another year, there twice, or a make-up day no Saturday or Sunday.
        """
        actor.need(Permission.CALENDAR_SET)
        asked = checked_year(_ordered(year, order))
        now = self.clock()
        with self.transaction.begin():
            known = self.store.newest(year)
            if known is not None and known.says_the_same_as(asked):
                return known
            version = FIRST_THAT_IS_SET
            if known is not None:
                version = max(known.version + 1, version)
            new = replace(asked, version=version)
            self.store.add(new, published_on=order.published_on, set_at=now, set_by=actor.account)
            self.outbox.put(
                CalendarSet(
                    calendar=f"calendar-{year}",
                    year=year,
                    version=version,
                    source=new.source,
                    published_on=order.published_on,
                    days_off=list(new.days_off),
                    makeup_days=list(new.makeup_days),
                    set_at=now,
                    set_by=actor.account,
                ),
                occurred_at=now,
            )
        return new


def _ordered(year: int, order: CalendarOrder) -> CalendarYear:
    return CalendarYear(
        year=year,
        version=0,
        source=order.source,
        days_off=tuple(DayOff(date=day.date, name=day.name.strip()) for day in order.days_off),
        makeup_days=tuple(order.makeup_days),
    )
