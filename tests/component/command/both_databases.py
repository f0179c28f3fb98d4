"""Command's database alone, without services, once in SQLite and once in PostgreSQL."""

from collections.abc import Iterator

import pytest

from services.command.store.read_models import SqlReadModels
from shared.runtime.database import ServiceDatabase
from shared.runtime.migrations import migrate
from shared.runtime.work import Work
from tests.component.running import OwnBroker, own_settings
from tests.databases import PostgresMoulds


@pytest.fixture(scope="module", params=("sqlite", "postgresql"))
def settings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> OwnBroker:
    """Give settings with a database of command's."""
    data = tmp_path_factory.mktemp("command")
    if request.param == "postgresql":
        moulds: PostgresMoulds = request.getfixturevalue("postgresql_moulds")
        moulds.fill("empty", ("gateway", "grid", "patrol", "command"), lambda _: None)
        moulds.pour("empty", data, ("command",))
    settings = own_settings(data)
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
