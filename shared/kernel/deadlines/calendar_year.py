"""The calendar of one year as the State Council publishes it: days off, and days worked instead."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from shared.kernel.errors import FieldError, Invalid

SATURDAY = 5
FIRST_YEAR, LAST_YEAR = 2004, 2100
# A notice also says what becomes of a few days beside its year: 2007-12-29 was worked for 2008.
EDGE = timedelta(days=15)
MOST_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOff:
    """A day off (放假、公休), and what for."""

    date: date
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarYear:
    """One version of a year's calendar; what it does not name is as its weekday is.

    `makeup_days` are the Saturdays and Sundays worked in exchange (调休上班). Version 1 is the one
    the platform comes with, later ones are an administrator's.
    """

    year: int
    version: int
    source: str
    days_off: tuple[DayOff, ...]
    makeup_days: tuple[date, ...]

    @property
    def named(self) -> Iterator[date]:
        """Return every day it says something of."""
        yield from (off.date for off in self.days_off)
        yield from self.makeup_days

    def says_the_same_as(self, other: "CalendarYear") -> bool:
        """Tell whether both hold the same days, under whatever version and source."""
        return {off.date: off.name for off in self.days_off} == {
            off.date: off.name for off in other.days_off
        } and set(self.makeup_days) == set(other.makeup_days)


def checked_year(year: CalendarYear) -> CalendarYear:
    """Return the year, its days in order.

    Raises:
        Invalid: it holds no days off, a day of another year that is not at its edge, a make-up day
            that is no Saturday or Sunday, a day twice, or is of a year outside 2004 to 2100.
    """
    wrong = tuple(_findings(year))
    if wrong:
        raise Invalid(
            code="calendar_wrong",
            zh="节假日安排有误，详见 errors。",
            en="The calendar is not right; see errors.",
            errors=wrong,
        )
    return CalendarYear(
        year=year.year,
        version=year.version,
        source=year.source,
        days_off=tuple(sorted(year.days_off, key=lambda off: off.date)),
        makeup_days=tuple(sorted(year.makeup_days)),
    )


def _findings(year: CalendarYear) -> Iterator[FieldError]:
    if not FIRST_YEAR <= year.year <= LAST_YEAR:
        zh, en = f"应在 {FIRST_YEAR} 至 {LAST_YEAR} 年之间", "has to be from 2004 to 2100"
        yield FieldError(field="year", code="out_of_range", zh=zh, en=en)
        return
    if not year.days_off:
        zh, en = "至少须有一个放假日", "name at least one day off"
        yield FieldError(field="days_off", code="needed", zh=zh, en=en)
    yield from _misplaced(year)
    yield from _repeated(_by_field(year))
    for number, day in enumerate(year.makeup_days):
        if day.weekday() < SATURDAY:
            zh, en = "调休上班日应为星期六或星期日", "a make-up day is a Saturday or Sunday"
            yield FieldError(field=f"makeup_days.{number}", code="no_weekend", zh=zh, en=en)


def _misplaced(year: CalendarYear) -> Iterator[FieldError]:
    first, last = date(year.year, 1, 1) - EDGE, date(year.year, 12, 31) + EDGE
    for field, day in _by_field(year):
        if not first <= day <= last:
            zh = f"应在 {year.year} 年之内，或在其前后 {EDGE.days} 日之内"
            en = f"has to lie in {year.year}, or within {EDGE.days} days of it"
            yield FieldError(field=field, code="another_year", zh=zh, en=en)


def _by_field(year: CalendarYear) -> list[tuple[str, date]]:
    off = [(f"days_off.{number}.date", day.date) for number, day in enumerate(year.days_off)]
    return off + [(f"makeup_days.{number}", day) for number, day in enumerate(year.makeup_days)]


def _repeated(by_field: Iterable[tuple[str, date]]) -> Iterator[FieldError]:
    seen: set[date] = set()
    for field, day in by_field:
        if day in seen:
            zh, en = f"{day} 出现了不止一次", f"{day} is there more than once"
            yield FieldError(field=field, code="repeated", zh=zh, en=en)
        seen.add(day)
