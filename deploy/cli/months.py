"""The monthly partitions of the services' tables, listed and taken out."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from sqlalchemy import Connection, text

from deploy.cli import screen
from deploy.cli.cannot_do import CannotDo
from deploy.cli.databases import known_services, reaching
from shared.kernel.clock import china_now
from shared.runtime.database import ServiceDatabase
from shared.runtime.partitions import (
    Partition,
    detach,
    month_after,
    partitioned_tables,
    partitions_of,
)

# What a row must no longer be for its month to go: it would vanish from where it is waited for.
# Tracks go once they are forgotten: taken out with rows in them, they would be kept for ever.
STILL_NEEDED = {"outbox": "published_at IS NULL", "incident": "is_open", "track_batch": "true"}
# The audit trail leaves by `wangge audit archive` alone: its chain must go on.
NOT_TAKEN_OUT = {"audit_entry"}
_MB = 1_000_000


def show(services: Sequence[str]) -> None:
    """List the partitions of *services*, or of all.

    Raises:
        CannotDo: a service is unknown, or its database is away or no PostgreSQL.
    """
    table = screen.table("月分区 · partitions")
    for heading in ("服务 service", "分区 partition", "行 rows (≈)", "MB"):
        table.add_column(heading, justify="right" if heading[0] in "行M" else "left")
    for service in known_services(services):
        with _reaching(service) as database, database.reading() as connection:
            for found in _all_partitions(connection):
                size = f"{found.bytes / _MB:.1f}"
                table.add_row(service, found.name, str(found.rows), size)
    screen.show(table)


def take_out(services: Sequence[str], before: str) -> None:
    """Detach the partitions of the months before *before*, but for those with rows still needed.

    Raises:
        CannotDo: as for `show`; or some had to stay, or the month is none or too near.
    """
    first_kept = month_in(before, month_after(china_now().date(), -1))
    staying: list[str] = []
    for service in known_services(services):
        with _reaching(service) as database:
            for found in _older(database, first_kept):
                if _take_out(database, found):
                    screen.show(f"{service}: 已摘除 · taken out {found.name}")
                else:
                    staying.append(f"{service}: {found.name} ({STILL_NEEDED[found.table]})")
    if staying:
        raise CannotDo(
            f"{len(staying)} 个分区仍有未完结的数据，未摘除。",
            f"{len(staying)} partitions hold rows that are still needed, and stay.",
            staying,
        )


def _older(database: ServiceDatabase, first_kept: date) -> list[Partition]:
    with database.reading() as connection:
        return [
            found
            for found in _all_partitions(connection)
            if found.month is not None
            and found.month < first_kept
            and found.table not in NOT_TAKEN_OUT
        ]


def _all_partitions(connection: Connection) -> list[Partition]:
    tables = partitioned_tables(connection)
    return [found for table in tables for found in partitions_of(connection, table)]


def _take_out(database: ServiceDatabase, found: Partition) -> bool:
    needed = STILL_NEEDED.get(found.table, "false")
    with database.writing() as connection:
        # Names and conditions are our own, none is typed in by anybody.
        asked = f"SELECT EXISTS (SELECT FROM {found.name} WHERE {needed})"  # noqa: S608
        if connection.scalar(text(asked)):
            return False
        detach(connection, found)
    return True


def month_in(text_of_it: str, latest: date) -> date:
    """Return the month of YYYY-MM; raises `CannotDo` when it is none or later than *latest*."""
    form = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text_of_it)
    if form is None or (month := date(int(form[1]), int(form[2]), 1)) > latest:
        raise CannotDo(
            f"--before 须写作 YYYY-MM，且不晚于 {latest:%Y-%m}。",
            f"--before is written YYYY-MM, and no later than {latest:%Y-%m}.",
        )
    return month


@contextmanager
def _reaching(service: str) -> Iterator[ServiceDatabase]:
    with reaching(service) as database:
        if database.is_sqlite:
            raise CannotDo(
                "SQLite 没有分区；请设置 WANGGE_CREDENTIALS 或 WANGGE_DATABASE_URL。",
                "SQLite has no partitions; set WANGGE_CREDENTIALS or WANGGE_DATABASE_URL.",
            )
        yield database
