"""Which days are worked from 2004 to 2100, answered from tables: no question takes a walk over days."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import accumulate

from shared.kernel.deadlines.calendar_year import (
    FIRST_YEAR,
    LAST_YEAR,
    SATURDAY,
    CalendarYear,
    DayOff,
)
from shared.kernel.deadlines.statutory_days import statutory_days
from shared.kernel.errors import FieldError, Invalid

FIRST_DAY, LAST_DAY = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)
_FIRST = FIRST_DAY.toordinal()
_DAYS = LAST_DAY.toordinal() - _FIRST + 1
_WEEKDAYS = bytes(
    (FIRST_DAY + timedelta(days=n)).weekday() < SATURDAY for n in range(_DAYS)
)  # one byte a day
DAY = timedelta(days=1)
THIRTEEN_SINCE = 2025


class WorkCalendar:
    """The working days of all years.

    A year that is not published is Monday to Friday without the statutory days, and what is counted
    in it provisional (rules CAL-02). Of several versions of a year the highest counts. What a year says of a neighbour's days at the
    edge counts where that neighbour says nothing of them.
    """

    def __init__(self, years: Iterable[CalendarYear]) -> None:
        self._years: dict[int, CalendarYear] = {}
        for year in sorted(years, key=lambda each: each.version):
            self._years[year.year] = year
        self._off: dict[date, str] = {}
        self._makeup: set[date] = set()
        self._edges: dict[int, list[date]] = {}
        self._lay_down()
        works = bytearray(_WEEKDAYS)
        for day in self._off:
            works[day.toordinal() - _FIRST] = 0
        for day in self._makeup:
            works[day.toordinal() - _FIRST] = 1
        self._works = bytes(works)
        # How many days before each are worked; and the places of those that are, in order.
        self.before = list(accumulate(self._works, initial=0))
        self.worked = [place for place, is_worked in enumerate(self._works) if is_worked]

    def _lay_down(self) -> None:
        """Put edges down first, then each year's own word over them."""
        for year in self._years.values():
            self._say(year, own=False)
        for number in range(FIRST_YEAR, LAST_YEAR + 1):
            year_said = self._years.get(number)
            if year_said is not None:
                self._say(year_said, own=True)
            else:
                self._suppose(statutory_days(number))

    def _say(self, year: CalendarYear, *, own: bool) -> None:
        for day in year.named:
            if (day.year == year.year) is not own or not FIRST_DAY <= day <= LAST_DAY:
                continue
            self._off.pop(day, None)
            self._makeup.discard(day)
            if not own:
                self._edges.setdefault(year.year, []).append(day)
        for off in year.days_off:
            if (off.date.year == year.year) is own and FIRST_DAY <= off.date <= LAST_DAY:
                self._off[off.date] = off.name
        self._makeup.update(
            day
            for day in year.makeup_days
            if (day.year == year.year) is own and FIRST_DAY <= day <= LAST_DAY
        )

    def _suppose(self, days: Iterable[DayOff]) -> None:
        for off in days:
            if off.date not in self._makeup:
                self._off.setdefault(off.date, off.name)

    def is_working(self, day: date) -> bool:
        return bool(self._works[place_of(day)])

    def name_of(self, day: date) -> str | None:
        """Return what for a day is off, as its notice names it; None for any other."""
        return self._off.get(day)

    def is_makeup(self, day: date) -> bool:
        """Tell whether it is a Saturday or Sunday that is worked."""
        return day in self._makeup

    def working_days(self, first: date, last: date) -> int:
        """Return how many days are worked from *first* to *last*, both counted."""
        return self.before[place_of(last) + 1] - self.before[place_of(first)]

    def nth_after(self, day: date, number: int) -> date:
        """Return the *number*-th working day after a day, from 1."""
        return self._worked_at(self.before[place_of(day) + 1] + number - 1)

    def nth_before(self, day: date, number: int) -> date:
        """Return the *number*-th working day before a day, from 1."""
        return self._worked_at(self.before[place_of(day)] - number)

    def working_on_or_after(self, day: date) -> date:
        return self._worked_at(self.before[place_of(day)])

    def working_on_or_before(self, day: date) -> date:
        return self._worked_at(self.before[place_of(day) + 1] - 1)

    def _worked_at(self, number: int) -> date:
        if not 0 <= number < len(self.worked):
            raise outside_calendar()
        return day_at(self.worked[number])

    def year(self, number: int) -> CalendarYear | None:
        """Return the version of a year that counts; None where none is published."""
        return self._years.get(number)

    def version_of(self, year: int) -> int | None:
        """Return the version of a year's calendar; None where none is published."""
        published = self._years.get(year)
        return None if published is None else published.version

    def is_published(self, first: date, last: date) -> bool:
        """Tell whether the calendars of all years from *first* to *last* are published."""
        return all(year in self._years for year in range(first.year, last.year + 1))

    def versions(self, first: date, last: date) -> str:
        """Return which versions say what is worked from *first* to *last*, as `2026:1,2027:0`.

        0 is a year that is not published. A year beside them is among them where its edge is.
        """
        return ",".join(
            f"{year}:{self.version_of(year) or 0}"
            for year in range(first.year - 1, last.year + 2)
            if first.year <= year <= last.year
            or any(first <= day <= last for day in self._edges.get(year, ()))
        )

    def days_off_between(self, first: date, last: date) -> Iterator[tuple[date, str]]:
        """Return the days off from *first* to *last* that a notice names, in order."""
        return iter(sorted(item for item in self._off.items() if first <= item[0] <= last))

    def makeup_days_between(self, first: date, last: date) -> list[date]:
        return sorted(day for day in self._makeup if first <= day <= last)

    def statutory_days_worked(self, year: int) -> list[DayOff]:
        """Return the statutory days of a year that its calendar has as working days, from 2025 on.

        Before the amendment of 2024 there were fewer.
        """
        if year < THIRTEEN_SINCE:
            return []
        return [off for off in statutory_days(year) if self.is_working(off.date)]


def place_of(day: date) -> int:
    """Return how many days a day lies after the first of the calendar.

    Raises:
        Invalid: it is outside 2004 to 2100.
    """
    place = day.toordinal() - _FIRST
    if not 0 <= place < _DAYS:
        raise outside_calendar()
    return place


def day_at(place: int) -> date:
    return date.fromordinal(place + _FIRST)


def outside_calendar() -> Invalid:
    return Invalid(
        code="outside_calendar",
        zh=f"日期须在 {FIRST_YEAR} 年至 {LAST_YEAR} 年之间，算出的期限也是。",
        en=f"Dates have to lie between {FIRST_YEAR} and {LAST_YEAR}, and so has the deadline.",
        errors=(
            FieldError(
                field="from",
                code="outside_calendar",
                zh=f"起算与届满须在 {FIRST_YEAR} 年至 {LAST_YEAR} 年之间",
                en=f"it and the deadline have to lie between {FIRST_YEAR} and {LAST_YEAR}",
            ),
        ),
    )
