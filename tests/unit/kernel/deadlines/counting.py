"""What the tests of deadlines count with: the calendars the platform comes with, and short ways to say times."""

from datetime import datetime

from shared.kernel.clock import CHINA
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.deadlines.reckoner import Reckoner
from shared.kernel.deadlines.rule_table import national_rules
from shared.kernel.deadlines.stop import Stop
from shared.kernel.deadlines.work_calendar import WorkCalendar
from shared.runtime.calendar_seed import seeded_years

CALENDAR = WorkCalendar(seeded_years())
RECKONER = Reckoner(CALENDAR)
CLOCK = DeadlineClock(national_rules(), RECKONER)


def at(text: str) -> datetime:
    """Return a time of China."""
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def stop(begins: str, ends: str | None, ground: str = "") -> Stop:
    return Stop(begins=at(begins), ends=None if ends is None else at(ends), ground=ground)
