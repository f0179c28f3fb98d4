"""Exports from the real patrol, through a real edge, in both profiles.

Fixture strategy: databases with accounts are filled once a session and poured for each test; patrol runs
with twenty-four incidents in two streets, one of them closed off to the accused unit.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.gateway import wiring
from services.gateway.service import Gateway, create_app
from services.patrol.domain.incident import State
from services.patrol.service import PatrolService
from shared.kernel.ids import new_id
from shared.kernel.personal_data import FreeText
from shared.kernel.rights import Role
from shared.runtime.database import ServiceDatabase
from shared.runtime.edge import edge_of
from shared.runtime.migrations import migrate
from tests.builders.incident import NOW, an_incident
from tests.component.district import CELLS, STREETS, place_of_cell
from tests.component.gateway.browser import PASSWORD, Browser
from tests.component.patrol.conftest import enter
from tests.component.running import OwnBroker, Running, own_settings
from tests.databases import Mould, Moulds

UNIT = "accused-bureau"
FORMULA = '=HYPERLINK("http://evil","看")'
COUNT = 24
ACCOUNTS: dict[str, tuple[Role, str, str | None]] = {
    "desk": (Role.DUTY_OFFICER, "*", None),
    "street": (Role.DUTY_OFFICER, STREETS[0], None),
    "accused": (Role.DUTY_OFFICER, "*", UNIT),
    "justice": (Role.JUSTICE_SUPERVISOR, "*", None),
    "member": (Role.GRID_MEMBER, "*", None),
    "auditor": (Role.AUDITOR, "*", None),
}


def _fill(data: Path) -> None:
    settings = own_settings(data)
    for service in ("patrol", "gateway"):
        migrate(settings, service)
    database = ServiceDatabase(settings, "gateway")
    for account, (role, place, unit) in ACCOUNTS.items():
        wiring.create_account(database)(
            account=account,
            name=account,
            password=PASSWORD,
            roles=[role],
            place_code=place,
            unit=unit,
        )
    database.close()


EXPORTS = Mould("exports", ("gateway", "patrol"), _fill)


def incident(number: int, **changed: Any) -> Any:
    at = NOW + timedelta(minutes=number)
    told: dict[str, Any] = {
        "incident_id": new_id(at),
        "matter_no": f"P20261123-{number:07}",
        "reported_at": at,
        "category": ("05", "06")[number % 2],
        "title": FreeText(FORMULA if number == 0 else f"第{number}件, “引号”\n换行"),
        "reported_by": "citizen",
        "place": place_of_cell(CELLS[number % 8]),
    }
    return an_incident(list(State)[number % len(State)], **(told | changed))


@pytest.fixture
def settings(own: OwnBroker, moulds: Moulds) -> OwnBroker:
    moulds.pour(EXPORTS, own.data)
    own.second_factor = "optional"
    return own


@pytest.fixture
def patrol(running: Running, settings: OwnBroker) -> Running:
    made = [incident(number) for number in range(COUNT)]
    enter(running.database("patrol"), made)
    running.start(PatrolService)
    closing = {"units": [UNIT], "reason": "被举报单位回避"}
    running.ask(
        "patrol", "close_off_incident", key="k", incident_id=made[5].incident_id, order=closing
    )
    return running


@pytest.fixture
def database(settings: OwnBroker) -> Iterator[ServiceDatabase]:
    database = ServiceDatabase(settings, "gateway")
    yield database
    database.close()


@pytest.fixture
def edge(settings: OwnBroker, database: ServiceDatabase, patrol: Running) -> Callable[..., Gateway]:
    """Give a way to make an edge under other settings."""

    def made(**changed: Any) -> Gateway:
        its_own = settings.model_copy(update=changed)
        return create_app(its_own, edge_of(its_own, "gateway"), database)

    return made


@pytest.fixture
def as_account(edge: Callable[..., Gateway]) -> Callable[..., Browser]:
    """Give a way to be somebody at an edge."""
    edges: dict[str, Browser] = {}

    def browser(account: str, **changed: Any) -> Browser:
        known = edges.setdefault(repr(sorted(changed.items())), Browser(edge(**changed)))
        return known.as_account(account)

    return browser
