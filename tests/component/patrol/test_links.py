"""Incidents merged and made parts of others over the bus: what is kept, who sees the link, and two at once."""

from typing import Any

import eventlet
import pytest

from services.patrol.service import PatrolService
from services.patrol.store.tables import link_table
from shared.kernel.actor import Actor
from shared.kernel.errors import NotFound, RuleBroken
from tests.builders.actor import a_citizen, a_duty_officer
from tests.component.district import COMMUNITIES, Grid
from tests.component.patrol.test_commands import DESK, THE_WHOLE_WAY, report, take, told_of
from tests.component.running import Running


@pytest.fixture
def patrolling(patrol: Running) -> Running:
    patrol.start(Grid, PatrolService, relays=False)
    return patrol


def seen(running: Running, incident: dict[str, Any], actor: Actor = DESK) -> dict[str, Any]:
    found: dict[str, Any] = running.ask(
        "patrol", "incident", actor=actor, incident_id=incident["id"]
    )
    return found


def relations(shown: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["relation"], each["id"]) for each in shown["links"]]


class TestMerging:
    def test_shows_the_link_on_both_and_keeps_both_histories(self, patrolling: Running) -> None:
        one, other = report(patrolling), report(patrolling)
        take(patrolling, one, "accept")

        merged = take(patrolling, one, "merge", into=other["id"], note="同一堆垃圾")

        assert (merged["state"], merged["duplicate_of"]) == ("cancelled", other["matter_no"])
        assert relations(merged) == [("merged_into", other["id"])]
        assert relations(seen(patrolling, other)) == [("merged", one["id"])]
        assert [step["step"] for step in merged["steps"]] == ["accept", "merge"]
        assert merged["steps"][-1]["into"] == other["id"]
        assert [event.event_type for event in told_of(patrolling, one)][-1] == (
            "patrol.incident.merged.v1"
        )
        assert len(told_of(patrolling, other)) == 1

    def test_is_taken_back_with_the_limits_that_ran(self, patrolling: Running) -> None:
        one, other = report(patrolling), report(patrolling)
        before = take(patrolling, one, "accept")
        take(patrolling, one, "merge", into=other["id"])

        back = take(patrolling, one, "unmerge", note="不是同一堆")

        same = ("state", "duplicate_of", "clocks", "links")
        assert {name: back[name] for name in same} == {name: before[name] for name in same}
        assert seen(patrolling, other)["links"] == []

    def test_lets_a_reporter_follow_the_one_his_own_was_merged_into(
        self, patrolling: Running
    ) -> None:
        his = report(patrolling, actor=a_citizen("zhang"))
        hers = report(patrolling, actor=a_citizen("li"))
        take(patrolling, his, "merge", into=hers["id"])

        [followed] = seen(patrolling, his, a_citizen("zhang"))["links"]

        assert (followed["matter_no"], followed["state"]) == (hers["matter_no"], "reported")
        # But not what she wrote, nor that he reported it too.
        with pytest.raises(NotFound):
            seen(patrolling, hers, a_citizen("zhang"))
        assert seen(patrolling, hers, a_citizen("li"))["links"] == []

    def test_shows_no_link_with_what_was_closed_off_since(self, patrolling: Running) -> None:
        his, other = report(patrolling, actor=a_citizen("zhang")), report(patrolling)
        take(patrolling, his, "merge", into=other["id"])
        closing = {"accounts": ["zhang", "li"], "reason": "回避"}
        patrolling.ask(
            "patrol", "close_off_incident", actor=DESK, incident_id=other["id"], order=closing
        )

        assert seen(patrolling, his, a_citizen("zhang"))["links"] == []
        assert seen(patrolling, his, a_duty_officer("li"))["links"] == []
        assert relations(seen(patrolling, his)) == [("merged_into", other["id"])]

    def test_is_refused_between_what_is_closed_off_and_what_is_open(
        self, patrolling: Running
    ) -> None:
        closed, other = report(patrolling, closed_to={"accounts": ["li"]}), report(patrolling)

        for one, into in ((closed, other), (other, closed)):
            with pytest.raises(RuleBroken) as refusal:
                take(patrolling, one, "merge", into=into["id"])
            assert refusal.value.code == "compartments_differ"

    def test_is_done_once_when_two_merge_the_same_two_into_each_other(
        self, patrolling: Running
    ) -> None:
        one, other = report(patrolling), report(patrolling)

        def merged(pair: tuple[dict[str, Any], dict[str, Any]]) -> str:
            try:
                return str(take(patrolling, pair[0], "merge", into=pair[1]["id"])["state"])
            except RuleBroken as refusal:
                return refusal.code

        both = list(eventlet.GreenPool().imap(merged, [(one, other), (other, one)]))

        assert sorted(both) == ["cancelled", "other_ended"]
        assert patrolling.count("patrol", link_table) == 1


class TestParts:
    def test_are_seen_on_both_and_waited_for(self, patrolling: Running) -> None:
        whole, part = report(patrolling), report(patrolling)
        for step, actor, order in THE_WHOLE_WAY[:-1]:
            take(patrolling, whole, step, actor, **order)

        take(patrolling, part, "attach", parent=whole["id"])

        assert relations(seen(patrolling, whole)) == [("child", part["id"])]
        assert relations(seen(patrolling, part)) == [("parent", whole["id"])]
        with pytest.raises(RuleBroken) as refusal:
            take(patrolling, whole, "close")
        assert refusal.value.code == "child_open"

        take(patrolling, part, "cancel", note="已一并处理")
        assert take(patrolling, whole, "close")["state"] == "closed"

    def test_are_parts_of_nothing_out_of_ones_reach(self, patrolling: Running) -> None:
        whole, part = report(patrolling, cell=COMMUNITIES[3] + "001"), report(patrolling)
        here = a_duty_officer("li", place_code=COMMUNITIES[0])

        with pytest.raises(NotFound):
            take(patrolling, part, "attach", here, parent=whole["id"])
