"""A table is checked whole before anything is on record; confirmed it is written once, and sent again it changes nothing."""

from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import select

from services.register import wiring
from services.register.service import RegisterService
from services.register.store.tables import import_row_table, record_table
from services.register.usecases.write_rows import WriteRows
from shared.kernel.actor import PLATFORM, Actor
from shared.kernel.errors import Forbidden, Invalid, NotFound, RuleBroken
from shared.runtime.call import Call
from shared.runtime.outbox import Outbox
from shared.runtime.work import Work
from tests.brokers import eventually
from tests.builders.actor import a_duty_officer, a_grid_member
from tests.builders.register import a_citizen_number, a_house, a_person
from tests.component.district import CELLS, COMMUNITIES, Grid, a_point_in
from tests.component.register.conftest import DESK, Ask
from tests.component.running import Running

HEADINGS = ["姓名", "类型", "公民身份号码", "联系电话", "经度", "纬度", "房屋编号"]


def a_row(serial: int, cell: str = CELLS[0], **changed: str) -> list[str]:
    point = a_point_in(cell)
    said = {
        "姓名": f"张三{serial}",
        "类型": "户籍人口",
        "公民身份号码": a_citizen_number(serial=str(serial)),
        "联系电话": f"138000{serial:05}",
        "经度": str(point.lon),
        "纬度": str(point.lat),
        "房屋编号": "",
    } | changed
    return [said[heading] for heading in HEADINGS]


def send(ask: Ask, rows: list[list[str]], actor: Actor = DESK, at_once: int = 2) -> dict[str, Any]:
    order = {"kind": "person", "headings": HEADINGS, "rows": len(rows)}
    sent: dict[str, Any] = ask("begin_import", actor=actor, order=order)
    for first in range(0, len(rows), at_once):
        part = {"first": first + 1, "rows": rows[first : first + at_once]}
        sent = ask("add_import_rows", actor=actor, import_id=sent["id"], sent=part)
    return sent


def write(running: Running) -> int:
    with closing(Work(running.database("register"))) as work:
        return wiring.write_rows(work, Outbox(work, Call(actor=PLATFORM)))


def written(running: Running, ask: Ask, sent: dict[str, Any]) -> dict[str, Any]:
    """Write a confirmed import, or wait for the service's own round that was first; return how far it is."""
    write(running)
    eventually(lambda: ask("record_import", import_id=sent["id"])["state"] == "done")
    done: dict[str, Any] = ask("record_import", import_id=sent["id"])
    return done


def import_of(running: Running, ask: Ask, rows: list[list[str]]) -> dict[str, Any]:
    sent = send(ask, rows)
    ask("confirm_import", import_id=sent["id"])
    return written(running, ask, sent)


def test_a_good_table_is_on_record_once_it_is_confirmed(registering: Running, ask: Ask) -> None:
    sent = send(ask, [a_row(number) for number in (101, 103, 105)])

    assert (sent["state"], sent["checked"], sent["wrong"]) == ("checked", 3, 0)
    assert sent["will"] == {"create": 3}
    assert registering.count("register", record_table) == 1
    assert ask("confirm_import", import_id=sent["id"])["state"] == "writing"
    done = written(registering, ask, sent)
    assert (done["state"], done["done"], done["became"]) == ("done", 3, {"created": 3})
    people = ask("records", where={"kind": "person"})["items"]
    assert {each["personal"]["name"] for each in people} == {"张*"}
    assert len(people) == 3


def test_the_same_table_again_changes_nothing(registering: Running, ask: Ask) -> None:
    rows = [a_row(101), a_row(103, CELLS[4])]
    import_of(registering, ask, rows)
    before = registering.rows("register", select(record_table.c.id, record_table.c.version))
    again = import_of(registering, ask, rows)

    assert again["became"] == {"same": 2}
    assert registering.rows("register", select(record_table.c.id, record_table.c.version)) == before


def test_a_row_of_somebody_on_record_changes_what_it_says_and_where_he_lives(
    registering: Running, ask: Ask
) -> None:
    ask("register_record", order=a_house(CELLS[4], source_no="H-7"))
    import_of(registering, ask, [a_row(101)])
    row = a_row(101, 联系电话="13700001111", 经度="", 纬度="", 房屋编号="H-7")
    done = import_of(registering, ask, [row])

    assert done["became"] == {"changed": 1}
    [person] = ask("records", where={"kind": "person"})["items"]
    assert person["personal"]["phone"] == "137****1111"
    assert person["place"]["cell"]["code"] == CELLS[4]
    shown = ask("record", record_id=person["id"])
    assert [each["action"] for each in shown["history"]] == ["import", "import"]
    assert [each["kind"] for each in shown["relations"]] == ["lives_in"]


WRONG: list[tuple[dict[str, str], str]] = [
    ({"公民身份号码": "420802198504121230"}, "personal.id_number"),
    ({"公民身份号码": ""}, "source_no"),
    ({"姓名": ""}, "personal.name"),
    ({"类型": "外星人"}, "type"),
    ({"联系电话": "call me"}, "personal.phone"),
    ({"经度": "east"}, "location.lon"),
    ({"经度": "100"}, "location"),
    ({"房屋编号": "H-7"}, "location"),
    ({"经度": "", "纬度": "", "房屋编号": "H-404"}, "house_no"),
]


def test_every_error_is_told_by_its_row_and_nothing_is_written(
    registering: Running, ask: Ask
) -> None:
    rows = [a_row(101 + 2 * number, **changed) for number, (changed, _) in enumerate(WRONG)]
    sent = send(ask, [*rows, a_row(201), a_row(201)])
    first = ask("wrong_rows", import_id=sent["id"], limit=4)
    rest = ask("wrong_rows", import_id=sent["id"], cursor=first["next_cursor"])
    told = first["items"] + rest["items"]

    assert sent["state"] == "refused"
    assert [(each["row"], each["errors"][0]["field"]) for each in told] == [
        *((number, field) for number, (_, field) in enumerate(WRONG, 1)),
        (len(WRONG) + 2, "source_no"),
    ]
    assert told[-1]["errors"][0]["code"] == "repeated"
    assert "call me" not in repr(told)
    with pytest.raises(RuleBroken) as refusal:
        ask("confirm_import", import_id=sent["id"])
    assert refusal.value.code == "import_state"
    assert write(registering) == 0
    assert registering.count("register", record_table) == 1


def test_rows_that_come_twice_or_not_all_are_no_whole_table(ask: Ask) -> None:
    order = {"kind": "person", "headings": HEADINGS, "rows": 3}
    sent = ask("begin_import", order=order)
    for _ in range(2):
        part = {"first": 1, "rows": [a_row(101), a_row(103)]}
        sent = ask("add_import_rows", import_id=sent["id"], sent=part)

    assert (sent["state"], sent["checked"]) == ("receiving", 2)
    with pytest.raises(RuleBroken):
        ask("confirm_import", import_id=sent["id"])
    beyond = {"first": 9, "rows": [a_row(105)]}
    assert ask("add_import_rows", import_id=sent["id"], sent=beyond)["checked"] == 2


def test_a_heading_that_is_none_is_refused_before_any_row(ask: Ask) -> None:
    order = {"kind": "person", "headings": ["姓名", "爱好", "姓名"], "rows": 1}
    with pytest.raises(Invalid) as refusal:
        ask("begin_import", order=order)

    assert [(error.field, error.code) for error in refusal.value.errors] == [
        ("headings.1", "unknown_heading"),
        ("headings.2", "repeated"),
    ]


def test_an_import_is_its_senders_alone_and_reaches_his_place(ask: Ask) -> None:
    street = a_duty_officer("other", COMMUNITIES[0])
    sent = send(ask, [a_row(101), a_row(103, CELLS[7])], street)

    assert (sent["state"], sent["wrong"]) == ("refused", 1)
    with pytest.raises(NotFound):
        ask("record_import", import_id=sent["id"])
    with pytest.raises(Forbidden):
        send(ask, [a_row(101)], a_grid_member())


def test_a_record_that_was_changed_since_the_check_stays_as_it_was_changed(
    registering: Running, ask: Ask
) -> None:
    import_of(registering, ask, [a_row(101)])
    sent = send(ask, [a_row(101, 联系电话="13700001111"), a_row(103)])
    [person] = ask("records", where={"kind": "person"})["items"]
    change = {"version": 1, "type": "floating"}
    ask("change_record", record_id=person["id"], order=change)
    number = a_citizen_number(serial="103")
    ask("register_record", order=a_person(personal={"id_number": number}))
    ask("confirm_import", import_id=sent["id"])

    assert written(registering, ask, sent)["became"] == {"conflict": 2}
    assert ask("record", record_id=person["id"])["personal"]["phone"] != "137****1111"
    assert [each["row"] for each in ask("wrong_rows", import_id=sent["id"])["items"]] == [1, 2]


def test_killed_while_it_is_written_it_goes_on_where_it_was(
    registering: Running, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = send(ask, [a_row(number) for number in (101, 103, 105, 107)])
    monkeypatch.setattr(wiring, "AT_ONCE", 2)
    ask("confirm_import", import_id=sent["id"])
    # No round of the service's own may come between.
    registering.crash()
    usual, calls = WriteRows.__call__, []

    def dying(self: WriteRows, *, at_most: int) -> int:
        some = usual(self, at_most=at_most)
        calls.append(some)
        if len(calls) == 2:
            raise SystemError("killed")
        return some

    monkeypatch.setattr(WriteRows, "__call__", dying)
    with pytest.raises(SystemError):
        write(registering)
    assert registering.count("register", record_table) == 3
    registering.start(Grid, RegisterService, relays=False)

    assert written(registering, ask, sent)["became"] == {"created": 4}
    assert registering.count("register", record_table) == 5


def test_given_up_or_written_no_row_says_anything_any_more(registering: Running, ask: Ask) -> None:
    given_up = send(ask, [a_row(101)])
    assert ask("cancel_import", import_id=given_up["id"])["state"] == "cancelled"
    import_of(registering, ask, [a_row(103)])

    [left] = registering.rows("register", import_row_table)
    assert (left.said, left.key_digest) == ({}, None)
    with pytest.raises(RuleBroken):
        ask("confirm_import", import_id=given_up["id"])


def test_what_waits_for_confirmation_lies_sealed_and_not_for_ever(
    registering: Running, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(ask, [a_row(101)])
    with registering.database("register").reading() as connection:
        kept = [
            value for row in connection.exec_driver_sql("SELECT * FROM import_row") for value in row
        ]
    in_bytes = b"".join(bytes(each) for each in kept if isinstance(each, bytes | memoryview))
    assert "张三101".encode() not in in_bytes
    assert a_citizen_number(serial="101") not in repr(kept)

    monkeypatch.setattr(wiring, "IMPORTS_KEPT", wiring.IMPORTS_KEPT * 0)
    work = Work(registering.database("register"))
    assert wiring.forget_old_imports(work) == 1
    assert registering.count("register", import_row_table) == 0
