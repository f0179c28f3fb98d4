"""Questions to the registry's tables."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from services.grid.files.shelf import Span
from services.grid.store import boundary_table, calendar_table, lineage_table, officer_table
from shared.contracts.grid import OfficerSpan
from shared.kernel.deadlines.calendar_year import CalendarYear
from shared.kernel.deadlines.deadline_clock import DeadlineClock

_SUMMARY = [
    column for column in boundary_table.columns if column.name not in ("findings", "folder")
]


def spans(connection: Connection) -> list[Span]:
    """Return when each version that can answer was in force, the present one first."""
    table = boundary_table.c
    rows = connection.execute(
        select(table.version, table.folder, table.activated_at, table.retired_at)
        .where(table.can_be_activated)
        .order_by(table.activated_at.desc())
    )
    return [
        Span(version=row.version, folder=row.folder, since=row.activated_at, until=row.retired_at)
        for row in rows
    ]


def boundaries(connection: Connection) -> list[dict[str, Any]]:
    """Return every version, newest first, without its findings."""
    rows = connection.execute(select(*_SUMMARY).order_by(boundary_table.c.version.desc()))
    return [dict(row._mapping) for row in rows]


def boundary(connection: Connection, version: int) -> dict[str, Any] | None:
    """Return one version with its findings."""
    wanted = select(*_SUMMARY, boundary_table.c.findings)
    row = connection.execute(wanted.where(boundary_table.c.version == version)).first()
    return None if row is None else dict(row._mapping)


def lineage_of_version(connection: Connection, version: int) -> list[dict[str, Any]]:
    """Return what became of each code when this version followed the one before."""
    rows = connection.execute(
        select(lineage_table)
        .where(lineage_table.c.version == version)
        .order_by(lineage_table.c.level, lineage_table.c.code)
    )
    return [dict(row._mapping) for row in rows]


def lineage_of_code(connection: Connection, code: str) -> list[dict[str, Any]]:
    """Return what became of one code over the versions, oldest first."""
    rows = connection.execute(
        select(lineage_table).where(lineage_table.c.code == code).order_by(lineage_table.c.version)
    )
    return [dict(row._mapping) for row in rows]


def calendar(connection: Connection, clock: DeadlineClock, number: int) -> dict[str, Any] | None:
    """Return the calendar of a year in force, with every version of it; None where none is published."""
    table = calendar_table.c
    rows = connection.execute(
        select(table.version, table.source, table.published_on, table.set_at, table.set_by)
        .where(table.year == number)
        .order_by(table.version.desc())
    )
    year = clock.reckoner.calendar.year(number)
    if year is None:
        return None
    return shown_calendar(year, clock) | {"versions": [dict(row._mapping) for row in rows]}


def shown_calendar(year: CalendarYear, clock: DeadlineClock) -> dict[str, Any]:
    """Return a year as people are shown it."""
    return {
        "year": year.year,
        "version": year.version,
        "source": year.source,
        "days_off": [{"date": off.date, "name": off.name} for off in year.days_off],
        "makeup_days": list(year.makeup_days),
        "working_days": clock.reckoner.calendar.working_days(
            date(year.year, 1, 1), date(year.year, 12, 31)
        ),
        # A notice that leaves one out is likely to be incomplete.
        "statutory_days_worked": [
            {"date": off.date, "name": off.name}
            for off in clock.reckoner.calendar.statutory_days_worked(year.year)
        ],
    }


def officers_of(connection: Connection, cell_code: str, at: datetime) -> list[dict[str, Any]]:
    """Return who is responsible for a cell at a time, the leader first."""
    table = officer_table.c
    rows = connection.execute(
        select(table.account, table.name, table.is_leader, table.valid_from, table.valid_to)
        .where(
            table.cell_code == cell_code,
            table.valid_from <= at,
            or_(table.valid_to.is_(None), table.valid_to > at),
        )
        .order_by(table.is_leader.desc(), table.account)
    )
    return [dict(row._mapping) for row in rows]


def officer_spans(
    connection: Connection, since: datetime, until: datetime, account: str | None
) -> dict[str, list[OfficerSpan]]:
    """Return who is responsible for which cells at any time of a span; of an account, for his cells alone."""
    table = officer_table.c
    within = (table.valid_from < until, or_(table.valid_to.is_(None), table.valid_to > since))
    wanted = select(officer_table).where(*within)
    if account is not None:
        his = select(table.cell_code).where(*within, table.account == account)
        wanted = wanted.where(table.cell_code.in_(his))
    found: dict[str, list[OfficerSpan]] = {}
    for row in connection.execute(wanted.order_by(table.cell_code, table.valid_from, table.id)):
        found.setdefault(row.cell_code, []).append(
            OfficerSpan(
                account=row.account,
                is_leader=row.is_leader,
                valid_from=row.valid_from,
                valid_to=row.valid_to,
            )
        )
    return found
