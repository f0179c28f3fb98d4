"""The edge's entrance in both profiles: on SQLite with the broker inside, on PostgreSQL with RabbitMQ.

Fixture strategy: a database with accounts is filled once a session and poured for each test.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.gateway import wiring
from services.gateway.service import create_app
from shared.kernel.rights import Role
from shared.runtime.database import ServiceDatabase
from shared.runtime.edge import edge_of
from shared.runtime.migrations import migrate
from tests.component.gateway.browser import PASSWORD, Browser
from tests.component.running import OwnBroker, own_settings
from tests.databases import Mould, Moulds

ACCOUNTS = {"member": Role.GRID_MEMBER, "noise": Role.GRID_MEMBER, "auditor": Role.AUDITOR}


def _fill(data: Path) -> None:
    settings = own_settings(data)
    migrate(settings, "gateway")
    database = ServiceDatabase(settings, "gateway")
    for account, role in ACCOUNTS.items():
        wiring.create_account(database)(
            account=account, name=account, password=PASSWORD, roles=[role], place_code="*"
        )
    database.close()


ENTRANCE = Mould("entrance", ("gateway",), _fill)


@pytest.fixture
def database(own: OwnBroker, moulds: Moulds) -> Iterator[ServiceDatabase]:
    moulds.pour(ENTRANCE, own.data)
    database = ServiceDatabase(own, "gateway")
    yield database
    database.close()


@pytest.fixture
def edge(own: OwnBroker, database: ServiceDatabase) -> Browser:
    """Give somebody at the edge who has not signed in."""
    return Browser(create_app(own, edge_of(own, "gateway"), database))


@pytest.fixture
def copy(own: OwnBroker, database: ServiceDatabase) -> Browser:
    """Give somebody at another copy of the edge, on the same database."""
    return Browser(create_app(own, edge_of(own, "gateway"), database))
