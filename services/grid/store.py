"""The grid registry's tables: boundary versions, their lineage, and the officers of cells.

The areas of a version lie in its folder, which never changes once it is written.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    delete,
    insert,
    or_,
    select,
    update,
)

from shared.contracts.grid import CellOfficer
from shared.kernel.deadlines.calendar_year import CalendarYear
from shared.kernel.ids import new_id
from shared.runtime import calendars
from shared.runtime.calendar_seed import seeded_years
from shared.runtime.columns import Instant
from shared.runtime.holding import hold
from shared.runtime.tables import add_machinery
from shared.runtime.work import Work

metadata = MetaData()
add_machinery(metadata)

boundary_table = Table(
    "boundary",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=True),
    Column("folder", String(36), nullable=False, unique=True),
    Column("label", String(200), nullable=False),
    Column("scheme", String(8), nullable=False),
    Column("state", String(16), nullable=False),
    Column("district_code", String(64)),
    Column("counts", JSON, nullable=False),
    Column("totals", JSON, nullable=False),
    Column("findings", JSON, nullable=False),
    Column("can_be_activated", Boolean, nullable=False),
    Column("needs_acceptance", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("activated_at", Instant),
    Column("retired_at", Instant),
)
Index("ix_boundary_activated_at", boundary_table.c.activated_at)

officer_table = Table(
    "cell_officer",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("cell_code", String(64), nullable=False),
    Column("account", String(64), nullable=False),
    Column("name", String(100), nullable=False),
    Column("is_leader", Boolean, nullable=False),
    Column("valid_from", Instant, nullable=False),
    Column("valid_to", Instant),
)
Index("ix_cell_officer_cell_code", officer_table.c.cell_code, officer_table.c.valid_from)

lineage_table = Table(
    "code_change",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("level", String(16), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("fate", String(16), nullable=False),
    Column("successors", JSON, nullable=False),
    Column("predecessors", JSON, nullable=False),
)
Index("ix_code_change_code", lineage_table.c.code)


# Every version of a year's calendar that was set; only ever added to. Version 1 is the platform's own.
calendar_table = Table(
    "calendar_year",
    metadata,
    Column("year", SmallInteger, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("source", String(200), nullable=False),
    Column("published_on", Date),
    Column("days_off", JSON, nullable=False),
    Column("makeup_days", JSON, nullable=False),
    Column("set_at", Instant, nullable=False),
    Column("set_by", String(64), nullable=False),
)


class SqlBoundaryStore:
    """Boundary versions in the database, through the connection the work has open."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def _connection(self) -> Connection:
        return self._work.connection

    def add(self, boundary: dict[str, Any], changes: list[dict[str, Any]]) -> int:
        added = insert(boundary_table).returning(boundary_table.c.version)
        version = int(self._connection.execute(added, boundary).scalar_one())
        if changes:
            rows = [change | {"version": version} for change in changes]
            self._connection.execute(insert(lineage_table), rows)
        return version

    def find(self, version: int) -> dict[str, Any] | None:
        held = select(boundary_table).where(boundary_table.c.version == version).with_for_update()
        row = self._connection.execute(held).first()
        return None if row is None else dict(row._mapping)

    def active(self) -> dict[str, Any] | None:
        held = select(boundary_table).where(boundary_table.c.state == "active").with_for_update()
        row = self._connection.execute(held).first()
        return None if row is None else dict(row._mapping)

    def activate(self, version: int, at: datetime) -> None:
        table = boundary_table
        # Of two versions at once the second retires the first, which it cannot see before.
        hold(self._connection, "boundary in force")
        self._connection.execute(
            update(table).where(table.c.state == "active").values(state="retired", retired_at=at)
        )
        self._connection.execute(
            update(table).where(table.c.version == version).values(state="active", activated_at=at)
        )


class SqlOfficerStore:
    """Officers of cells in the database."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def replace(self, cell_code: str, officers: list[CellOfficer], at: datetime) -> None:
        connection, table = self._work.connection, officer_table.c
        hold(connection, f"officers of {cell_code}")
        in_force = (
            table.cell_code == cell_code,
            or_(table.valid_to.is_(None), table.valid_to > at),
        )
        connection.execute(delete(officer_table).where(*in_force, table.valid_from >= at))
        connection.execute(update(officer_table).where(*in_force).values(valid_to=at))
        rows = [
            {
                "id": new_id(),
                "cell_code": cell_code,
                "account": officer.account,
                "name": officer.name,
                "is_leader": officer.is_leader,
                "valid_from": officer.valid_from or at,
                "valid_to": officer.valid_to,
            }
            for officer in officers
        ]
        if rows:
            connection.execute(insert(officer_table), rows)


class SqlCalendarStore:
    """Calendars of years in the database, over those the platform comes with."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def newest(self, year: int) -> CalendarYear | None:
        connection, table = self._work.connection, calendar_table
        hold(connection, f"calendar {year}")
        row = connection.execute(
            select(table).where(table.c.year == year).order_by(table.c.version.desc()).limit(1)
        ).first()
        if row is not None:
            return calendars.year_of(row)
        return next((seeded for seeded in seeded_years() if seeded.year == year), None)

    def add(
        self, year: CalendarYear, *, published_on: date | None, set_at: datetime, set_by: str
    ) -> None:
        row = calendars.row_of(year) | {
            "published_on": published_on,
            "set_at": set_at,
            "set_by": set_by,
        }
        self._work.connection.execute(insert(calendar_table), row)
        calendars.keep(self._work.connection, year)
