"""Working time as one running count: how much of it lies before an instant, and when so much has passed."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from functools import cached_property
from itertools import accumulate

from shared.kernel.clock import CHINA
from shared.kernel.deadlines.office_hours import OfficeHoursTable, Span
from shared.kernel.deadlines.work_calendar import (
    WorkCalendar,
    day_at,
    outside_calendar,
    place_of,
)

_TICK = timedelta(microseconds=1)


class WorkingTime:
    """The office hours of the working days of a calendar; times are counted in microseconds."""

    def __init__(self, calendar: WorkCalendar, hours: OfficeHoursTable) -> None:
        self._calendar = calendar
        self._hours = hours

    @cached_property
    def _before(self) -> list[int]:
        """Return how much working time lies before each working day, and at last before none."""
        lengths = (_length(self._hours.on(day_at(place))) for place in self._calendar.worked)
        return list(accumulate(lengths, initial=0))

    def passed(self, instant: datetime) -> int:
        """Return how much working time lies before an instant."""
        local = instant.astimezone(CHINA)
        day = local.date()
        passed = self._before[self._calendar.before[place_of(day)]]
        if not self._calendar.is_working(day):
            return passed
        now = _ticks(local.timetz())
        return passed + sum(
            min(max(now - _ticks(opens), 0), _ticks(closes) - _ticks(opens))
            for opens, closes in self._hours.on(day)
        )

    def between(self, earlier: datetime, later: datetime) -> int:
        return self.passed(later) - self.passed(earlier)

    def after(self, instant: datetime, ticks: int) -> datetime:
        """Return the first instant by which so much more working time has passed."""
        wanted = self.passed(instant) + ticks
        number = bisect_left(self._before, wanted) - 1
        left = wanted - self._at(number)
        for opens, closes in self._spans(number):
            if left <= _ticks(closes) - _ticks(opens):
                return self._instant(number, _ticks(opens) + left)
            left -= _ticks(closes) - _ticks(opens)
        raise outside_calendar()

    def before(self, instant: datetime, ticks: int) -> datetime:
        """Return the last instant after which so much working time still comes until *instant*."""
        wanted = self.passed(instant) - ticks
        number = bisect_right(self._before, wanted) - 1
        left = wanted - self._at(number)
        for opens, closes in self._spans(number):
            if left < _ticks(closes) - _ticks(opens):
                return self._instant(number, _ticks(opens) + left)
            left -= _ticks(closes) - _ticks(opens)
        raise outside_calendar()

    def _at(self, number: int) -> int:
        if not 0 <= number < len(self._calendar.worked):
            raise outside_calendar()
        return self._before[number]

    def _spans(self, number: int) -> Sequence[Span]:
        return self._hours.on(day_at(self._calendar.worked[number]))

    def _instant(self, number: int, ticks: int) -> datetime:
        midnight = datetime.combine(day_at(self._calendar.worked[number]), time(), CHINA)
        return midnight + ticks * _TICK


def _length(spans: Sequence[Span]) -> int:
    return sum(_ticks(closes) - _ticks(opens) for opens, closes in spans)


def _ticks(moment: time) -> int:
    seconds = (moment.hour * 60 + moment.minute) * 60 + moment.second
    return seconds * 1_000_000 + moment.microsecond
