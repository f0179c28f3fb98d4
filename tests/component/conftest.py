"""Makes the test process green, and gives the tests services that run in it.

Fixture strategy: databases are made once a session and copied for each test; each test has a broker
of its own, and rows of other people (`noise`) in the tables it looks at. A test marked with `databases`
runs on each of those.
"""

import tests.green  # noqa: F401 – before everything else  # isort: skip

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from shared.contracts.event import EVENTS
from shared.runtime.migrations import migrate
from shared.runtime.tables import machinery
from tests.component.running import OwnBroker, Running, own_settings
from tests.component.talkers import WordSaid, make_noise, metadata
from tests.databases import CREDENTIALS, Moulds, postgres, postgresql_moulds, sqlite_moulds

__all__ = ["postgres", "postgresql_moulds", "sqlite_moulds"]

# structlog's own choice draws each error with all its variables, which takes seconds.
structlog.configure(
    processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()],
    logger_factory=structlog.stdlib.LoggerFactory(),
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on the databases that its marker names."""
    marker = metafunc.definition.get_closest_marker("databases")
    if marker is not None and "kind" in metafunc.fixturenames:
        metafunc.parametrize("kind", marker.args, indirect=True)


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    """Give the name of the database the test runs on."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def moulds(kind: str, request: pytest.FixtureRequest) -> Moulds:
    moulds: Moulds = request.getfixturevalue(f"{kind}_moulds")
    return moulds


@pytest.fixture
def own(kind: str, moulds: Moulds, tmp_path: Path) -> Iterator[OwnBroker]:
    """Give settings with a broker and databases of the test's own."""
    data = tmp_path / "data"
    data.mkdir()
    yield own_settings(data, credentials=data / CREDENTIALS if kind == "postgresql" else None)
    moulds.throw_away()


Pour = Callable[..., None]


@pytest.fixture
def migrated(moulds: Moulds, own: OwnBroker) -> Pour:
    """Give a way to have the empty databases of grid, patrol and command."""
    moulds.fill("migrated", ("grid", "patrol", "command"), _migrate)
    return lambda *services: moulds.pour("migrated", own.data, services)


def _migrate(data: Path) -> None:
    running = Running(own_settings(data))
    for service in ("patrol", "command"):
        migrate(running.settings, service)
    running.make_tables("grid", machinery)
    running.crash()


@pytest.fixture
def running(own: OwnBroker) -> Iterator[Running]:
    """Give services to start; they are ended with the test."""
    running = Running(own)
    yield running
    running.crash()


@pytest.fixture
def talking(running: Running, moulds: Moulds, monkeypatch: pytest.MonkeyPatch) -> Running:
    """Give `running` with the databases of a teller and a listener, and other people's rows in them."""
    monkeypatch.setitem(EVENTS, WordSaid.event_type, WordSaid)
    talkers = ("teller", "listener")
    moulds.fill("talkers", talkers, _make_talkers)
    moulds.pour("talkers", running.settings.data, talkers)
    return running


def _make_talkers(data: Path) -> None:
    running = Running(own_settings(data))
    for service in ("teller", "listener"):
        running.make_tables(service, metadata)
        make_noise(running.database(service))
    running.crash()
