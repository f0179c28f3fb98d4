"""Whom to ask about a report: masked for everybody, in clear for who says why, and found by telephone."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from services.patrol.service import PatrolService
from services.patrol.store.tables import incident_table
from services.patrol.wiring import forget_contacts
from shared.kernel.actor import Actor, Right
from shared.kernel.clock import china_now
from shared.kernel.errors import Forbidden, Invalid, NotFound
from shared.kernel.rights import Role
from shared.runtime.audit import trail
from shared.runtime.work import Work
from tests.builders.actor import a_citizen, a_duty_officer, a_grid_member
from tests.component.district import CELLS, Grid
from tests.component.patrol.test_commands import report, take
from tests.component.running import Running

NAME, PHONE = "张三丰", "13812345678"
CONTACT = {"name": NAME, "phone": PHONE}
MASKED = {"name": "张*", "phone": "138****5678"}
DESK = a_duty_officer()


@pytest.fixture
def patrolling(patrol: Running) -> Running:
    patrol.start(Grid, PatrolService, relays=False)
    return patrol


def a_petition_clerk(place_code: str) -> Actor:
    return Actor.of("clerk", Role.PETITION_CLERK, place_code=place_code)


def contact(
    running: Running, incident: dict[str, Any], actor: Actor = DESK, reason: str = "回访"
) -> Any:
    shown = running.ask(
        "patrol",
        "contact",
        actor=actor,
        incident_id=incident["id"],
        asked={"reason": reason},
    )
    return shown["contact"]


def found(running: Running, phone: str, actor: Actor = DESK, **asked: Any) -> list[str]:
    page = running.ask(
        "patrol",
        "incidents_by_contact",
        actor=actor,
        asked={"phone": phone, "reason": "重复来电"} | asked,
    )
    return [item["id"] for item in page["items"]]


def noted(running: Running) -> list[tuple[str, str, Any, str]]:
    """Return who read what is personal, of which matter, and why."""
    with running.database("patrol").reading() as connection:
        return [
            (row["account"], row["action"], row["about"], row["reason"])
            for row in trail(connection)
            if row["outcome"] == "read"
        ]


class TestContact:
    def test_is_masked_wherever_the_incident_is_shown(self, patrolling: Running) -> None:
        opened = report(patrolling, contact=CONTACT)
        moved = take(patrolling, opened, "accept")
        listed = patrolling.ask("patrol", "incidents", actor=DESK, where={})["items"]
        one = patrolling.ask("patrol", "incident", actor=DESK, incident_id=opened["id"])

        assert opened["contact"] == moved["contact"] == one["contact"] == MASKED
        assert [item["contact"] for item in listed if item["id"] == opened["id"]] == [MASKED]

    def test_may_be_left_out(self, patrolling: Running) -> None:
        assert report(patrolling)["contact"] is None

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"name": "张三"}, "report.contact.phone"),
            ({"name": "", "phone": PHONE}, "report.contact.name"),
            ({"name": "张三", "phone": "call me"}, "report.contact.phone"),
            ({"name": "张三", "phone": "1" * 33}, "report.contact.phone"),
        ],
    )
    def test_that_is_none_is_refused(
        self, patrolling: Running, wrong: dict[str, str], field: str
    ) -> None:
        with pytest.raises(Invalid) as refusal:
            report(patrolling, contact=wrong)

        assert [error.field for error in refusal.value.errors] == [field]

    def test_lies_sealed_in_the_database(self, patrolling: Running) -> None:
        report(patrolling, contact=CONTACT)

        database = patrolling.database("patrol")
        with database.reading() as connection:
            rows = connection.exec_driver_sql("SELECT * FROM incident").all()
        assert NAME.encode() not in b"".join(
            bytes(value) for row in rows for value in row if isinstance(value, bytes | memoryview)
        )
        assert PHONE not in repr(rows)


class TestContactInClear:
    def test_is_for_the_duty_officer_and_the_handler(self, patrolling: Running) -> None:
        opened = report(patrolling, contact=CONTACT)
        take(patrolling, opened, "accept")
        take(patrolling, opened, "file")
        take(patrolling, opened, "dispatch", unit="city")
        take(patrolling, opened, "sign", a_grid_member("wang"))

        assert contact(patrolling, opened) == CONTACT
        assert contact(patrolling, opened, a_grid_member("wang")) == CONTACT
        with pytest.raises(Forbidden) as refusal:
            contact(patrolling, opened, a_grid_member("li"))
        assert refusal.value.code == "personal_not_yours"

    def test_leaves_a_note_of_each_who_saw_it(self, patrolling: Running) -> None:
        opened = report(patrolling, contact=CONTACT)

        contact(patrolling, opened)
        with pytest.raises(Forbidden):
            contact(patrolling, opened, a_grid_member("li"))

        assert noted(patrolling) == [("desk", "patrol.contact", opened["matter_no"], "回访")]

    @pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
    def test_needs_a_reason(self, patrolling: Running, reason: str) -> None:
        opened = report(patrolling, contact=CONTACT)

        with pytest.raises(Invalid):
            contact(patrolling, opened, reason=reason)

        assert noted(patrolling) == []

    def test_is_not_of_another_district(self, patrolling: Running) -> None:
        opened = report(patrolling, actor=a_citizen("zhang"), contact=CONTACT)

        with pytest.raises(NotFound) as refusal:
            contact(patrolling, opened, a_duty_officer(place_code="110101"))
        assert refusal.value.code == "no_such_incident"

    def test_is_for_the_petition_clerk_of_the_place(self, patrolling: Running) -> None:
        opened = report(patrolling, contact=CONTACT, cell=CELLS[0])

        assert contact(patrolling, opened, a_petition_clerk(CELLS[0])) == CONTACT
        with pytest.raises(NotFound):
            contact(patrolling, opened, a_petition_clerk(CELLS[-1]))

    def test_is_not_for_who_only_reads_at_the_place(self, patrolling: Running) -> None:
        opened = report(patrolling, contact=CONTACT)

        with pytest.raises(Forbidden) as refusal:
            contact(patrolling, opened, Actor.of("clerk", Role.BLACKLIST_CLERK, place_code="*"))
        assert refusal.value.code == "not_permitted"

    def test_is_not_for_whom_the_incident_is_closed_to(self, patrolling: Running) -> None:
        opened = report(patrolling, contact=CONTACT)
        take(patrolling, opened, "accept")
        take(patrolling, opened, "file")
        take(patrolling, opened, "dispatch", unit="city")
        take(patrolling, opened, "sign", a_grid_member("wang"))
        closing = {"accounts": ["wang", "other desk"], "reason": "回避"}
        patrolling.ask(
            "patrol", "close_off_incident", actor=DESK, incident_id=opened["id"], order=closing
        )
        closed_to = (a_grid_member("wang"), a_duty_officer("other desk"))

        for actor in closed_to:
            with pytest.raises(NotFound):
                contact(patrolling, opened, actor)
        assert contact(patrolling, opened) == CONTACT
        assert found(patrolling, PHONE, closed_to[1]) == []
        assert found(patrolling, PHONE) == [opened["id"]]

    def test_of_an_anonymous_report_is_for_nobody(self, patrolling: Running) -> None:
        opened = report(patrolling, actor=a_citizen("zhang"), contact=CONTACT, anonymous=True)

        assert opened["contact"] is None
        assert contact(patrolling, opened) is None
        assert found(patrolling, PHONE) == []
        [row] = patrolling.rows(
            "patrol", select(incident_table).where(incident_table.c.id == opened["id"])
        )
        assert row.contact_phone.plain == PHONE


class TestByContact:
    def test_finds_what_names_the_number_newest_first(self, patrolling: Running) -> None:
        first = report(patrolling, contact=CONTACT)
        report(patrolling, contact=CONTACT | {"phone": "13812345679"})
        second = report(patrolling, contact=CONTACT | {"phone": "+86 138-1234-5678"})

        assert found(patrolling, PHONE) == [second["id"], first["id"]]
        assert found(patrolling, "13800000000") == []

    def test_finds_nothing_beyond_ones_reach(self, patrolling: Running) -> None:
        opened = report(patrolling, actor=a_citizen("zhang"), contact=CONTACT, cell=CELLS[0])

        assert found(patrolling, PHONE, a_duty_officer(place_code=CELLS[0])) == [opened["id"]]
        assert found(patrolling, PHONE, a_duty_officer(place_code=CELLS[-1])) == []

    def test_finds_where_one_may_read_what_is_personal_and_nowhere_else(
        self, patrolling: Running
    ) -> None:
        opened = report(patrolling, actor=a_citizen("zhang"), contact=CONTACT, cell=CELLS[0])
        member_there = Right(role=Role.GRID_MEMBER, place_code=CELLS[0])
        desk_elsewhere = Right(role=Role.DUTY_OFFICER, place_code=CELLS[-1])
        both = Actor(account="both", rights=(member_there, desk_elsewhere))

        assert found(patrolling, PHONE, both) == []
        assert found(patrolling, PHONE) == [opened["id"]]
        with pytest.raises(Forbidden):
            contact(patrolling, opened, both)

    def test_is_for_who_is_on_duty(self, patrolling: Running) -> None:
        with pytest.raises(Forbidden):
            found(patrolling, PHONE, a_grid_member())

    def test_leaves_a_note_also_when_nothing_is_found(self, patrolling: Running) -> None:
        opened = report(patrolling, contact=CONTACT)

        found(patrolling, PHONE)
        found(patrolling, "13800000000")

        assert noted(patrolling) == [
            ("desk", "patrol.incidents_by_contact", opened["matter_no"], "重复来电"),
            ("desk", "patrol.incidents_by_contact", None, "重复来电"),
        ]


class TestForgetting:
    def test_is_of_what_ended_long_ago_and_leaves_all_else(self, patrolling: Running) -> None:
        opened = report(patrolling, contact=CONTACT)
        ended = report(patrolling, contact=CONTACT)
        take(patrolling, ended, "cancel", note="重复")
        anonymous = report(patrolling, contact=CONTACT, anonymous=True)
        take(patrolling, anonymous, "cancel", note="重复")
        work = Work(patrolling.database("patrol"))
        later = china_now() + timedelta(days=180, seconds=1)

        early = forget_contacts(work, timedelta(days=180))
        forgotten = forget_contacts(work, timedelta(days=180), clock=lambda: later)
        work.close()

        assert (early, forgotten) == (0, 2)
        assert found(patrolling, PHONE) == [opened["id"]]
        shown = patrolling.ask("patrol", "incident", actor=DESK, incident_id=ended["id"])
        assert (shown["contact"], shown["title"], shown["state"]) == (None, "垃圾成堆", "cancelled")
        [row] = patrolling.rows(
            "patrol", select(incident_table).where(incident_table.c.id == anonymous["id"])
        )
        assert (row.contact_name, row.contact_phone) == (None, None)
