"""Makes the test process green, and gives the tests services that run in it.

Fixture strategy: databases are made once a session and copied for each test; each test has a broker
of its own, and rows of other people (`noise`) in the tables it looks at.
"""

import tests.green  # noqa: F401 – before everything else  # isort: skip

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from shared.contracts.event import EVENTS
from shared.runtime.migrations import migrate
from shared.runtime.tables import machinery
from tests.component.running import OwnBroker, Running, copy_database, own_settings
from tests.component.talkers import WordSaid, make_noise, metadata
from tests.databases import postgres

__all__ = ["postgres"]

# structlog's own choice draws each error with all its variables, which takes seconds.
structlog.configure(
    processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()],
    logger_factory=structlog.stdlib.LoggerFactory(),
)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the empty databases of grid, patrol and command."""
    running = Running(own_settings(tmp_path_factory.mktemp("migrated")))
    for service in ("patrol", "command"):
        migrate(running.settings, service)
    running.make_tables("grid", machinery)
    running.crash()
    return running.settings.data


@pytest.fixture(scope="session")
def talkers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the databases of a teller and a listener, and other people's rows in them."""
    running = Running(own_settings(tmp_path_factory.mktemp("talkers")))
    for service in ("teller", "listener"):
        running.make_tables(service, metadata)
        make_noise(running.database(service))
    running.crash()
    return running.settings.data


@pytest.fixture
def own(tmp_path: Path) -> OwnBroker:
    """Give settings with a broker and a data folder of the test's own."""
    data = tmp_path / "data"
    data.mkdir()
    return own_settings(data)


@pytest.fixture
def running(own: OwnBroker) -> Iterator[Running]:
    """Give services to start; they are ended with the test."""
    running = Running(own)
    yield running
    running.crash()


@pytest.fixture
def talking(running: Running, talkers: Path, monkeypatch: pytest.MonkeyPatch) -> Running:
    """Give `running` with the databases of a teller and a listener."""
    monkeypatch.setitem(EVENTS, WordSaid.event_type, WordSaid)
    for service in ("teller", "listener"):
        copy_database(talkers, running.settings.data, service)
    return running
