"""Reports and steps over the bus: what is kept, what is answered, what is told."""

from dataclasses import asdict
from typing import Any

import eventlet
import pytest
from sqlalchemy import select

from services.patrol.service import PatrolService
from services.patrol.store.tables import incident_table, step_table
from shared.contracts.incident_steps import INCIDENT_STEPS
from shared.kernel.actor import Actor
from shared.kernel.errors import Forbidden, Invalid, NotFound, RuleBroken, Unavailable
from shared.kernel.matter_no import checked_matter_no
from shared.runtime import audit
from shared.runtime.tables import outbox
from tests.builders.actor import a_citizen, a_duty_officer, a_grid_member
from tests.component.district import CELLS, NOWHERE, Grid, a_point_in
from tests.component.running import Running
from tests.plans import statements
from tests.profiles import only_production

DESK = a_duty_officer()
THE_WHOLE_WAY: tuple[tuple[str, Actor, dict[str, Any]], ...] = (
    ("accept", DESK, {}),
    ("file", DESK, {}),
    ("dispatch", DESK, {"unit": "urban-management"}),
    ("sign", a_grid_member("wang"), {}),
    ("feedback", a_grid_member("wang"), {"note": "已清理", "files": ["f-1"]}),
    ("check", a_grid_member("li"), {}),
    ("close", DESK, {"note": "结案"}),
)


@pytest.fixture
def patrolling(patrol: Running) -> Running:
    patrol.start(Grid, PatrolService, relays=False)
    return patrol


def a_body(*, cell: str = CELLS[0], **changed: Any) -> dict[str, Any]:
    return {"category": "05", "title": "垃圾成堆", "location": asdict(a_point_in(cell))} | changed


def report(
    running: Running, *, actor: Actor = DESK, key: str | None = None, **changed: Any
) -> dict[str, Any]:
    opened: dict[str, Any] = running.ask(
        "patrol", "report_incident", actor=actor, key=key, report=a_body(**changed)
    )
    return opened


def take(
    running: Running, incident: dict[str, Any], step: str, actor: Actor = DESK, **order: Any
) -> dict[str, Any]:
    moved: dict[str, Any] = running.ask(
        "patrol", "take_step", actor=actor, incident_id=incident["id"], step=step, order=order
    )
    return moved


def told_of(running: Running, incident: dict[str, Any]) -> list[Any]:
    of_incident = select(outbox).where(outbox.c.aggregate_id == incident["id"])
    return list(running.rows("patrol", of_incident.order_by(outbox.c.sequence)))


class TestReportIncident:
    def test_answers_what_the_edge_shows(self, patrolling: Running) -> None:
        opened = report(patrolling, actor=a_citizen("zhang"), description="桥下", severity="L2")

        assert checked_matter_no(opened["matter_no"]) == opened["matter_no"]
        expected = {
            "state": "reported",
            "level": "street",
            "category": "05",
            "severity": "L2",
            "source": "citizen",
            "title": "垃圾成堆",
            "description": "桥下",
            "location": {"lon": 112, "lat": 31.05, "crs": "wgs84", "accuracy_m": None},
            "given_location": {"lon": 112, "lat": 31.05, "crs": "wgs84"},
            "reported_by": "zhang",
            "anonymous": False,
            "files": [],
            "unit": None,
            "handler": None,
            "rework_count": 0,
            "return_count": 0,
            "duplicate_of": None,
            "steps": [],
        }
        assert {name: opened[name] for name in expected} == expected
        assert opened["place"]["cell"]["code"] == CELLS[0]
        assert opened["observed_at"] == opened["reported_at"] == opened["updated_at"]
        assert opened["reported_at"].endswith("+08:00")

    def test_keeps_one_row_and_tells_one_event(self, patrolling: Running) -> None:
        opened = report(patrolling)

        [event] = told_of(patrolling, opened)
        assert (event.event_type, event.sequence) == ("patrol.incident.reported.v1", 1)
        assert event.payload["matter_no"] == opened["matter_no"]
        assert event.headers["nameko.matter_no"] == opened["matter_no"]
        assert event.headers["nameko.account"] == "desk"

    def test_is_done_once_under_one_key(self, patrolling: Running) -> None:
        first = report(patrolling, key="k-1")

        again = report(patrolling, key="k-1")

        assert again == first
        assert len(told_of(patrolling, first)) == 1
        assert (
            patrolling.count("patrol", incident_table, incident_table.c.reported_by == "desk") == 1
        )

    @only_production("SQLite has kept one before the next has come")
    def test_keeps_what_comes_in_one_moment_together(self, patrolling: Running) -> None:
        report(patrolling)  # whoever comes alone waits for nobody
        pool = eventlet.GreenPool(16)

        with statements(patrolling.database("patrol")) as said:
            numbers = list(pool.imap(lambda _: report(patrolling)["matter_no"], range(16)))

        assert len(set(numbers)) == 16
        written = [each for each, _ in said if each.startswith("INSERT INTO incident ")]
        assert 1 <= len(written) <= 8

    def test_numbers_without_gap_when_many_come_at_once(self, patrolling: Running) -> None:
        pool = eventlet.GreenPool(20)

        def one(number: int) -> str | None:
            try:
                return str(
                    report(patrolling, category="99" if number % 4 == 0 else "05")["matter_no"]
                )
            except Invalid:
                return None

        numbers = sorted(number for number in pool.imap(one, range(24)) if number)

        assert [number[10:16] for number in numbers] == [f"{n:06}" for n in range(1, 19)]

    def test_names_an_anonymous_reporter_nowhere_but_in_his_own_row(
        self, patrolling: Running
    ) -> None:
        opened = report(patrolling, actor=a_citizen("zhang"), anonymous=True)

        assert opened["reported_by"] == "zhang"
        seen_by_others = patrolling.ask("patrol", "incident", actor=DESK, incident_id=opened["id"])
        assert seen_by_others["reported_by"] is None
        assert "zhang" not in str(told_of(patrolling, opened))
        assert "zhang" not in str(patrolling.ask("patrol", "events_of", aggregate_id=opened["id"]))

    def test_outside_is_refused_and_leaves_nothing(self, patrolling: Running) -> None:
        with pytest.raises(Invalid, match="outside_district"):
            patrolling.ask("patrol", "report_incident", report=a_body(location=asdict(NOWHERE)))

        assert patrolling.count("patrol", outbox) == 0

    def test_outside_is_opened_for_a_duty_officer_who_says_so(self, patrolling: Running) -> None:
        opened = report(patrolling, location=asdict(NOWHERE), accept_outside=True)

        assert opened["place"]["status"] == "outside"
        assert opened["place"]["cell"] is None

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"title": ""}, "report.title"),
            ({"title": "字" * 201}, "report.title"),
            ({"severity": "L9"}, "report.severity"),
            ({"location": {"lon": 112}}, "report.location.lat"),
            ({"observed_at": "yesterday"}, "report.observed_at"),
            ({"observed_at": "2026-11-23T08:00:00"}, "observed_at"),
            ({"observed_at": "0001-01-01T00:00:00+08:00"}, "observed_at"),
            ({"observed_at": "9999-12-31T23:59:59-08:00"}, "observed_at"),
            ({"files": ["f"] * 21}, "report.files"),
            ({"category": "99"}, "category"),
        ],
    )
    def test_names_the_field_that_is_wrong(
        self, patrolling: Running, wrong: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(Invalid) as refusal:
            report(patrolling, **wrong)

        assert [error.field for error in refusal.value.errors] == [field]

    def test_waits_for_no_grid_that_is_away(self, patrol: Running) -> None:
        patrol.start(PatrolService, relays=False)

        with pytest.raises(Unavailable) as refusal:
            report(patrol)

        assert refusal.value.code == "service_away"
        assert patrol.count("patrol", outbox) == 0


class TestTakeStep:
    def test_leads_an_incident_from_report_to_closure(self, patrolling: Running) -> None:
        incident = report(patrolling)

        states = [
            take(patrolling, incident, step, actor, **order)["state"]
            for step, actor, order in THE_WHOLE_WAY
        ]

        assert states == [
            "accepted",
            "filed",
            "dispatched",
            "handling",
            "feedback",
            "checked",
            "closed",
        ]
        closed = patrolling.ask("patrol", "incident", actor=DESK, incident_id=incident["id"])
        assert (closed["handler"], closed["unit"]) == ("wang", "urban-management")

    def test_keeps_the_history_in_its_order(self, patrolling: Running) -> None:
        incident = report(patrolling)
        for step, actor, order in THE_WHOLE_WAY:
            take(patrolling, incident, step, actor, **order)

        steps = patrolling.ask("patrol", "incident", incident_id=incident["id"])["steps"]
        assert [step["step"] for step in steps] == [step for step, _, _ in THE_WHOLE_WAY]
        assert [step["from_state"] for step in steps[1:]] == [s["to_state"] for s in steps[:-1]]
        assert (steps[4]["by"], steps[4]["note"], steps[4]["files"]) == ("wang", "已清理", ["f-1"])

    def test_tells_of_each_step_in_its_order(self, patrolling: Running) -> None:
        incident = report(patrolling)
        for step, actor, order in THE_WHOLE_WAY:
            take(patrolling, incident, step, actor, **order)

        told = told_of(patrolling, incident)

        assert [event.sequence for event in told] == list(range(1, 9))
        assert [event.event_type for event in told[1:]] == [
            INCIDENT_STEPS[step].event_type for step, _, _ in THE_WHOLE_WAY
        ]
        assert [event.payload["from_state"] for event in told[2:]] == [
            event.payload["state"] for event in told[1:-1]
        ]

    def test_out_of_turn_changes_nothing(self, patrolling: Running) -> None:
        incident = report(patrolling)

        with pytest.raises(RuleBroken, match="What may follow: accept, answer, attach, cancel"):
            take(patrolling, incident, "close")

        found = patrolling.ask("patrol", "incident", actor=DESK, incident_id=incident["id"])
        assert found | incident == found
        assert len(told_of(patrolling, incident)) == 1

    def test_of_two_at_once_one_comes_out_of_turn(self, patrolling: Running) -> None:
        incident = report(patrolling)

        def accept(_: int) -> str:
            try:
                return str(take(patrolling, incident, "accept")["state"])
            except RuleBroken as refusal:
                return refusal.code

        outcomes = sorted(eventlet.GreenPool(5).imap(accept, range(5)))

        assert outcomes == ["accepted"] + ["step_out_of_turn"] * 4
        assert (
            patrolling.count("patrol", step_table, step_table.c.incident_id == incident["id"]) == 1
        )

    def test_is_not_for_those_who_do_not_reach_it(self, patrolling: Running) -> None:
        incident = report(patrolling, cell=CELLS[0])

        with pytest.raises(NotFound, match="no_such_incident"):
            take(patrolling, incident, "accept", a_duty_officer("li", CELLS[1]))
        with pytest.raises(Forbidden, match="not_permitted"):
            take(patrolling, incident, "accept", a_citizen())

        assert take(patrolling, incident, "accept", a_duty_officer(place_code=CELLS[0]))

    def test_with_a_note_too_long_is_refused(self, patrolling: Running) -> None:
        incident = report(patrolling)

        with pytest.raises(Invalid) as refusal:
            take(patrolling, incident, "cancel", note="字" * 2001)

        assert [error.field for error in refusal.value.errors] == ["order.note"]


class TestCloseOff:
    def test_keeps_why_in_the_trail_and_who_reads_it_afterwards(self, patrolling: Running) -> None:
        incident = report(patrolling)
        closing = {"units": ["accused-bureau"], "reason": "被举报单位回避"}

        closed = patrolling.ask(
            "patrol",
            "close_off_incident",
            actor=DESK,
            incident_id=incident["id"],
            order=closing,
        )
        patrolling.ask("patrol", "incident", actor=DESK, incident_id=incident["id"])
        patrolling.ask("patrol", "incidents", actor=DESK, where={})

        assert closed["closed_off"]
        with patrolling.database("patrol").reading() as connection:
            *_, ordered, read, listed = audit.trail(connection)
        assert (ordered["action"], ordered["reason"]) == (
            "patrol.close_off_incident",
            "被举报单位回避",
        )
        assert (read["action"], read["outcome"]) == ("patrol.incident", "read")
        assert listed["action"] == "patrol.incidents"
        assert {row["about"] for row in (ordered, read, listed)} == {incident["matter_no"]}

    def test_shows_nothing_to_whom_it_is_closed(self, patrolling: Running) -> None:
        incident = report(patrolling, closed_to={"accounts": ["li"]})
        li = a_duty_officer("li")

        with pytest.raises(NotFound, match="no_such_incident"):
            patrolling.ask("patrol", "incident", actor=li, incident_id=incident["id"])
        with pytest.raises(NotFound, match="no_such_incident"):
            take(patrolling, incident, "accept", li)
        found = patrolling.ask("patrol", "incidents", actor=li, where={})
        assert incident["id"] not in [item["id"] for item in found["items"]]
