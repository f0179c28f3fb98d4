"""Other ways to find the last day of a limit: a library's own function, and walks over days and minutes."""

from datetime import date, datetime, time, timedelta

import chinese_calendar

_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)
_SPANS = ((time(8, 30), time(12, 0)), (time(14, 30), time(17, 30)))


def by_chinesecalendar(start: date, number: int) -> date:
    """Return the working day so many after *start* as the library finds it."""
    found: date = chinese_calendar.find_workday(number, start)
    # On a day off it takes the next working day for the one it begins with.
    if not chinese_calendar.is_workday(start):
        found = chinese_calendar.find_workday(number - 1, start)
    return found


def by_days(start: date, number: int) -> date:
    """Return the same by looking at one day after the other."""
    day = start
    while number:
        day += _DAY
        number -= chinese_calendar.is_workday(day)
    return day


def by_minutes(start: datetime, number: int) -> datetime:
    """Return the instant by which so many minutes of office hours have passed, one after the other."""
    moment = start
    while number:
        opens = any(begins <= moment.time() < ends for begins, ends in _SPANS)
        number -= opens and chinese_calendar.is_workday(moment.date())
        moment += _MINUTE
    return moment
