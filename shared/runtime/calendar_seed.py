"""The calendars the platform comes with: those of the library `chinesecalendar`, 2004 to the last year it has."""

from collections import defaultdict
from datetime import date
from functools import cache
from importlib.metadata import version

from chinese_calendar import constants

from shared.kernel.deadlines.calendar_year import SATURDAY, CalendarYear, DayOff

# 国办发明电〔2005〕35号: 31 December 2005, a Saturday, was worked for 3 January 2006; the library lacks it.
_LACKING = {2006: (date(2005, 12, 31),)}
_ZH = {holiday.value: holiday.chinese for holiday in constants.Holiday}
FIRST_VERSION = 1


@cache
def seeded_years() -> tuple[CalendarYear, ...]:
    """Return version 1 of each year the library knows, its days as they are filed there."""
    off: dict[int, list[DayOff]] = defaultdict(list)
    makeup: dict[int, list[date]] = defaultdict(list)
    for day, name in sorted(constants.holidays.items()):
        off[day.year].append(DayOff(date=day, name=_ZH.get(name, name)))
    for day in sorted(constants.workdays):
        if day.weekday() >= SATURDAY:
            makeup[day.year].append(day)
    return tuple(
        CalendarYear(
            year=year,
            version=FIRST_VERSION,
            source=f"chinesecalendar {version('chinesecalendar')}",
            days_off=tuple(off[year]),
            makeup_days=(*_LACKING.get(year, ()), *makeup[year]),
        )
        for year in sorted(off)
    )
