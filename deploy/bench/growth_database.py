"""A database of one size for the growth benchmark: made, migrated, and filled as if over two years."""

import io
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg2
from sqlalchemy import Table, make_url, text

from deploy.bench.growth_boards import ADD_UP_BOARDS
from deploy.bench.growth_places import places
from deploy.bench.growth_rows import TABLES, rows_of
from deploy.bench.growth_story import SPAN, Portion, story
from deploy.bench.growth_words import vocabulary
from deploy.cli import screen
from deploy.provisioning.credentials import keep_urls
from deploy.provisioning.database import provision_database
from shared.runtime.database import ServiceDatabase
from shared.runtime.keyring import KeyFile
from shared.runtime.migrations import migrate
from shared.runtime.partitions import make_ahead, partitioned_tables
from shared.runtime.sealing import sealer_of
from shared.runtime.settings import Settings

SERVICES = ("patrol", "command")
PORTION = 5_000
LOADERS = 2
_MONTHS = 26
# Indexes are built when the rows are there: one by one into each takes several times as long.
_INDEXES = """
SELECT index.indexrelid::regclass::text, pg_get_indexdef(index.indexrelid)
FROM pg_index AS index JOIN pg_class ON pg_class.oid = index.indrelid
WHERE pg_class.relname = ANY(%s) AND pg_class.relnamespace = current_schema()::regnamespace
AND NOT index.indisunique
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A database with so many incidents in it; `settings` lead to its services' schemas."""

    size: int
    settings: Settings


def filled(admin_url: str, folder: Path, size: int, until: datetime) -> Filled:
    """Make a database and fill it; minutes for a million."""
    settings = _made(admin_url, folder, size)
    for service in SERVICES:
        migrate(settings, service)
        _cut_into_months(settings, service, until)
    with _without_indexes(settings):
        _load(settings, size, until)
        _finish_boards(settings)
    for service in SERVICES:
        _say(settings, service, "VACUUM ANALYZE")
    return Filled(size=size, settings=settings)


def _made(admin_url: str, folder: Path, size: int) -> Settings:
    name = f"growth_{size}"
    with closing(psycopg2.connect(admin_url)) as server:
        server.autocommit = True
        server.cursor().execute(
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C'"
        )
    url = make_url(admin_url).set(database=name).render_as_string(hide_password=False)
    known = {service: _role_of(url, service) for service in SERVICES}
    credentials = folder / f"{name}.json"
    keep_urls(credentials, "database_url", provision_database(url, SERVICES, known))
    keyring = KeyFile(folder / "keyring.json")
    keyring.make()
    return Settings(credentials=credentials, keyring=keyring.path, statement_timeout_s=600)


def _role_of(url: str, service: str) -> str:
    """Return the service's URL: roles are the server's, so every database has the same password."""
    role = make_url(url).set(username=service, password="growth")  # noqa: S106 – a throw-away server
    return role.render_as_string(hide_password=False)


def _cut_into_months(settings: Settings, service: str, until: datetime) -> None:
    with _writing(settings, service) as connection:
        for table in partitioned_tables(connection):
            make_ahead(connection, table, (until - SPAN).date(), _MONTHS)


@contextmanager
def _writing(settings: Settings, service: str) -> Iterator[Any]:
    database = ServiceDatabase(settings, service)
    try:
        with database.writing() as connection:
            yield connection
    finally:
        database.close()


@contextmanager
def _session(settings: Settings, service: str) -> Iterator[Any]:
    url = settings.service_database_url(service).replace("+psycopg2", "")
    options = f"-csearch_path={service} -cmaintenance_work_mem=512MB -cwork_mem=128MB"
    with closing(psycopg2.connect(url, options=options)) as connection:
        connection.autocommit = True
        yield connection.cursor()


def _say(settings: Settings, service: str, statement: str) -> None:
    with _session(settings, service) as cursor:
        cursor.execute(statement)


@contextmanager
def _without_indexes(settings: Settings) -> Iterator[None]:
    """Drop the indexes that are no keys, and make them again as they were."""
    kept: list[tuple[str, str]] = []
    for service, tables in TABLES.items():
        with _session(settings, service) as cursor:
            cursor.execute(_INDEXES, ([table.name for table in tables],))
            for name, definition in cursor.fetchall():
                kept.append((service, definition.replace(" ON ONLY ", " ON ")))
                cursor.execute(f"DROP INDEX {name}")
    yield
    with screen.metered("Indexes", len(kept)) as meter:
        for number, (service, definition) in enumerate(kept, start=1):
            _say(settings, service, definition)
            meter.to(number, definition.split()[2])


def _load(settings: Settings, size: int, until: datetime) -> None:
    portions = [
        Portion(first=first, count=min(PORTION, size - first), size=size, until=until)
        for first in range(0, size, PORTION)
    ]
    with (
        screen.metered(f"{size:,} incidents", size) as meter,
        ProcessPoolExecutor(min(LOADERS, os.cpu_count() or 1)) as pool,
    ):
        loading = [pool.submit(_copy, settings, portion) for portion in portions]
        done = 0
        for loaded in as_completed(loading):
            done += loaded.result()
            meter.to(done)


def _copy(settings: Settings, portion: Portion) -> int:
    copied = rows_of(story(portion, vocabulary()), sealer_of(settings))
    for service, tables in TABLES.items():
        of_name = {table.name: table for table in tables}
        with _session(settings, service) as cursor:
            for (of_service, table), lines in copied.lines.items():
                if of_service == service:
                    _copy_lines(cursor, of_name[table], lines)
    return portion.count


def _copy_lines(cursor: Any, table: Table, lines: io.StringIO) -> None:
    lines.seek(0)
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    cursor.copy_expert(f"COPY {table.name} ({columns}) FROM STDIN", lines)


def _finish_boards(settings: Settings) -> None:
    """Enter the places, and count the boards from the matters and their dossiers."""
    rows: dict[str, dict[str, str]] = {}
    for place in places():
        parent = "*"
        for level in ("district", "street", "community", "cell"):
            area = getattr(place, level)
            rows[area.code] = {
                "code": area.code,
                "level": level,
                "name": area.name,
                "parent": parent,
            }
            parent = area.code
    with _writing(settings, "command") as connection:
        connection.execute(
            text("INSERT INTO place VALUES (:code, :level, :name, :parent)"), list(rows.values())
        )
    _say(settings, "command", ADD_UP_BOARDS)
