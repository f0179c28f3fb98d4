"""What counting a limit gives: its last day and instant, and what a clerk needs to count it again."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from shared.kernel.clock import CHINA
from shared.kernel.deadlines.limit import Limit
from shared.kernel.deadlines.stop import Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When a limit ends: its last day, and the instant until which an act is in time.

    24:00 of the last day is 00:00 of the next.
    """

    on: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """A limit counted from a start.

    `day_zero` is the day that does not count: that of the event, or that on which a clock stopped
    from the start ran again. `ends_on` is the last day before any rolling. `due` is None while the
    clock stands. `is_provisional` tells that the calendar of a year it depends on is not published
    (rules CAL-02); `calendar_version` which versions it was counted with (DL-06).
    """

    limit: Limit
    start: datetime
    day_zero: date
    stops: tuple[Stop, ...]
    ends_on: date | None
    due: Due | None
    is_provisional: bool
    calendar_version: str

    @property
    def is_standing(self) -> bool:
        return self.due is None


def midnight_after(day: date) -> datetime:
    """Return 24:00 of a day."""
    return datetime.combine(day + timedelta(days=1), time(), CHINA)


def midnight_of(day: date) -> datetime:
    """Return 00:00 of a day."""
    return datetime.combine(day, time(), CHINA)


def last_day_of(due_at: datetime) -> date:
    """Return the day that ends with an instant: 00:00 is still the day before."""
    return (due_at.astimezone(CHINA) - timedelta(microseconds=1)).date()
