"""Keys rotate and everything is sealed anew while people report, step and read: nobody notices."""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import eventlet
import pytest
from sqlalchemy import func, select

from deploy.services import tables_of
from services.command.service import CommandService
from services.command.store.tables import dossier_table, matter_table
from services.patrol.service import PatrolService
from services.patrol.store.tables import incident_table, step_table
from shared.kernel.personal_data import plain
from shared.runtime.database import ServiceDatabase
from shared.runtime.keyring import KeyFile, with_new_key, without_key
from shared.runtime.resealing import (
    rows_behind,
    rows_under,
    seal_anew,
    sealed_tables,
)
from shared.runtime.tables import answered_command, inbox_position, outbox
from tests.brokers import eventually
from tests.builders.actor import a_duty_officer
from tests.component.command.conftest import HANDLER
from tests.component.district import CELLS, Grid, a_point_in
from tests.component.running import OwnBroker, Running

DESK = a_duty_officer()
SERVICES = ("patrol", "command")
PHONE = "13812345678"


@pytest.fixture
def keyring(own: OwnBroker, tmp_path: Path) -> KeyFile:
    """Give a keyring of this test's own, which everything here is sealed with."""
    own.keyring = tmp_path / "keyring.json"
    file = KeyFile(own.keyring)
    file.make()
    return file


@pytest.fixture
def running_district(keyring: KeyFile, running: Running, migrated: None) -> Running:
    running.start(Grid, PatrolService, CommandService)
    return running


def report(running: Running, number: int, key: str | None = None) -> dict[str, Any]:
    body = {
        "category": "05",
        "title": f"张三第{number}件",
        "description": "李四家门口",
        "location": asdict(a_point_in(CELLS[number % len(CELLS)])),
        "contact": {"name": "张三", "phone": PHONE},
    }
    opened: dict[str, Any] = running.ask(
        "patrol", "report_incident", actor=DESK, key=key, report=body
    )
    return opened


def take(running: Running, incident: dict[str, Any], step: str, key: str | None = None) -> Any:
    return running.ask(
        "patrol",
        "take_step",
        actor=DESK,
        key=key,
        incident_id=incident["id"],
        step=step,
        order={"note": "王五已看过"},
    )


def found_by_phone(running: Running) -> set[str]:
    found: set[str] = set()
    cursor = None
    while True:
        asked = {"phone": PHONE, "reason": "回访", "limit": 200, "cursor": cursor}
        page = running.ask("patrol", "incidents_by_contact", actor=DESK, asked=asked)
        found |= {item["id"] for item in page["items"]}
        if (cursor := page["next_cursor"]) is None:
            return found


def reencrypt(database: ServiceDatabase, service: str) -> int:
    dialect = database.engine.dialect.name
    sealed = 0
    for table in sealed_tables(tables_of(service), dialect):
        for rows in seal_anew(database, table):
            sealed += rows
            eventlet.sleep(0)
    return sealed


def left(running: Running, key_id: str) -> dict[str, int]:
    return {
        f"{service}.{table.table.name}": count
        for service in SERVICES
        for table in sealed_tables(
            tables_of(service), running.database(service).engine.dialect.name
        )
        if (count := rows_under(running.database(service), table, key_id))
    }


class Crowd:
    """People who report, take steps and read without a pause; each refusal is written down."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._is_over = False
        self.reported: list[dict[str, Any]] = []
        self.asked = 0
        self.failures: list[str] = []
        self._threads = [eventlet.spawn(self._work, each) for each in (self._writer, self._reader)]

    def stop(self) -> None:
        self._is_over = True
        for thread in self._threads:
            thread.wait()

    def has_reported(self, enough: int) -> bool:
        return len(self.reported) > enough

    def _work(self, act: Callable[[], None]) -> None:
        while not self._is_over:
            try:
                act()
            except Exception as error:
                self.failures.append(f"{act.__name__}: {type(error).__name__} {error}")
            self.asked += 1
            eventlet.sleep(0.002)

    def _writer(self) -> None:
        number = len(self.reported)
        opened = report(self._running, number, key=f"report-{number}")
        self.reported.append(opened)
        assert report(self._running, number, key=f"report-{number}") == opened
        take(self._running, opened, "accept", key=f"accept-{number}")

    def _reader(self) -> None:
        page = self._running.ask("patrol", "incidents", actor=DESK, where={}, limit=50)
        assert all(item["title"].startswith("张三第") for item in page["items"])
        if self.reported:
            seen = len(self.reported)
            assert {one["id"] for one in self.reported[:seen]} <= found_by_phone(self._running)


@pytest.fixture
def crowd(running_district: Running) -> Iterator[Crowd]:
    for number in range(120):
        report(running_district, number)
    crowd = Crowd(running_district)
    yield crowd
    crowd.stop()


def test_no_request_fails_and_nothing_is_unreadable_afterwards(
    running_district: Running, crowd: Crowd, keyring: KeyFile
) -> None:
    first = keyring.read().current
    for _ in range(2):
        enough = len(crowd.reported) + 10
        keyring.write(with_new_key(keyring.read()))
        eventually(partial(crowd.has_reported, enough))
        eventually(partial(seals_with_the_newest, running_district, keyring))
        for service in SERVICES:
            assert reencrypt(running_district.database(service), service) > 0
    # Those that sealed with the key before looked for another within a second.
    time.sleep(1.1)
    crowd.stop()
    for service in SERVICES:
        reencrypt(running_district.database(service), service)

    assert crowd.failures == []
    assert len(crowd.reported) > 20
    eventually(lambda: has_heard_all(running_district))
    for service in SERVICES:
        reencrypt(running_district.database(service), service)
    assert left(running_district, first) == {}
    keys = keyring.read()
    for key_id in set(keys.keys) - {keys.current}:
        keys = without_key(keys, key_id)
    keyring.write(keys)
    time.sleep(1.1)
    assert_all_is_readable(running_district)
    assert {one["id"] for one in crowd.reported} <= found_by_phone(running_district)
    rebuilt = running_district.ask("command", "rebuild_read_models", timeout_s=60)
    assert rebuilt["differences"] == 0


def seals_with_the_newest(running: Running, keyring: KeyFile) -> bool:
    """Tell whether a service has looked into the keyring since a key was added."""
    return running.database("patrol").sealer.keyring.keys.current == keyring.read().current


def has_heard_all(running: Running) -> bool:
    heard = select(func.sum(inbox_position.c.sequence)).where(inbox_position.c.handler == HANDLER)
    [(sequence,)] = running.rows("command", heard)
    return bool(sequence == running.count("patrol", outbox))


def assert_all_is_readable(running: Running) -> None:
    for row in running.rows("patrol", incident_table):
        assert plain(row.title).startswith("张三第")
        assert row.contact_phone.plain == PHONE
    assert {plain(row.note) for row in running.rows("patrol", step_table)} == {"王五已看过"}
    assert all(row.answer for row in running.rows("patrol", answered_command))
    sealer = running.database("patrol").sealer
    for row in running.rows("patrol", outbox):
        assert set(sealer.opened_body(row.event_type, row.payload)["personal"]) <= {
            "title",
            "description",
            "note",
        }
    assert running.rows("command", matter_table)
    assert running.rows("command", dossier_table)


def test_what_was_cut_short_goes_on_where_it_was(
    running_district: Running, keyring: KeyFile
) -> None:
    for number in range(230):
        report(running_district, number)
    eventually(lambda: has_heard_all(running_district))
    keyring.write(with_new_key(keyring.read()))
    time.sleep(1.1)
    database = running_district.database("patrol")
    [incidents] = [
        table
        for table in sealed_tables(tables_of("patrol"), database.engine.dialect.name)
        if table.table.name == "incident"
    ]
    total = rows_behind(database, incidents)

    first = next(seal_anew(database, incidents))

    assert rows_behind(database, incidents) == total - first
    assert sum(seal_anew(database, incidents)) == total - first
    assert rows_behind(database, incidents) == 0
    assert list(seal_anew(database, incidents)) == []
