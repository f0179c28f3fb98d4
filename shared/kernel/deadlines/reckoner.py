"""Counts a limit from its start (rules DL-01 to DL-04), with the calendar and the office hours in force."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import cached_property

from shared.kernel.clock import CHINA
from shared.kernel.deadlines.day_count import (
    CalendarDays,
    Counted,
    DayLine,
    WorkingDays,
    count_days,
    count_days_back,
)
from shared.kernel.deadlines.limit import Direction, Ends, Limit
from shared.kernel.deadlines.office_hours import OfficeHoursTable
from shared.kernel.deadlines.reckoning import Due, Reckoning, last_day_of, midnight_after
from shared.kernel.deadlines.stop import Stop, day_spans
from shared.kernel.deadlines.time_count import ClockTime, TimeLine, count_time
from shared.kernel.deadlines.unit import Unit
from shared.kernel.deadlines.work_calendar import WorkCalendar, outside_calendar, place_of
from shared.kernel.deadlines.working_time import WorkingTime

_TICKS = {Unit.MINUTE: 60_000_000, Unit.HOUR: 3_600_000_000, Unit.WORKING_HOUR: 3_600_000_000}
_CLOCK_TIME = ClockTime()
_CALENDAR_DAYS = CalendarDays()


class Reckoner:
    """Counts limits; made once for a calendar and a table of office hours, and kept."""

    def __init__(self, calendar: WorkCalendar, hours: OfficeHoursTable | None = None) -> None:
        self.calendar = calendar
        self.hours = hours or OfficeHoursTable()
        self._working_days = WorkingDays(calendar)

    @cached_property
    def working_time(self) -> WorkingTime:
        return WorkingTime(self.calendar, self.hours)

    def reckon(self, limit: Limit, start: datetime, stops: Iterable[Stop] = ()) -> Reckoning:
        """Count a limit from the instant of its event.

        Raises:
            Invalid: the start or the end lies outside 2004 to 2100, or the limit is of nothing.
        """
        limit = limit.checked()
        start = start.astimezone(CHINA)
        place_of(start.date())
        in_order = tuple(stops)
        try:
            if limit.unit.is_of_days:
                return self._in_days(limit, start, in_order)
            return self._in_time(limit, start, in_order)
        except OverflowError:
            raise outside_calendar() from None

    def days(self, unit: Unit) -> DayLine:
        """Return the days a unit counts; months and years are made of calendar days."""
        return self._working_days if unit is Unit.WORKING_DAY else _CALENDAR_DAYS

    def time(self, unit: Unit) -> TimeLine:
        """Return the time a unit of hours counts."""
        return self.working_time if unit is Unit.WORKING_HOUR else _CLOCK_TIME

    def rolled(self, day: date, direction: Direction) -> date:
        """Return where a limit that ends on *day* goes when it rolls."""
        if direction is Direction.BACKWARD:
            return self.calendar.working_on_or_before(day)
        return self.calendar.working_on_or_after(day)

    def _in_days(self, limit: Limit, start: datetime, stops: tuple[Stop, ...]) -> Reckoning:
        day, line = start.date(), self.days(limit.unit)
        if limit.direction is Direction.BACKWARD:
            last = count_days_back(line, day, limit.whole, limit.unit)
            counted = Counted(day_zero=day, last=last)
        else:
            counted = count_days(line, day, limit.whole, limit.unit, stops)
        if counted.last is None:
            return self._standing(limit, start, counted.day_zero, stops)
        place_of(counted.last)
        on = self._last_day(limit, counted.last, stops)
        if on is None:
            return self._standing(limit, start, counted.day_zero, stops)
        return Reckoning(
            limit=limit,
            start=start,
            day_zero=counted.day_zero,
            stops=stops,
            ends_on=counted.last,
            due=Due(on=on, at=self._end_of(on, limit.ends)),
            is_provisional=self._depends_on_unpublished(limit, day, counted.last, on),
            calendar_version=self.calendar.versions(min(day, on), max(day, on)),
        )

    def _last_day(self, limit: Limit, last: date, stops: tuple[Stop, ...]) -> date | None:
        """Return the day a limit ends on once it has rolled; None when the clock stands on the way there."""
        if not limit.can_roll:
            return last
        on = self.rolled(last, limit.direction)
        for begins, ends in day_spans(stops) if on != last else ():
            # Of its last day nothing is left but the day it rolls to.
            if last < begins <= on:
                if ends is None:
                    return None
                on = self.rolled(ends, limit.direction)
        return on

    def _end_of(self, day: date, ends: Ends) -> datetime:
        """Return 24:00, or the close of business on a day that has one."""
        if ends is Ends.CLOSE_OF_BUSINESS and self.calendar.is_working(day):
            return datetime.combine(day, self.hours.on(day)[-1][1], CHINA)
        return midnight_after(day)

    def _depends_on_unpublished(self, limit: Limit, start: date, last: date, on: date) -> bool:
        """Tell whether another calendar of a year could make the end another."""
        if limit.unit is Unit.WORKING_DAY:
            return not self.calendar.is_published(min(start, on), max(start, on))
        is_looked_up = limit.can_roll or limit.ends is Ends.CLOSE_OF_BUSINESS
        return is_looked_up and not self.calendar.is_published(min(last, on), max(last, on))

    def _in_time(self, limit: Limit, start: datetime, stops: tuple[Stop, ...]) -> Reckoning:
        line, ticks = self.time(limit.unit), limit.whole * _TICKS[limit.unit]
        at: datetime | None
        if limit.direction is Direction.BACKWARD:
            at = line.before(start, ticks)
        else:
            at = count_time(line, start, ticks, stops)
        day = start.date()
        if at is None:
            return self._standing(limit, start, day, stops)
        at = at.astimezone(CHINA)
        on = last_day_of(at)
        first, last = min(day, on), max(day, on)
        place_of(first)
        place_of(last)
        is_published = limit.unit is not Unit.WORKING_HOUR or self.calendar.is_published(
            first, last
        )
        return Reckoning(
            limit=limit,
            start=start,
            day_zero=day,
            stops=stops,
            ends_on=on,
            due=Due(on=on, at=at),
            is_provisional=not is_published,
            calendar_version=self.calendar.versions(first, last),
        )

    def _standing(
        self, limit: Limit, start: datetime, day_zero: date, stops: tuple[Stop, ...]
    ) -> Reckoning:
        """Return the reckoning of a clock that stands: nobody knows its end."""
        return Reckoning(
            limit=limit,
            start=start,
            day_zero=day_zero,
            stops=stops,
            ends_on=None,
            due=None,
            is_provisional=False,
            calendar_version=self.calendar.versions(start.date(), start.date()),
        )
