"""Monthly partitions on PostgreSQL: made before they are needed, and detached when their time is over.

A table whose model says `postgresql_partition_by="RANGE (<column>)"`, the column holding ids of
`new_id` or first days of months, is cut where China's months begin. What fits into no month lies in the partition DEFAULT, so
nothing is ever refused for want of one. SQLite has no partitions: there, all of this does nothing.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, text, true

from shared.kernel.clock import CHINA, china_now
from shared.kernel.ids import first_id_at
from shared.runtime.database import ServiceDatabase

MONTHS_AHEAD = 3
_NAME = re.compile(r"(?P<table>.+)_(?:y(?P<year>\d{4})m(?P<month>\d{2})|default)")
_PARTITIONED = text(
    "SELECT relname, attname, atttypid = 'date'::regtype AS is_date FROM pg_partitioned_table"
    " JOIN pg_class ON pg_class.oid = partrelid"
    " JOIN pg_attribute ON attrelid = partrelid AND attnum = partattrs[0]"
    " WHERE relnamespace = current_schema()::regnamespace ORDER BY relname"
)
_PARTITIONS = text(
    "SELECT relname, pg_total_relation_size(oid) AS bytes, greatest(reltuples, 0)::bigint AS rows"
    " FROM pg_class WHERE oid IN"
    " (SELECT inhrelid FROM pg_inherits WHERE inhparent = CAST(:table AS regclass))"
    " ORDER BY relname"
)

# The trail's own schema comes after the service's in the path, so its functions need no name in front.
_HAS_KEEPER = text(
    "SELECT to_regprocedure(quote_ident(current_schema() || '_audit') || '.take_over()') IS NOT NULL"
)
_TAKE_OVER = text("SELECT take_over()")
_MAKE_MONTH_OF_TRAIL = text("SELECT make_month(:first)")
_TRAIL_IS_HELD = text(
    "SELECT to_regclass(quote_ident(current_schema() || '_audit') || '.audit_entry') IS NOT NULL"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The column that says to which month a row belongs: by its date, or by the time in its id."""

    column: str
    is_date: bool

    def begin_of(self, month: date) -> str:
        """Return the least value of a month."""
        return month.isoformat() if self.is_date else _first_id(month)


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """One month of a table; *rows* is PostgreSQL's estimate. The partition DEFAULT has no month."""

    table: str
    name: str
    month: date | None
    rows: int
    bytes: int


def is_partition(name: str) -> bool:
    """Tell whether a table of that name is, or was, a part of another."""
    return _NAME.fullmatch(name) is not None


def make_partitions_ahead(database: ServiceDatabase) -> None:
    """Make the coming months' partitions of all tables of a service that have any."""
    if not database.is_sqlite:
        with database.writing() as connection:
            make_all_ahead(connection, china_now().date())


def make_all_ahead(connection: Connection, today: date) -> None:
    """Make the coming months' partitions in the schema of the connection, and of its trail."""
    for table in partitioned_tables(connection):
        make_ahead(connection, table, today)
    if trail_is_held(connection):
        for month in months_ahead(today):
            connection.execute(_MAKE_MONTH_OF_TRAIL, {"first": month})


def hand_over_trail(connection: Connection) -> None:
    """Let another role own the audit trail from now on, where provisioning has made one for it."""
    if connection.scalar(_HAS_KEEPER):
        connection.execute(_TAKE_OVER)


def trail_is_held(connection: Connection) -> bool:
    """Tell whether another role owns the audit trail."""
    return bool(connection.scalar(_TRAIL_IS_HELD))


def months_ahead(today: date, months: int = MONTHS_AHEAD) -> list[date]:
    """Return the months that shall have a partition, from last month on."""
    return [month_after(today, distance) for distance in range(-1, months + 1)]


def partitioned_tables(connection: Connection) -> dict[str, Cut]:
    """Return the tables that are made of partitions, and how each is cut."""
    return {
        row.relname: Cut(column=row.attname, is_date=row.is_date)
        for row in connection.execute(_PARTITIONED)
    }


def partitions_of(connection: Connection, table: str) -> list[Partition]:
    """Return the partitions of a table, the oldest month first and DEFAULT before all."""
    return [
        Partition(
            table=table,
            name=row.relname,
            month=_month_of(row.relname),
            rows=row.rows,
            bytes=row.bytes,
        )
        for row in connection.execute(_PARTITIONS, {"table": table})
    ]


def made_before(
    connection: Connection, column: ColumnElement[str], moment: datetime
) -> ColumnElement[bool]:
    """Return the condition that an id was made before a moment: later partitions are passed over.

    On SQLite it says nothing: rows from before decision 0012 have ids younger than what they tell of,
    and there is nothing to pass over.
    """
    is_cut = connection.dialect.name == "postgresql"
    return column < first_id_at(moment) if is_cut else true()


def make_ahead(
    connection: Connection, table: str, today: date, months: int = MONTHS_AHEAD
) -> list[str]:
    """Make the partitions from last month to *months* ahead; return the names of the new ones.

    Rows of such a month that lie in DEFAULT already move into it. Two who do this at once do it
    one after the other; what the second finds done it leaves.
    """
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || ' partitions of ' || :t))"),
        {"t": table},
    )
    cut = partitioned_tables(connection)[table]
    known = {partition.name for partition in partitions_of(connection, table)}
    if f"{table}_default" not in known:
        connection.execute(text(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT"))
    made = []
    for month in months_ahead(today, months):
        name = f"{table}_y{month:%Y}m{month:%m}"
        if name not in known:
            _make(connection, table, name, cut, month)
            made.append(name)
    return made


def _make(connection: Connection, table: str, name: str, cut: Cut, month: date) -> None:
    """Make one partition beside the table, then attach it: nobody waits for longer than that takes."""
    first, end = cut.begin_of(month), cut.begin_of(month_after(month, 1))
    # Names come from the catalogue and bounds are made here; neither can be a parameter in DDL.
    in_it = f"{cut.column} >= '{first}' AND {cut.column} < '{end}'"
    for statement in (
        f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL EXCLUDING IDENTITY)",
        # A row already on its way into DEFAULT would be refused there once the month is attached:
        # whoever writes waits here, before he looks where his row belongs.
        f"LOCK TABLE ONLY {table} IN SHARE ROW EXCLUSIVE MODE",
        f"LOCK TABLE {table}_default IN ACCESS EXCLUSIVE MODE",
        f"WITH moved AS (DELETE FROM {table}_default WHERE {in_it} RETURNING *)"  # noqa: S608 – as above
        f" INSERT INTO {name} SELECT * FROM moved",
        f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{first}') TO ('{end}')",
    ):
        connection.execute(text(statement))


def detach(connection: Connection, partition: Partition) -> None:
    """Take a partition out of its table; it stays as a table of its own, with all its rows."""
    connection.execute(text(f"ALTER TABLE {partition.table} DETACH PARTITION {partition.name}"))


def month_after(day: date, distance: int) -> date:
    """Return the first day of the month that lies *distance* months after that of *day*."""
    year, month = divmod(day.year * 12 + day.month - 1 + distance, 12)
    return date(year, month + 1, 1)


def _first_id(month: date) -> str:
    return first_id_at(datetime(month.year, month.month, 1, tzinfo=CHINA))


def _month_of(name: str) -> date | None:
    parts = _NAME.fullmatch(name)
    if parts is None or parts["year"] is None:
        return None
    return date(int(parts["year"]), int(parts["month"]), 1)
