"""The versions of the catalogue of categories, and the one that is in force."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, ScalarSelect, Select, func, insert, select, update

from services.patrol.domain.catalogue import CatalogueVersion
from services.patrol.store.tables import catalogue_entry_table, catalogue_version_table
from shared.contracts.catalogue import CatalogueEntry
from shared.kernel.clock import CHINA, china_now
from shared.runtime.database import ServiceDatabase
from shared.runtime.work import Work

# For so long this process may take a category for one in force that another copy has just replaced.
REMEMBERED_S = 5.0

version, entry = catalogue_version_table.c, catalogue_entry_table.c


def _in_force(today: date) -> ScalarSelect[int]:
    return (
        select(version.version)
        .where(version.effective_on <= today)
        .order_by(version.effective_on.desc(), version.version.desc())
        .limit(1)
        .scalar_subquery()
    )


def categories_in_force(today: date | None = None) -> Select[Any]:
    """Return the question for the categories in force on a day of China, or today."""
    day = today or china_now().astimezone(CHINA).date()
    return select(catalogue_entry_table).where(entry.version == _in_force(day))


def public_codes() -> Select[Any]:
    """Return the question for the codes of what is in force and about no persons."""
    return categories_in_force().with_only_columns(entry.code).where(entry.sensitivity == "none")


def category_of(connection: Connection, number: int, code: str) -> dict[str, Any] | None:
    """Return what a category is called in a version of the catalogue."""
    row = connection.execute(
        select(entry.version, entry.zh, entry.en).where(entry.version == number, entry.code == code)
    ).first()
    return None if row is None else dict(row._mapping)


def versions(connection: Connection) -> list[dict[str, Any]]:
    """Return every version, the newest first, with how many categories it has and since when it is in force."""
    counted = select(func.count()).where(entry.version == version.version).scalar_subquery()
    rows = connection.execute(
        select(catalogue_version_table, counted.label("categories")).order_by(
            version.version.desc()
        )
    )
    return [dict(row._mapping) for row in rows]


def kept_version(connection: Connection, number: int) -> CatalogueVersion | None:
    """Return a version with its categories, in the order of their codes."""
    row = connection.execute(
        select(catalogue_version_table).where(version.version == number)
    ).first()
    if row is None:
        return None
    kept = connection.execute(
        select(catalogue_entry_table).where(entry.version == number).order_by(entry.code)
    )
    return CatalogueVersion(
        version=number,
        source=row.source,
        effective_on=row.effective_on,
        entries=tuple(_entry(each) for each in kept),
    )


class Catalogue:
    """The categories in force, remembered for a moment: a report waits for no question of its own."""

    def __init__(self, database: ServiceDatabase) -> None:
        self._database = database
        self._versions: dict[str, int] = {}
        self._read_at = float("-inf")

    def version_of(self, code: str) -> int | None:
        """Return in which version a category is in force; None when it is not."""
        if code not in self._versions or time.monotonic() - self._read_at > REMEMBERED_S:
            with self._database.reading() as connection:
                rows = connection.execute(categories_in_force()).all()
            self._versions = {row.code: row.version for row in rows}
            self._read_at = time.monotonic()
        return self._versions.get(code)


@cache
def catalogue_of(database: ServiceDatabase) -> Catalogue:
    return Catalogue(database)


class SqlCatalogueStore:
    """Versions of the catalogue in the database, through the connection the work has open."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def _connection(self) -> Connection:
        return self._work.connection

    def next_version(self) -> int:
        # Whoever comes second waits here for the number of the first.
        self._connection.execute(
            select(version.version).where(version.version == 1).with_for_update()
        )
        return int(self._connection.scalar(select(func.max(version.version))) or 0) + 1

    def add(self, new: CatalogueVersion, *, at: datetime, by: str) -> None:
        self._connection.execute(
            insert(catalogue_version_table),
            {"version": new.version, "source": new.source, "imported_at": at, "imported_by": by},
        )
        self._connection.execute(insert(catalogue_entry_table), _rows(new.version, new.entries))

    def find(self, number: int) -> CatalogueVersion | None:
        held = select(version.version).where(version.version == number).with_for_update()
        self._connection.execute(held)
        return kept_version(self._connection, number)

    def put_in_force(self, active: CatalogueVersion, *, at: datetime, by: str) -> None:
        self._connection.execute(
            update(catalogue_version_table)
            .where(version.version == active.version)
            .values(effective_on=active.effective_on, activated_at=at, activated_by=by)
        )


def _rows(number: int, entries: Sequence[CatalogueEntry]) -> list[dict[str, Any]]:
    return [{"version": number, **asdict(each)} for each in entries]


def _entry(row: Any) -> CatalogueEntry:
    return CatalogueEntry(
        code=row.code,
        zh=row.zh,
        en=row.en,
        owner=row.owner,
        sensitivity=row.sensitivity,
        parent=row.parent,
    )
