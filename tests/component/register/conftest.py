"""Fixture strategy: the register with a grid of eight cells beside it, and another district's records in it."""

from collections.abc import Callable
from typing import Any

import pytest

from services.register.ports import Doing
from services.register.service import RegisterService
from services.register.store.records import SqlRecordStore
from shared.contracts.register import RecordPersonalData
from shared.kernel.personal_data import IdNumber, PersonName, Phone
from shared.runtime.audit import trail
from shared.runtime.work import Work
from tests.builders.actor import a_duty_officer
from tests.builders.incident import NOW
from tests.builders.place import a_place
from tests.builders.register import a_citizen_number, a_record
from tests.component.district import Grid
from tests.component.moulds import REGISTER
from tests.component.running import Running
from tests.databases import Moulds

DESK = a_duty_officer()
NOISE = "110101"
SOMEBODY_ELSE = a_record(
    personal=RecordPersonalData(
        name=PersonName("李四光"),
        id_number=IdNumber(a_citizen_number(serial="777")),
        phone=Phone("13900007777"),
    ),
    place=a_place(
        district=NOISE,
        street=f"{NOISE}001",
        community=f"{NOISE}001001",
        cell=f"{NOISE}001001001",
    ),
)

Ask = Callable[..., Any]


@pytest.fixture
def registering(running: Running, moulds: Moulds) -> Running:
    """Run the register beside the grid; it holds somebody of another district."""
    moulds.pour(REGISTER, running.settings.data)
    work = Work(running.database("register"))
    with work.begin():
        SqlRecordStore(work).add(SOMEBODY_ELSE, Doing(action="register", at=NOW, by="other"))
    work.keep()
    running.start(Grid, RegisterService, relays=False)
    return running


@pytest.fixture
def ask(registering: Running) -> Ask:
    """Give a way to ask the register as the duty officer of the district, or as another."""

    def asking(method: str, **arguments: Any) -> Any:
        arguments.setdefault("actor", DESK)
        return registering.ask("register", method, **arguments)

    return asking


def noted(running: Running) -> list[tuple[str, str, Any, str | None]]:
    """Return who read what is sensitive, of which record, and why."""
    with running.database("register").reading() as connection:
        return [
            (row["account"], row["action"], row["about"], row["reason"])
            for row in trail(connection)
            if row["outcome"] == "read"
        ]
