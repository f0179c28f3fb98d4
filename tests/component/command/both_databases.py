"""Command's database alone, without services, once in SQLite and once in PostgreSQL."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from deploy.postgres import PrivatePostgres
from services.command.store.read_models import SqlReadModels
from shared.runtime.database import ServiceDatabase
from shared.runtime.migrations import migrate
from shared.runtime.work import Work
from tests.component.running import OwnBroker, copy_database, own_settings


@pytest.fixture(scope="module", params=("sqlite", "postgresql"))
def settings(
    request: pytest.FixtureRequest, migrated: Path, tmp_path_factory: pytest.TempPathFactory
) -> OwnBroker:
    """Give settings with a database of command's."""
    data = tmp_path_factory.mktemp("command")
    if request.param == "sqlite":
        copy_database(migrated, data, "command")
        return own_settings(data)
    server: PrivatePostgres = request.getfixturevalue("postgres")
    with closing(psycopg2.connect(server.url)) as connection:
        connection.autocommit = True
        connection.cursor().execute("CREATE SCHEMA IF NOT EXISTS command")
    settings = own_settings(data, database_url=f"{server.url}?options=-csearch_path%3Dcommand")
    migrate(settings, "command")
    return settings


@pytest.fixture(scope="module")
def database(settings: OwnBroker) -> Iterator[ServiceDatabase]:
    database = ServiceDatabase(settings, "command")
    yield database
    database.close()


@pytest.fixture
def work(database: ServiceDatabase) -> Iterator[Work]:
    """Give work on empty read models."""
    work = Work(database)
    with work.begin():
        SqlReadModels(work).clear()
    work.keep()
    yield work
    work.close()
