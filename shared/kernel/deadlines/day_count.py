"""Counting in days: the day of the event is day 0, days on which the clock stands do not count (DL-01, DL-04)."""

import calendar as gregorian
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from shared.kernel.deadlines.stop import Stop, day_spans
from shared.kernel.deadlines.unit import Unit
from shared.kernel.deadlines.work_calendar import DAY, LAST_DAY, WorkCalendar, outside_calendar

DaySpan = tuple[date, date | None]


class DayLine(Protocol):
    """Days of one kind, one after the other."""

    def between(self, earlier: date, later: date) -> int:
        """Return how many lie between two days, neither counted."""
        ...

    def after(self, day: date, number: int) -> date: ...

    def before(self, day: date, number: int) -> date: ...


class CalendarDays:
    """Every day."""

    def between(self, earlier: date, later: date) -> int:
        return (later - earlier).days - 1

    def after(self, day: date, number: int) -> date:
        if number > (LAST_DAY - day).days:
            raise outside_calendar()
        return day + number * DAY

    def before(self, day: date, number: int) -> date:
        return day - number * DAY


class WorkingDays:
    """The working days of a calendar."""

    def __init__(self, calendar: WorkCalendar) -> None:
        self._calendar = calendar
        self.after = calendar.nth_after
        self.before = calendar.nth_before

    def between(self, earlier: date, later: date) -> int:
        if later - earlier <= DAY:
            return 0
        return self._calendar.working_days(earlier + DAY, later - DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The last day of a count, None while the clock stands, and the day 0 it was counted from."""

    day_zero: date
    last: date | None


def count_days(
    days: DayLine, start: date, number: int, unit: Unit, stops: tuple[Stop, ...]
) -> Counted:
    """Count so many days after *start*, or months and years of them."""
    spans = day_spans(stops)
    day_zero = _begun(start, spans)
    if day_zero is None:
        return Counted(day_zero=start, last=None)
    left = _in_days(day_zero, number, unit)
    reached = day_zero
    for begins, ends in spans:
        if begins <= day_zero:
            continue
        ran = days.between(reached, begins)
        if ran >= left:
            break
        if ends is None:
            return Counted(day_zero=day_zero, last=None)
        left -= ran
        reached = ends - DAY
    return Counted(day_zero=day_zero, last=days.after(reached, left))


def _begun(start: date, spans: list[DaySpan]) -> date | None:
    """Return day 0: the start, or the day on which a clock that stood then runs again."""
    for begins, ends in spans:
        if begins <= start and (ends is None or ends > start):
            return ends
    return start


def _in_days(start: date, number: int, unit: Unit) -> int:
    if unit is Unit.MONTH:
        return (months_after(start, number) - start).days
    if unit is Unit.YEAR:
        return (months_after(start, 12 * number) - start).days
    return number


def count_days_back(days: DayLine, start: date, number: int, unit: Unit) -> date:
    """Count so many days before *start*."""
    if unit is Unit.MONTH:
        return months_after(start, -number)
    if unit is Unit.YEAR:
        return months_after(start, -12 * number)
    return days.before(start, number)


def months_after(day: date, months: int) -> date:
    """Return the same day of a later or earlier month, or its last where it has none (民法典第二百零二条)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= LAST_DAY.year:
        raise outside_calendar()
    last = gregorian.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
