"""The slow way to count: one day, one minute after the other, by a list of days that are worked."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import chinese_calendar

from shared.kernel.clock import CHINA
from shared.kernel.deadlines.stop import Stop

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
SPANS = ((time(8, 30), time(12, 0)), (time(14, 30), time(17, 30)))


def is_worked(day: date) -> bool:
    # The notice for 2006 (国办发明电〔2005〕35号) has this Saturday worked.
    return day == date(2005, 12, 31) or chinese_calendar.is_workday(day)


def stands_at_the_end_of(day: date, stops: Sequence[Stop]) -> bool:
    """Tell whether a clock stands at 24:00 of a day."""
    midnight = datetime.combine(day + DAY, time(), CHINA)
    return any(
        stop.begins < midnight and (stop.ends is None or stop.ends >= midnight) for stop in stops
    )


def last_day(start: date, number: int, stops: Sequence[Stop], *, working: bool) -> date:
    """Count days after day 0; a day on which the clock stands at its end does not count."""
    day = start
    while stands_at_the_end_of(day, stops):
        day += DAY
    left = number
    while left:
        day += DAY
        if not stands_at_the_end_of(day, stops) and (not working or is_worked(day)):
            left -= 1
    return day


def first_day_back(start: date, number: int, *, working: bool) -> date:
    day, left = start, number
    while left:
        day -= DAY
        left -= not working or is_worked(day)
    return day


def rolled(day: date) -> date:
    while not is_worked(day):
        day += DAY
    return day


def counts_at(moment: datetime) -> bool:
    """Tell whether the minute that begins at a moment lies in office hours."""
    return is_worked(moment.date()) and any(
        opens <= moment.time() < closes for opens, closes in SPANS
    )


def after_minutes(
    start: datetime, number: int, stops: Sequence[Stop], *, working: bool
) -> datetime:
    """Count minutes, those in which the clock stands not among them."""
    moment, left = start, number
    while left:
        stands = any(
            stop.begins <= moment and (stop.ends is None or moment < stop.ends) for stop in stops
        )
        if not stands and (not working or counts_at(moment)):
            left -= 1
        moment += MINUTE
    return moment


def before_minutes(start: datetime, number: int, *, working: bool) -> datetime:
    moment, left = start, number
    while left:
        moment -= MINUTE
        left -= not working or counts_at(moment)
    return moment
