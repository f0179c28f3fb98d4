"""A service's own copy of the working-day calendars, so that deadlines are counted without asking anybody.

The platform comes with the years of its library (`calendar_seed`). What an administrator sets after that
the grid registry tells as `grid.calendar.set.v1`; a service keeps the highest version of each year, in
whatever order and however often they come, and asks now and then for those it never heard of – before it
listened for the first time there was nobody to hear them.
"""

from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Connection, select

from shared.contracts.grid import CalendarSet
from shared.kernel.deadlines.calendar_year import CalendarYear, DayOff, checked_year
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.deadlines.office_hours import OfficeHoursTable
from shared.kernel.deadlines.reckoner import Reckoner
from shared.kernel.deadlines.rule_table import RuleTable, district_tables
from shared.kernel.deadlines.work_calendar import WorkCalendar
from shared.kernel.errors import Unavailable
from shared.runtime.calendar_seed import seeded_years
from shared.runtime.neighbours import Neighbours
from shared.runtime.outbox import adapter
from shared.runtime.settings import Settings
from shared.runtime.tables import calendar_copy
from shared.runtime.upsert import replacing_older
from shared.runtime.work import Work

log = structlog.get_logger()

# A calendar that was set and not heard of is asked for so soon.
ASK_EVERY_S = 300
_KEPT = select(calendar_copy).order_by(calendar_copy.c.year)


def year_told(told: CalendarSet) -> CalendarYear:
    """Return the calendar an event tells of.

    Raises:
        Invalid: no administrator could have set it; the event has to become a dead letter.
    """
    year = CalendarYear(
        year=told.year,
        version=told.version,
        source=told.source,
        days_off=tuple(told.days_off),
        makeup_days=tuple(told.makeup_days),
    )
    return checked_year(year)


def keep(connection: Connection, year: CalendarYear) -> None:
    """Keep a calendar in the open transaction, unless as high a version of its year lies there."""
    add = replacing_older(connection.dialect.name, calendar_copy, version="version")
    connection.execute(add, row_of(year))


def row_of(year: CalendarYear) -> dict[str, Any]:
    """Return a calendar as columns keep it."""
    return {
        "year": year.year,
        "version": year.version,
        "source": year.source,
        "days_off": [[off.date.isoformat(), off.name] for off in year.days_off],
        "makeup_days": [day.isoformat() for day in year.makeup_days],
    }


def year_of(row: Any) -> CalendarYear:
    """Return the calendar of a row."""
    return CalendarYear(
        year=row.year,
        version=row.version,
        source=row.source,
        days_off=tuple(
            DayOff(date=date.fromisoformat(day), name=name) for day, name in row.days_off
        ),
        makeup_days=tuple(date.fromisoformat(day) for day in row.makeup_days),
    )


def kept_years(connection: Connection) -> tuple[CalendarYear, ...]:
    """Return the calendars that were set, as this service knows them."""
    return tuple(year_of(row) for row in connection.execute(_KEPT))


def clock_of(work: Work, settings: Settings) -> DeadlineClock:
    """Return what counts deadlines, with the rules, hours and calendars in force at this moment."""
    rules, hours = _tables(settings.clock_rules)
    return _clock(rules, hours, work.look(kept_years))


def ask_for_calendars(work: Work, neighbours: Neighbours) -> None:
    """Ask the grid registry for the calendars that were set, and keep those not known here."""
    try:
        told = neighbours.on_own_account.call("grid", "set_calendars")
    except Unavailable:
        log.info("calendars_not_asked_for")
        return
    years = adapter(list[CalendarYear]).validate_python(told)
    with work.begin():
        for year in years:
            keep(work.connection, year)
    work.keep()


# One more than is in use, so that a change does not throw out what others still count with.
@lru_cache(maxsize=2)
def _clock(
    rules: RuleTable, hours: OfficeHoursTable, set_years: tuple[CalendarYear, ...]
) -> DeadlineClock:
    calendar = WorkCalendar([*seeded_years(), *set_years])
    return DeadlineClock(rules, Reckoner(calendar, hours))


@cache
def _tables(file: Path | None) -> tuple[RuleTable, OfficeHoursTable]:
    text = None if file is None else file.read_text("utf-8")
    return district_tables(text, name="" if file is None else file.name)
