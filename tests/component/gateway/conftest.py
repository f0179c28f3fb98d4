"""The tests run on the embedded edge, and once more on the native one (`test_native_edge.py`).

Fixture strategy: one set of small services a session; one edge and one database a module.

The database is a copy of one that was migrated and given accounts once: `member`, `desk` and `admin`, and
`locked` and `dismissed`, whom only the tests of these fates touch. Tests of a module share what is
kept, so each counts what it adds.
"""

import shutil
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.gateway import wiring
from services.gateway.service import Gateway, create_app
from shared.kernel.rights import Role
from shared.runtime.call import Call
from shared.runtime.database import ServiceDatabase
from shared.runtime.edge import edge_of
from shared.runtime.migrations import migrate
from tests.component.gateway.behind import BROKER, Toy
from tests.component.gateway.browser import PASSWORD, Browser
from tests.component.gateway.edge_settings import EdgeSettings

ACCOUNTS = {
    "member": ([Role.GRID_MEMBER], "420802001001001"),
    "locked": ([Role.DUTY_OFFICER], None),
    "dismissed": ([Role.DUTY_OFFICER], None),
    "desk": ([Role.DUTY_OFFICER], "*"),
    "admin": ([Role.SYSTEM_ADMINISTRATOR], "*"),
}


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """Give the address of the broker on which the small services run."""
    if BROKER is not None:
        yield BROKER
        assert not {"eventlet", "nameko"} & sys.modules.keys(), "the edge is not native"
        return
    from shared.runtime.in_process.broker import register
    from tests.component.gateway.services import SERVICES, runner_on

    register()
    url = f"inprocess://gateway-{uuid.uuid4().hex[:8]}/"
    runner = runner_on(url, *SERVICES)
    runner.start()
    yield url
    runner.stop()


@pytest.fixture(scope="session")
def deserted_broker(broker: str) -> str:
    """Give the address of a broker on which there is no service."""
    return f"{broker.rstrip('/')}-deserted{'' if BROKER else '/'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mould:
    """A data folder with a database and accounts in it, and the tokens of those who signed in."""

    data: Path
    tokens: dict[str, str]


@pytest.fixture(scope="session")
def mould(tmp_path_factory: pytest.TempPathFactory) -> Mould:
    settings = EdgeSettings(data=tmp_path_factory.mktemp("mould"))
    migrate(settings, "gateway")
    database = ServiceDatabase(settings, "gateway")
    for account, (roles, place) in ACCOUNTS.items():
        made = wiring.create_account(database)(
            account=account,
            name=f"{account} name",
            password=PASSWORD,
            roles=roles,
            place_code=place,
        )
        assert made
    desk = wiring.SignInDesk(wiring.Proving(settings, database))
    tokens = {
        name: desk.sign_in(name, PASSWORD, Call()).access_token
        for name in ("member", "desk", "admin")
    }
    database.close()
    return Mould(data=settings.data, tokens=tokens)


@pytest.fixture(scope="module")
def settings(broker: str, mould: Mould, tmp_path_factory: pytest.TempPathFactory) -> EdgeSettings:
    data = tmp_path_factory.mktemp("edge") / "data"
    shutil.copytree(mould.data, data)
    return EdgeSettings(data=data, broker=broker, upload_limit_mb=1, boundary_limit_mb=2)


@pytest.fixture(scope="module")
def database(settings: EdgeSettings) -> Iterator[ServiceDatabase]:
    database = ServiceDatabase(settings, "gateway")
    yield database
    database.close()


@pytest.fixture(scope="module")
def app(settings: EdgeSettings, database: ServiceDatabase) -> Gateway:
    return create_app(settings, edge_of(settings, "gateway"), database)


@pytest.fixture(autouse=True)
def obliging_services() -> None:
    """Have the small services answer again, and forget what they were asked."""
    Toy.asked.clear()
    Toy.refusals.clear()


@pytest.fixture(scope="module")
def anyone(app: Gateway) -> Browser:
    """Somebody who has not signed in."""
    return Browser(app)


@pytest.fixture(scope="module")
def member(app: Gateway, mould: Mould) -> Browser:
    return Browser(app, mould.tokens["member"])


@pytest.fixture(scope="module")
def admin(app: Gateway, mould: Mould) -> Browser:
    return Browser(app, mould.tokens["admin"])


@pytest.fixture(scope="module")
def desk(app: Gateway, mould: Mould) -> Browser:
    """Give a duty officer of the whole tree."""
    return Browser(app, mould.tokens["desk"])
