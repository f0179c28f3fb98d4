"""Command's database in both profiles, one for all tests of a module, and work on empty read models."""

from collections.abc import Iterator

import pytest

from services.command.store.read_models import SqlReadModels
from shared.runtime.database import ServiceDatabase
from shared.runtime.work import Work
from tests.component.moulds import MIGRATED
from tests.component.running import OwnBroker, own_settings
from tests.databases import Moulds


@pytest.fixture(scope="module")
def settings(moulds: Moulds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnBroker]:
    """Give settings with a database of command's."""
    data = tmp_path_factory.mktemp("command")
    moulds.pour(MIGRATED, data)
    yield own_settings(data)
    moulds.throw_away(data)


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
