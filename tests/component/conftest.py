"""Makes the test process green, and gives the tests services that run in it.

Fixture strategy: databases are made once a session and copied for each test; each test has a broker
of its own, and rows of other people (`noise`) in the tables it looks at. Whatever stands on `own` runs
in both profiles (`tests/profiles.py`).
"""

import tests.green  # noqa: F401 – before everything else  # isort: skip

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from shared.contracts.event import EVENTS
from shared.runtime import relay, shards
from tests.brokers import broker_for, rabbit
from tests.component.moulds import MIGRATED, TALKERS
from tests.component.running import OwnBroker, Running, own_settings
from tests.component.talkers import WordSaid
from tests.databases import (
    CREDENTIALS,
    Moulds,
    empty_schemas,
    postgres,
    postgresql_moulds,
    sqlite_moulds,
)
from tests.profiles import Profile

__all__ = ["empty_schemas", "postgres", "postgresql_moulds", "rabbit", "sqlite_moulds"]

# structlog's own choice draws each error with all its variables, which takes seconds.
structlog.configure(
    processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()],
    logger_factory=structlog.stdlib.LoggerFactory(),
)


@pytest.fixture(scope="session")
def moulds(profile: Profile, request: pytest.FixtureRequest) -> Moulds:
    kind = "sqlite" if profile is Profile.EMBEDDED else "postgresql"
    moulds: Moulds = request.getfixturevalue(f"{kind}_moulds")
    return moulds


@pytest.fixture
def own(
    profile: Profile, moulds: Moulds, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[OwnBroker]:
    """Give settings with a broker and databases of the test's own."""
    data = tmp_path / "data"
    data.mkdir()
    with broker_for(profile, request) as broker:
        settings = own_settings(data, broker=broker)
        if profile is Profile.PRODUCTION:
            settings.credentials = data / CREDENTIALS
        yield settings
    moulds.throw_away(data)


@pytest.fixture
def migrated(moulds: Moulds, own: OwnBroker) -> None:
    """Put the empty databases of grid, patrol and command where `own` looks for them."""
    moulds.pour(MIGRATED, own.data)


@pytest.fixture(scope="module")
def kept(
    profile: Profile, moulds: Moulds, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OwnBroker]:
    """Give the databases of grid, patrol and command to the tests of a file that only read in them."""
    data = tmp_path_factory.mktemp("kept")
    moulds.pour(MIGRATED, data)
    yield own_settings(data)
    moulds.throw_away(data)


@pytest.fixture(autouse=True)
def _dies_and_is_missed_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let leases run out soon: what a copy held that was crashed is wanted again at once."""
    monkeypatch.setattr(shards, "LEASE", timedelta(seconds=0.5))
    monkeypatch.setattr(relay, "RENEW_EVERY_S", 0.1)


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
    moulds.pour(TALKERS, running.settings.data)
    return running
