"""Canaries: marked texts in every personal field, looked for wherever anything is kept, and found nowhere.

The fields come from the contracts, so a field added there gets a canary without being asked.
"""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from typing import Any, get_args, get_type_hints

import pytest
from pydantic import AfterValidator
from sqlalchemy import inspect

from services.command.service import CommandService
from services.patrol.service import PatrolService
from shared.contracts.patrol import IncidentReport, IncidentReported, StepOrder
from shared.kernel.personal_data import FreeText, Personal, PersonName, Phone
from shared.runtime.doors import on_event
from shared.runtime.inbox import Delivery
from shared.runtime.tables import dead_letter, outbox
from tests.brokers import eventually
from tests.builders.actor import a_duty_officer
from tests.component.district import CELLS, Grid, a_point_in
from tests.component.running import Running
from tests.databases import connected

DESK = a_duty_officer()
SERVICES = ("grid", "patrol", "command")
CANARIES: dict[type[Personal], str] = {
    FreeText: "金丝雀{}号canary{}",
    PersonName: "雀金丝{}canary{}",
    Phone: "1390000{}{}",
}


class Breaking(Grid):
    """A grid that hears of reports too, and gets through none of them."""

    @on_event(IncidentReported)
    def break_down(self, told: IncidentReported, delivery: Delivery) -> None:
        """Fail, saying all there is to say."""
        raise ValueError(f"{told} {told.personal.title}", told.personal.description)


class Cage:
    """Makes canaries, and remembers them."""

    def __init__(self) -> None:
        self.canaries: list[str] = []

    def filled(self, contract: type[Any]) -> dict[str, Any]:
        """Return the personal fields of a contract, each with a canary of its own."""
        hints = get_type_hints(contract, include_extras=True)
        made = {name: self._made(hint) for name, hint in hints.items()}
        return {name: value for name, value in made.items() if value}

    def _made(self, hint: Any) -> Any:
        for part in _parts(hint):
            if is_dataclass(part) and isinstance(part, type):
                return self.filled(part)
            if isinstance(part, type) and issubclass(part, Personal):
                number = f"{len(self.canaries) + 11:02}"
                self.canaries.append(CANARIES[part].format(number, number))
                return self.canaries[-1]
        return None


def _parts(hint: Any) -> Iterator[Any]:
    """Yield what a type is made of, and what a validator behind it makes."""
    yield hint
    for part in get_args(hint):
        yield from _parts(part.func if isinstance(part, AfterValidator) else part)


@pytest.fixture
def cage() -> Cage:
    return Cage()


@pytest.fixture
def told(running: Running, migrated: None, cage: Cage) -> Running:
    """Give services that have taken in, told, followed and failed on a report full of canaries."""
    running.start(Breaking, PatrolService, CommandService)
    body = cage.filled(IncidentReport) | {
        "category": "05",
        "location": asdict(a_point_in(CELLS[0])),
    }
    opened = running.ask("patrol", "report_incident", actor=DESK, key="a", report=body)
    running.ask(
        "patrol",
        "take_step",
        actor=DESK,
        key="b",
        incident_id=opened["id"],
        step="accept",
        order=cage.filled(StepOrder),
    )
    eventually(lambda: running.count("grid", dead_letter) == 1)
    eventually(
        lambda: len(dossier(running, opened["matter_no"])) == running.count("patrol", outbox)
    )
    return running


def dossier(running: Running, matter_no: str) -> list[Any]:
    try:
        found = running.ask("command", "dossier", actor=DESK, matter_no=matter_no)
    except Exception:
        return []
    entries: list[Any] = found["entries"]
    return entries


def test_every_personal_field_has_one(cage: Cage) -> None:
    assert set(cage.filled(IncidentReport)) == {"title", "description", "contact"}
    assert set(cage.filled(StepOrder)) == {"note"}
    assert len(set(cage.canaries)) == 5


def test_none_is_found_in_any_database_or_log(
    told: Running, cage: Cage, caplog: pytest.LogCaptureFixture
) -> None:
    kept = b"\n".join(_all_that_is_kept(told))
    records = (*caplog.get_records("setup"), *caplog.records)
    logged = "\n".join(f"{record.getMessage()} {record.exc_text}" for record in records)

    assert b"patrol.incident.reported.v1" in kept  # it is looked for where things are
    for canary in cage.canaries:
        for writing in _writings(canary):
            assert writing not in kept, canary
        assert canary not in logged
    assert "event_died" in logged


def test_the_dead_letter_shows_which_fields_it_has_and_no_more(told: Running, cage: Cage) -> None:
    [letter] = told.ask("grid", "dead_letters")
    shown = told.ask("grid", "dead_letter", letter_id=letter["id"])

    assert shown["payload"]["personal"] == {"title": "***", "description": "***"}
    assert not any(canary in str(shown) for canary in cage.canaries)


def _writings(canary: str) -> list[bytes]:
    """Return a text in all the ways in which it might lie somewhere."""
    plain = canary.encode()
    escaped = canary.encode("ascii", "backslashreplace")
    # Base64 of a text depends on where it begins; the middle of each of three is the same.
    coded = [b64encode(b"x" * shift + plain)[4:-4] for shift in range(3)]
    return [plain, escaped, plain.hex().encode(), canary.encode("utf-16-le"), *coded]


def _all_that_is_kept(running: Running) -> Iterator[bytes]:
    if running.settings.is_embedded:
        for file in running.settings.data.rglob("*"):
            if file.is_file() and file.name != "keyring.json":
                yield file.read_bytes()
        return
    for service in SERVICES:
        database = running.database(service)
        url = running.settings.service_database_url(service).replace("+psycopg2", "")
        for table in inspect(database.engine).get_table_names(schema=service):
            with connected(url) as say:
                for (row,) in say(f'SELECT t::text FROM {service}."{table}" t'):  # noqa: S608
                    yield row.encode()
                    # Bytes are written in hexadecimal; what they say is looked through as well.
                    yield b"".join(
                        bytes.fromhex(part[:end])
                        for part in row.split("\\x")[1:]
                        if (end := _hex_length(part))
                    )


def _hex_length(part: str) -> int:
    length = next((n for n, sign in enumerate(part) if sign not in "0123456789abcdef"), len(part))
    return length - length % 2
