"""What people wrote of incidents that ended long ago goes everywhere, and all that is counted stays."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection, MetaData, select, update

from services.command.store import tables as command_tables
from services.patrol.store import forgetting
from services.patrol.store.incidents import SqlIncidentStore
from services.patrol.store.tables import incident_table
from services.patrol.store.tables import metadata as patrol_metadata
from services.patrol.wiring import anonymise_incidents
from shared.contracts.patrol import ANONYMISED, IncidentAnonymised
from shared.kernel.clock import china_now
from shared.runtime import dead_letters, resealing
from shared.runtime.call import Call
from shared.runtime.keyring import with_new_key
from shared.runtime.outbox import Outbox
from shared.runtime.resealing import seal_anew, sealed_tables
from shared.runtime.tables import answered_command, dead_letter, outbox
from shared.runtime.work import Work
from tests.builders.actor import a_citizen, a_duty_officer, a_grid_member
from tests.component.command.conftest import board_of
from tests.component.command.test_rebuild import rebuild
from tests.component.command.walking import Walkers, report
from tests.component.district import CELLS
from tests.component.running import Running

DESK, OTHER_DESK = a_duty_officer(), a_duty_officer("desk-2")
HANDLER = a_grid_member("canary-handler")
CANARIES = ("金丝雀标题", "金丝雀经过", "金丝雀处理", "金丝雀姓名", "13900001234", "canary-reporter", "canary-handler")  # fmt: skip
KEPT = timedelta(days=1095)
TABLES: dict[str, MetaData] = {"patrol": patrol_metadata, "command": command_tables.metadata}
ENDING = (
    ("accept", DESK),
    ("file", DESK),
    ("dispatch", DESK),
    ("sign", HANDLER),
    ("feedback", HANDLER),
    ("check", OTHER_DESK),
    ("close", DESK),
)


def a_report(running: Running, **changed: Any) -> dict[str, Any]:
    return report(
        running,
        CELLS[0],
        actor=a_citizen("canary-reporter"),
        title="金丝雀标题",
        description="金丝雀经过",
        contact={"name": "金丝雀姓名", "phone": "13900001234"},
        **changed,
    )


def end(running: Running, incident: dict[str, Any]) -> dict[str, Any]:
    """Let an incident go all its way."""
    for step, actor in ENDING:
        order = {"note": "金丝雀处理", "unit": "water", "files": ["f-1"]}
        incident = running.ask(
            "patrol",
            "take_step",
            actor=actor,
            incident_id=incident["id"],
            step=step,
            order=order,
        )
    return incident


def anonymise(running: Running, *, after: timedelta = KEPT + timedelta(minutes=1)) -> int:
    """Anonymise as the timer does, so long from now; return how many."""
    work = Work(running.database("patrol"))
    try:
        later = china_now() + after
        return anonymise_incidents(work, Outbox(work, Call()), KEPT, clock=lambda: later)
    finally:
        work.close()


def said_in(running: Running, service: str) -> str:
    """Return all that a service keeps beside its audit trail and answers, opened."""
    database = running.database(service)
    said = []
    with database.reading() as connection:
        for table in TABLES[service].sorted_tables:
            is_here = table.info.get("only_on", connection.dialect.name) == connection.dialect.name
            if is_here and table.name not in ("audit_entry", answered_command.name):
                for row in connection.execute(select(table)):
                    said.append("".join(str(opened(database, row, value)) for value in row))
    return "".join(said)


def opened(database: Any, row: Any, value: Any) -> Any:
    if isinstance(value, dict) and isinstance(value.get("personal"), str):
        return database.sealer.opened_body(row.event_type, value)
    if isinstance(value, dict):
        return orjson.dumps(value).decode()
    return getattr(value, "plain", value)


def lists_of(running: Running, **where: Any) -> list[dict[str, Any]]:
    items = running.ask("patrol", "incidents", actor=DESK, where=where, limit=200)["items"]
    return [without_people(item) for item in items]


def without_people(incident: dict[str, Any]) -> dict[str, Any]:
    """Return what is counted and shown of an incident, and neither text nor names."""
    personal = {"title", "description", "contact", "reported_by", "handler", "steps"}
    kept = {name: value for name, value in incident.items() if name not in personal}
    steps = [
        {name: value for name, value in step.items() if name not in ("by", "note")}
        for step in incident.get("steps", ())
    ]
    return kept | {"steps": steps}


def counted(running: Running, matter: dict[str, Any]) -> dict[str, Any]:
    dossier = running.ask("command", "dossier", actor=DESK, matter_no=matter["matter_no"])
    entries = [
        {name: value for name, value in entry.items() if name not in ("by", "note")}
        for entry in dossier.pop("entries")
        if entry["event_type"] != IncidentAnonymised.event_type
    ]
    del dossier["title"]
    incident = running.ask("patrol", "incident", actor=DESK, incident_id=matter["id"])
    return {
        "boards": [board_of(running, place=place, period="all") for place in ("*", CELLS[0])],
        "lists": [lists_of(running), lists_of(running, open_only=True), lists_of(running, state=["closed"])],
        "incident": without_people(incident),
        "dossier": dossier,
        "entries": entries,
    }  # fmt: skip


@pytest.fixture
def ended(district: Running, catch_up: Callable[[], None]) -> dict[str, Any]:
    """Give an incident full of canaries that has gone all its way, beside many others under way."""
    Walkers(district, seed=3).walk(40)
    incident = end(district, a_report(district))
    catch_up()
    return incident


def test_text_and_names_go_everywhere_and_every_count_stays(
    district: Running, ended: dict[str, Any], catch_up: Callable[[], None]
) -> None:
    kept = {service: said_in(district, service) for service in TABLES}
    assert all(canary in "".join(kept.values()) for canary in CANARIES)
    before = counted(district, ended)

    assert anonymise(district) > 0
    catch_up()

    assert counted(district, ended) == before
    for service in TABLES:
        assert [canary for canary in CANARIES if canary in said_in(district, service)] == []
    shown = district.ask("patrol", "incident", actor=DESK, incident_id=ended["id"])
    assert (shown["title"], shown["description"]) == (ANONYMISED, "")
    assert (shown["reported_by"], shown["handler"], shown["contact"]) == (None, None, None)
    assert {(step["by"], step["note"]) for step in shown["steps"]} == {(None, "")}


def test_search_finds_it_by_number_and_place_and_no_more_by_what_was_written(
    district: Running, ended: dict[str, Any], catch_up: Callable[[], None]
) -> None:
    def found(question: str) -> list[str]:
        page = district.ask("command", "search", actor=DESK, q=question)
        return [item["matter_no"] for item in page["items"]]

    assert found("金丝雀") == [ended["matter_no"]]
    anonymise(district)
    catch_up()

    assert found("金丝雀") == []
    assert found(ended["matter_no"]) == [ended["matter_no"]]
    assert ended["matter_no"] in found(CELLS[0])


def test_a_rebuild_does_not_bring_it_back(
    district: Running, ended: dict[str, Any], catch_up: Callable[[], None]
) -> None:
    anonymise(district)
    catch_up()

    assert rebuild(district)["differences"] == 0
    assert not any(canary in said_in(district, "command") for canary in CANARIES)


def test_it_is_done_once(
    district: Running, ended: dict[str, Any], catch_up: Callable[[], None]
) -> None:
    anonymised = anonymise(district)
    told = district.count("patrol", outbox)

    assert anonymise(district) == 0
    assert district.count("patrol", outbox) == told
    is_it = outbox.c.event_type == IncidentAnonymised.event_type
    assert district.count("patrol", outbox, is_it) == anonymised


def test_what_is_open_or_ended_of_late_or_was_begun_anew_stays(
    district: Running, catch_up: Callable[[], None]
) -> None:
    running = a_report(district)
    late, reopened = end(district, a_report(district)), end(district, a_report(district))
    with district.database("patrol").writing() as connection:
        connection.execute(
            update(incident_table)
            .where(incident_table.c.id == reopened["id"])
            .values(is_open=True, state="handling")
        )

    assert anonymise(district, after=KEPT - timedelta(minutes=1)) == 0
    assert anonymise(district) == 1

    titles = {
        each["id"]: district.ask("patrol", "incident", actor=DESK, incident_id=each["id"])["title"]
        for each in (running, late, reopened)
    }
    assert titles == {
        running["id"]: "金丝雀标题",
        late["id"]: ANONYMISED,
        reopened["id"]: "金丝雀标题",
    }


def test_one_that_is_closed_off_later_is_due_again(
    district: Running, ended: dict[str, Any], catch_up: Callable[[], None]
) -> None:
    anonymise(district)
    district.ask(
        "patrol",
        "close_off_incident",
        incident_id=ended["id"],
        order={"units": ["water"], "reason": "回避"},
    )

    assert anonymise(district) == 1
    catch_up()
    assert "everybody" not in said_in(district, "command")


def test_what_was_broken_off_is_done_the_next_time(
    district: Running, ended: dict[str, Any]
) -> None:
    work = Work(district.database("patrol"))
    later = china_now() + KEPT + timedelta(minutes=1)
    with work.begin():
        assert SqlIncidentStore(work).anonymise(later - KEPT, at=later, at_most=50)
    work.close()  # as when the process ends before it is kept
    assert "金丝雀标题" in said_in(district, "patrol")

    assert anonymise(district) > 0

    assert "金丝雀标题" not in said_in(district, "patrol")


def test_its_dead_letters_go_too(
    district: Running, ended: dict[str, Any], catch_up: Callable[[], None]
) -> None:
    with district.database("command").writing() as connection:
        for aggregate in (ended["id"], "another"):
            dead_letters.keep(connection, {"aggregate_id": aggregate}, {"note": "金丝雀处理"})

    anonymise(district)
    catch_up()

    [left] = district.rows("command", dead_letter)
    assert left.headers["aggregate_id"] == "another"


def test_sealing_anew_at_the_same_moment_does_not_bring_it_back(
    district: Running, ended: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    database = district.database("patrol")
    keyring: Any = database.sealer.keyring
    monkeypatch.setattr(keyring, "_keys", with_new_key(keyring.keys))
    monkeypatch.setattr(keyring, "_look_at", float("inf"))
    write = resealing._write

    def write_after_it_was_forgotten(connection: Connection, *what: Any) -> None:
        now = china_now()
        forgetting.anonymise(connection, now + timedelta(minutes=1), at=now, at_most=50)
        write(connection, *what)

    monkeypatch.setattr(resealing, "_write", write_after_it_was_forgotten)
    [told] = [each for each in sealed_tables(patrol_metadata, "") if each.bodies]
    assert sum(seal_anew(database, told)) > 0

    assert "金丝雀处理" not in said_in(district, "patrol")
