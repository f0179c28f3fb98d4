"""Routing rules over the bus: written, tried, put in force by another, followed by each report, and reported when they fail."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from services.patrol.domain.incident import State
from services.patrol.service import PatrolService
from services.patrol.store.routing import SqlRoutingStore, newest_set, rules_in_force
from services.patrol.store.tables import (
    incident_table,
    routing_finding_table,
    routing_rule_table,
    routing_set_table,
)
from services.patrol.wiring import TRIALS_AT_ONCE, trial_turn
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.clock import china_now
from shared.kernel.errors import Forbidden, NotFound, RuleBroken, Unavailable
from shared.kernel.ids import new_id
from shared.kernel.rights import Role
from shared.runtime.tables import outbox
from shared.runtime.work import Work
from tests.builders.actor import a_duty_officer
from tests.builders.incident import an_incident
from tests.builders.routing import a_rule, a_set
from tests.component.district import CELLS, COMMUNITIES, STREETS, Grid, place_of_cell
from tests.component.patrol.conftest import enter
from tests.component.patrol.test_commands import report, take, told_of
from tests.component.running import Running

DESK = a_duty_officer(place_code=WHOLE_TREE)
ADMIN = Actor.of("admin", Role.SYSTEM_ADMINISTRATOR, place_code=WHOLE_TREE)


@pytest.fixture
def patrolling(patrol: Running) -> Running:
    patrol.start(Grid, PatrolService, relays=False)
    return patrol


def says(*, department: str = "ecology", **changed: Any) -> dict[str, Any]:
    rule = {"zh": "环境类事件", "en": "Environment", "priority": 10}
    return rule | {"target": {"department": department}} | changed


def draft(running: Running, rule_id: str | None = None, **changed: Any) -> dict[str, Any]:
    kept: dict[str, Any] = running.ask(
        "patrol", "draft_routing_rule", actor=DESK, says=says(**changed), rule_id=rule_id
    )
    return kept


def activate(running: Running, rule: dict[str, Any]) -> dict[str, Any]:
    active: dict[str, Any] = running.ask(
        "patrol", "activate_routing_rule", actor=ADMIN, rule_id=rule["rule"], order={}
    )
    return active


def in_force(running: Running, **changed: Any) -> dict[str, Any]:
    return activate(running, draft(running, **changed))


def set_department(running: Running, code: str, *, is_open: bool) -> dict[str, Any]:
    order = {"zh": "部门", "en": "Department", "is_open": is_open}
    done: dict[str, Any] = running.ask(
        "patrol", "set_department", actor=ADMIN, code=code, order=order
    )
    return done


def findings(running: Running, **asked: Any) -> list[dict[str, Any]]:
    page = running.ask("patrol", "routing_findings", actor=DESK, **asked)
    return list(page["items"])


def a_trial(**changed: Any) -> dict[str, Any]:
    now = china_now()
    period = {"since": now - timedelta(days=30), "until": now + timedelta(minutes=1)}
    return {name: moment.isoformat() for name, moment in period.items()} | changed


def try_rules(running: Running, actor: Actor = DESK, **changed: Any) -> dict[str, Any]:
    result: dict[str, Any] = running.ask(
        "patrol", "try_routing_rules", actor=actor, trial=a_trial(**changed)
    )
    return result


class TestARuleInForce:
    def test_says_on_each_report_where_to_and_why(self, patrolling: Running) -> None:
        rule = in_force(patrolling, condition={"places": [STREETS[0]]})

        opened = report(patrolling)

        shown = patrolling.ask("patrol", "incident", actor=DESK, incident_id=opened["id"])
        routing = shown["routing"]
        assert routing == opened["routing"]
        assert (routing["rule"], routing["rule_version"], routing["unit"]) == (
            rule["rule"],
            1,
            "ecology",
        )
        assert "“环境类事件”" in routing["zh"]
        assert "“Environment”" in routing["en"]
        [event] = told_of(patrolling, opened)
        assert event.payload["routing"] == routing

    def test_sends_out_what_is_filed_in_the_same_transaction(self, patrolling: Running) -> None:
        in_force(patrolling, applies="dispatch")
        opened = report(patrolling)
        take(patrolling, opened, "accept")

        filed = take(patrolling, opened, "file")

        assert (filed["state"], filed["unit"]) == ("dispatched", "ecology")
        assert [(step["step"], step["by"]) for step in filed["steps"]][1:] == [
            ("file", "desk"),
            ("dispatch", "platform"),
        ]
        assert filed["steps"][-1]["routing"] == filed["routing"]
        assert [event.event_type.split(".")[2] for event in told_of(patrolling, opened)] == [
            "reported",
            "accepted",
            "filed",
            "dispatched",
        ]

    def test_is_followed_by_every_copy_from_its_commit_on(self, patrolling: Running) -> None:
        patrolling.start(PatrolService, relays=False)
        for number in range(4):
            rule = in_force(patrolling, priority=100 - number)

            opened = [report(patrolling) for _ in range(2)]

            assert {each["routing"]["rule"] for each in opened} == {rule["rule"]}

    def test_is_known_with_the_whole_set_at_any_time(self, patrolling: Running) -> None:
        before = china_now()
        rule = in_force(patrolling)
        between = china_now()
        patrolling.ask(
            "patrol",
            "retire_routing_rule",
            actor=ADMIN,
            rule_id=rule["rule"],
            order={"note": "并入"},
        )

        def then(at: datetime) -> dict[str, Any]:
            found: dict[str, Any] = patrolling.ask(
                "patrol", "routing_set", actor=DESK, at=at.isoformat()
            )
            return found

        assert [each["rule"] for each in then(between)["rules"]] == [rule["rule"]]
        assert (then(before)["rules"], then(china_now())["rules"]) == ([], [])
        assert then(between)["version"] == then(before)["version"] + 1
        shown = patrolling.ask("patrol", "routing_rule", actor=DESK, rule_id=rule["rule"])
        assert [(each["what"], each["by"]) for each in shown["history"]] == [
            ("retire", "admin"),
            ("activate", "admin"),
            ("draft", "desk"),
        ]
        assert patrolling.ask("patrol", "routing_rules", actor=DESK) == []

    def test_is_put_there_by_one_of_two_who_do_it_at_once(self, patrolling: Running) -> None:
        work = Work(patrolling.database("patrol"))
        with work.begin():
            store, now = SqlRoutingStore(work), china_now()
            version = newest_set(work.connection).version
            following = replace(a_set(a_rule()), version=version + 1)
            store.put_in_force(following, at=now, by="admin", note="")
            with pytest.raises(RuleBroken) as refusal:
                store.put_in_force(following, at=now, by="other", note="")
        work.close()

        assert refusal.value.code == "rules_changed_meanwhile"

    def test_is_not_put_there_without_the_permission(self, patrolling: Running) -> None:
        rule = draft(patrolling)

        for actor, door, order in (
            (DESK, "activate_routing_rule", {"rule_id": rule["rule"], "order": {}}),
            (ADMIN, "draft_routing_rule", {"says": says()}),
            (ADMIN, "try_routing_rules", {"trial": a_trial()}),
        ):
            with pytest.raises(Forbidden):
                patrolling.ask("patrol", door, actor=actor, **order)


class TestARuleThatFails:
    def test_lets_the_report_in_is_found_told_once_and_stays_in_force(
        self, patrolling: Running
    ) -> None:
        rule = in_force(patrolling)
        following = in_force(patrolling, priority=20, department="water")
        assert set_department(patrolling, "ecology", is_open=False)["failing"] == [rule["rule"]]

        opened = [report(patrolling) for _ in range(3)]

        assert {each["routing"]["rule"] for each in opened} == {following["rule"]}
        assert opened[0]["routing"]["passed_over"] == [
            {"rule": rule["rule"], "rule_version": 1, "code": "department_closed"}
        ]
        [found] = findings(patrolling)
        assert (found["rule"], found["code"], found["times"]) == (
            rule["rule"],
            "department_closed",
            3,
        )
        assert found["zh"]
        of_rule = select(outbox).where(outbox.c.aggregate_id == rule["rule"])
        [told] = patrolling.rows("patrol", of_rule)
        assert told.event_type == "patrol.routing_rule.failed.v1"
        active = patrolling.ask("patrol", "routing_rules", actor=DESK, states=["active"])
        assert rule["rule"] in {each["rule"] for each in active}

    def test_is_acknowledged_by_a_person_and_found_again_under_the_next_set(
        self, patrolling: Running
    ) -> None:
        in_force(patrolling)
        set_department(patrolling, "ecology", is_open=False)
        report(patrolling)
        [found] = findings(patrolling)

        def acknowledge() -> dict[str, Any]:
            seen: dict[str, Any] = patrolling.ask(
                "patrol",
                "acknowledge_routing_finding",
                actor=DESK,
                finding_id=found["id"],
                order={"note": "已通知"},
            )
            return seen

        seen = acknowledge()
        report(patrolling)

        assert (seen["acknowledged_by"], seen["note"]) == ("desk", "已通知")
        assert findings(patrolling) == []
        assert [each["times"] for each in findings(patrolling, seen_too=True)] == [2]
        with pytest.raises(NotFound):
            acknowledge()
        in_force(patrolling, priority=20, department="water")
        report(patrolling)
        assert [each["times"] for each in findings(patrolling)] == [1]

    def test_pages_its_findings(self, patrolling: Running) -> None:
        in_force(patrolling)
        for number in range(3):
            set_department(patrolling, "ecology", is_open=False)
            set_department(patrolling, f"new-{number}", is_open=True)
            report(patrolling)

        first = patrolling.ask("patrol", "routing_findings", actor=DESK, limit=2)
        rest = patrolling.ask(
            "patrol", "routing_findings", actor=DESK, limit=2, cursor=first["next_cursor"]
        )

        versions = [each["set_version"] for each in (*first["items"], *rest["items"])]
        assert versions == sorted(versions, reverse=True)
        assert (len(versions), rest["next_cursor"]) == (3, None)

    def test_for_it_cannot_be_read_is_kept_shown_and_mended(self, patrolling: Running) -> None:
        rule = in_force(patrolling)
        from_tomorrow = says(condition={"moods": ["angry"]})
        with patrolling.database("patrol").writing() as connection:
            connection.execute(update(routing_rule_table).values(says=from_tomorrow))
            version = newest_set(connection).version
            kept = {"rule": rule["rule"], "version": 1, "priority": 10, "says": from_tomorrow}
            connection.execute(
                update(routing_set_table)
                .where(routing_set_table.c.version == version)
                .values(rules=[kept])
            )
        # What is in force is remembered by its version, which is never written over but here.
        rules_in_force.cache_clear()

        opened = report(patrolling)
        set_department(patrolling, "new", is_open=True)

        assert opened["routing"]["rule"] is None
        assert [each["code"] for each in findings(patrolling)] == ["unreadable"]
        now_kept = patrolling.ask("patrol", "routing_set", actor=DESK)["rules"]
        assert now_kept == [kept]
        [shown] = patrolling.ask("patrol", "routing_rules", actor=DESK)
        assert shown["condition"] == {"moods": ["angry"]}
        draft(patrolling, rule["rule"], department="water")
        patrolling.ask(
            "patrol", "activate_routing_rule", actor=ADMIN, rule_id=rule["rule"], order={}
        )
        assert report(patrolling)["routing"]["unit"] == "water"


class TestADryRun:
    def past(self, running: Running, **changed: Any) -> str:
        at = china_now() - timedelta(days=changed.pop("days_ago", 3))
        cell = changed.pop("cell", CELLS[0])
        incident = an_incident(
            State.HANDLING,
            incident_id=new_id(at),
            matter_no=f"P-{new_id()[-12:]}",
            reported_at=at,
            place=place_of_cell(cell),
            **changed,
        )
        enter(running.database("patrol"), [incident])
        return incident.matter_no

    def test_counts_what_a_draft_would_have_done_and_writes_nothing(
        self, patrolling: Running
    ) -> None:
        same = self.past(patrolling, unit="ecology")
        differing = self.past(patrolling, unit="water")
        self.past(patrolling, unit="mediation", category="01")
        self.past(patrolling, unit="ecology", days_ago=40)
        rule = draft(patrolling, condition={"categories": ["05"]})
        tables = (incident_table, routing_finding_table, routing_set_table, outbox)
        before = [patrolling.count("patrol", table) for table in tables]

        result = try_rules(patrolling, drafts=[rule["rule"]], place=STREETS[0])

        assert (result["incidents"], result["complete"], result["unmatched"]) == (3, True, 1)
        [of_rule] = result["rules"]
        assert (of_rule["matched"], of_rule["decided"], of_rule["same"]) == (2, 2, 1)
        assert [each["matter_no"] for each in of_rule["examples"]] == [differing, same]
        assert [patrolling.count("patrol", table) for table in tables] == before

    def test_counts_only_what_the_asker_may_know_of(self, patrolling: Running) -> None:
        here = self.past(patrolling)
        self.past(patrolling, cell=CELLS[-1])
        closed = report(patrolling)
        patrolling.ask(
            "patrol",
            "close_off_incident",
            actor=DESK,
            incident_id=closed["id"],
            order={"accounts": ["li"], "reason": "回避"},
        )

        def counted(actor: Actor) -> tuple[int, list[str]]:
            result = try_rules(
                patrolling, actor, rules=[says(condition={"places": [COMMUNITIES[0]]})], alone=True
            )
            examples = [each["matter_no"] for each in result["rules"][0]["examples"]]
            return result["incidents"], examples

        # What is closed off is counted for those it is open to, and named to nobody.
        assert counted(a_duty_officer("wang", COMMUNITIES[0])) == (2, [here])
        assert counted(a_duty_officer("li", COMMUNITIES[0])) == (1, [here])

    def test_waits_for_a_better_time_while_too_many_run(self, patrolling: Running) -> None:
        with ExitStack() as turns:
            for _ in range(TRIALS_AT_ONCE):
                turns.enter_context(trial_turn())
            with pytest.raises(Unavailable) as refusal:
                try_rules(patrolling, rules=[says()])
        assert refusal.value.code == "overloaded"

        assert try_rules(patrolling, rules=[says()])["complete"]

    def test_lays_drafts_over_what_is_in_force(self, patrolling: Running) -> None:
        self.past(patrolling, unit="ecology")
        rule = in_force(patrolling)
        draft(patrolling, rule["rule"], department="water", priority=30)

        result = try_rules(
            patrolling, drafts=[rule["rule"]], rules=[says(priority=40, department="fire")]
        )

        of = {each["rule"]: (each["matched"], each["decided"]) for each in result["rules"]}
        assert of[rule["rule"]] == (result["incidents"], result["incidents"])
        assert of["rules.0"] == (result["incidents"], 0)
        assert result["shadowed"] == [{"rule": "rules.0", "by": [rule["rule"]]}]


def test_a_set_is_read_once_and_asked_for_by_its_version(patrol: Running) -> None:
    work = Work(patrol.database("patrol"))
    known = rules_in_force(work.database)
    first = known.as_seen_by(work.connection)
    following = replace(first, version=first.version + 1, rules=(a_rule(),))

    assert known.as_seen_by(work.connection) is first
    with work.begin():
        SqlRoutingStore(work).put_in_force(following, at=china_now(), by="admin", note="")
    work.keep()
    assert known.as_seen_by(work.connection) == following
    work.close()
