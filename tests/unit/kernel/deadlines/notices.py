"""A notice of the State Council as a test's administrator might hand it in; 2027's own is not known here."""

from datetime import date, timedelta

from shared.kernel.deadlines.calendar_year import CalendarYear, DayOff


def _days(first: date, number: int, name: str) -> tuple[DayOff, ...]:
    return tuple(DayOff(date=first + timedelta(days=n), name=name) for n in range(number))


NOTICE_OF_2027 = CalendarYear(
    year=2027,
    version=2,
    source="a test's notice",
    days_off=(
        *_days(date(2027, 1, 1), 3, "元旦"),
        *_days(date(2027, 2, 5), 8, "春节"),
        *_days(date(2027, 4, 3), 3, "清明节"),
        *_days(date(2027, 5, 1), 5, "劳动节"),
        *_days(date(2027, 6, 9), 1, "端午节"),
        *_days(date(2027, 9, 15), 1, "中秋节"),
        *_days(date(2027, 10, 1), 7, "国庆节"),
    ),
    makeup_days=(date(2027, 2, 20), date(2027, 5, 8), date(2027, 10, 9)),
)
