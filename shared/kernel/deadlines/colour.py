"""The warning colour of a deadline: how much of it is left, in its own kind of time (rules DL-07)."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from shared.kernel.clock import CHINA
from shared.kernel.deadlines.deadline import Deadline
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.deadlines.limit import Limit
from shared.kernel.deadlines.reckoner import Reckoner
from shared.kernel.deadlines.reckoning import last_day_of
from shared.kernel.deadlines.stop import day_spans, time_spans
from shared.kernel.deadlines.unit import Unit

_DAY = timedelta(days=1)
_TICKS = {Unit.MINUTE: 60_000_000, Unit.HOUR: 3_600_000_000, Unit.WORKING_HOUR: 3_600_000_000}


class Colour(StrEnum):
    """More than half is left; half or less; a fifth, or one working day, or less; nothing."""

    GREEN = "green"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"


def colour_of(deadline: Deadline, clock: DeadlineClock, now: datetime) -> Colour:
    """Return the colour at a moment; a clock that stands keeps the one it was stopped with."""
    stopped = deadline.open_stop
    if stopped is not None:
        until_then = clock.resume(deadline, stopped.begins)
        return colour_of(until_then, clock, min(now, stopped.begins))
    due = deadline.due_current
    if due is None or now > due:
        return Colour.RED
    limit = clock.rule_of(deadline).limit(deadline.extended_by)
    left, whole = _left(deadline, limit, clock.reckoner, due, now)
    if 5 * left <= whole or (limit.unit.is_of_days and _is_last_day(clock.reckoner, now, due)):
        return Colour.ORANGE
    return Colour.YELLOW if 2 * left <= whole else Colour.GREEN


def turns_orange_at(deadline: Deadline, clock: DeadlineClock) -> datetime | None:
    """Return the minute from which on it is orange while nothing happens to it; None while it stands.

    The colours follow each other, so it is looked for by halves.
    """
    due = deadline.due_current
    if due is None:
        return None
    low, high = 0, int((due - deadline.started_at).total_seconds()) // 60
    while low < high:
        middle = (low + high) // 2
        colour = colour_of(deadline, clock, deadline.started_at + timedelta(minutes=middle))
        if colour in (Colour.ORANGE, Colour.RED):
            high = middle
        else:
            low = middle + 1
    return deadline.started_at + timedelta(minutes=low)


def _left(
    deadline: Deadline, limit: Limit, reckoner: Reckoner, due: datetime, now: datetime
) -> tuple[int, int]:
    """Return how much is left, and how much there was."""
    if limit.unit.is_of_days:
        return _days_left(deadline, limit, reckoner, last_day_of(due), now)
    line = reckoner.time(limit.unit)
    left = line.between(now, due)
    for begins, ends in time_spans(deadline.stops):
        if ends is not None and now < ends:
            left -= line.between(max(begins, now), ends)
    return left, limit.whole * _TICKS[limit.unit]


def _days_left(
    deadline: Deadline, limit: Limit, reckoner: Reckoner, last: date, now: datetime
) -> tuple[int, int]:
    """Count the days that are not over, today among them unless it is day 0."""
    line = reckoner.days(limit.unit)
    started = deadline.started_at.astimezone(CHINA).date()
    today = max(now.astimezone(CHINA).date(), started + _DAY)
    left = line.between(today - _DAY, last + _DAY)
    whole = line.between(started, last + _DAY)
    for begins, ends in day_spans(deadline.stops):
        if ends is not None:
            whole -= line.between(max(begins - _DAY, started), ends)
    return left, max(whole, 1)


def _is_last_day(reckoner: Reckoner, now: datetime, due: datetime) -> bool:
    """Tell whether no more than one working day is left, today among them."""
    today, last = now.astimezone(CHINA).date(), last_day_of(due)
    return today > last or reckoner.calendar.working_days(today, last) <= 1
