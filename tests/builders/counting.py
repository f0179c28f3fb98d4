"""What counts deadlines, by the national rules and the calendars that the platform comes with."""

from functools import cache

from shared.kernel.deadlines.calendar_year import CalendarYear
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.deadlines.reckoner import Reckoner
from shared.kernel.deadlines.rule_table import national_rules
from shared.kernel.deadlines.work_calendar import WorkCalendar
from shared.runtime.calendar_seed import seeded_years


@cache
def counting(*set_since: CalendarYear) -> DeadlineClock:
    """Return it with the calendars of the platform, and those an administrator set since."""
    return DeadlineClock(national_rules(), Reckoner(WorkCalendar([*seeded_years(), *set_since])))
