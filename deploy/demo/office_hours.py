"""Office hours as the example incidents feel them: weekdays, morning and afternoon, no holidays.

The platform's own clocks reckon deadlines by the calendar in force; these are for the story only.
"""

from datetime import datetime, time, timedelta

from shared.kernel.clock import CHINA

SHIFTS = ((time(8, 30), time(12, 0)), (time(14, 0), time(17, 30)))
SATURDAY = 5


def after_office_hours(start: datetime, hours: float) -> datetime:
    """Return the instant when so many office hours have passed since the start."""
    left = timedelta(hours=hours)
    now = start.astimezone(CHINA)
    while True:
        for opening, closing in SHIFTS if now.weekday() < SATURDAY else ():
            begin = max(now, datetime.combine(now.date(), opening, CHINA))
            span = datetime.combine(now.date(), closing, CHINA) - begin
            if left <= span:
                return begin + left
            left -= max(span, timedelta())
        now = datetime.combine(now.date() + timedelta(days=1), time(), CHINA)
