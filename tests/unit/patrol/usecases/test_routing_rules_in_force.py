"""A routing rule is written by one, put in force by another, changed and retired; a department is closed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.patrol.domain.routing_rule import RuleState, RuleVersion
from services.patrol.usecases.draft_routing_rule import DraftRoutingRule
from services.patrol.usecases.put_rules_in_force import PutRulesInForce
from shared.contracts.routing import DepartmentOrder
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.errors import Forbidden, Invalid, NotFound, Refusal, RuleBroken
from shared.kernel.rights import Role
from tests.builders.actor import a_duty_officer
from tests.builders.incident import NOW
from tests.builders.routing import a_rule, a_rule_order, a_set
from tests.fakes.patrol import FakeAreaTree, FakeRoutingStore, FakeTransaction

STREET, COMMUNITY, ELSEWHERE = "420802001", "420802001001", "420802002"
DISTRICT_DESK = a_duty_officer(place_code=WHOLE_TREE)
ADMIN = Actor.of("admin", Role.SYSTEM_ADMINISTRATOR, place_code=WHOLE_TREE)


class Desk:
    """Rules, who writes them and who puts them in force."""

    def __init__(self, *, in_force: Any = None) -> None:
        self.store = FakeRoutingStore(in_force or a_set())
        areas = FakeAreaTree("420802", STREET, COMMUNITY, ELSEWHERE)
        clock = lambda: NOW  # noqa: E731
        self.draft = DraftRoutingRule(
            self.store, areas, {"01": 1, "05": 1}.get, FakeTransaction(), clock
        )
        self.put = PutRulesInForce(self.store, areas, FakeTransaction(), clock)

    def in_force(self, **changed: Any) -> RuleVersion:
        draft = self.draft(a_rule_order(**changed), actor=DISTRICT_DESK)
        active, _ = self.put.activate(draft.rule_id, "", actor=ADMIN)
        return active

    def rules(self) -> list[tuple[str, int]]:
        return [(rule.rule_id, rule.version) for rule in self.store.latest().rules]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def code_of(refusal: pytest.ExceptionInfo[Refusal]) -> str:
    assert refusal.value.zh
    return refusal.value.code


class TestADraft:
    def test_is_kept_and_changes_nothing(self, desk: Desk) -> None:
        draft = desk.draft(a_rule_order(), actor=DISTRICT_DESK)

        assert (draft.version, draft.state, draft.by) == (1, RuleState.DRAFT, "desk")
        assert desk.store.versions_of(draft.rule_id) == [draft]
        assert len(desk.store.sets) == 1
        assert [(change.what, change.by) for change in desk.store.changes] == [("draft", "desk")]

    def test_is_written_over_until_it_is_in_force_and_then_followed_by_the_next(
        self, desk: Desk
    ) -> None:
        draft = desk.draft(a_rule_order(), actor=DISTRICT_DESK)
        desk.draft(a_rule_order(priority=11), draft.rule_id, actor=a_duty_officer("li", WHOLE_TREE))
        desk.put.activate(draft.rule_id, "", actor=ADMIN)
        desk.draft(a_rule_order(priority=12), draft.rule_id, actor=DISTRICT_DESK)

        found = desk.store.versions_of(draft.rule_id)
        assert [(each.version, each.state, each.by) for each in found] == [
            (1, RuleState.ACTIVE, "li"),
            (2, RuleState.DRAFT, "desk"),
        ]
        assert [change.what for change in desk.store.changes] == [
            "draft",
            "draft",
            "activate",
            "draft",
        ]

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"categories": ["01", "77"]}, "condition.categories.1"),
            ({"places": [STREET, "999"]}, "condition.places.1"),
        ],
    )
    def test_names_only_what_there_is(
        self, desk: Desk, changed: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(Invalid) as refusal:
            desk.draft(a_rule_order(**changed), actor=DISTRICT_DESK)

        assert [error.field for error in refusal.value.errors] == [field]

    @pytest.mark.parametrize("places", [[], [ELSEWHERE], [COMMUNITY, ELSEWHERE], ["420802"]])
    def test_of_a_street_is_about_that_street(self, desk: Desk, places: list[str]) -> None:
        of_street = a_duty_officer(place_code=STREET)

        desk.draft(a_rule_order(places=[STREET, COMMUNITY]), actor=of_street)
        with pytest.raises(Forbidden) as refusal:
            desk.draft(a_rule_order(places=places), actor=of_street)

        assert code_of(refusal) == "place_not_yours"

    def test_takes_no_rule_of_another_place_over(self, desk: Desk) -> None:
        theirs = desk.draft(a_rule_order(places=[ELSEWHERE]), actor=DISTRICT_DESK)

        with pytest.raises(Forbidden):
            desk.draft(
                a_rule_order(places=[STREET]),
                theirs.rule_id,
                actor=a_duty_officer(place_code=STREET),
            )

    def test_of_a_rule_there_is_none_of_is_refused(self, desk: Desk) -> None:
        with pytest.raises(NotFound):
            desk.draft(a_rule_order(), "nothing", actor=DISTRICT_DESK)


class TestPuttingInForce:
    def test_makes_the_next_set_of_rules(self, desk: Desk) -> None:
        active = desk.in_force()

        assert active.state is RuleState.ACTIVE
        assert desk.rules() == [(active.rule_id, 1)]
        assert desk.store.latest().version == 8
        assert desk.store.changes[-1].set_version == 8

    def test_replaces_the_version_that_is(self, desk: Desk) -> None:
        first = desk.in_force()
        desk.draft(a_rule_order(department="water"), first.rule_id, actor=DISTRICT_DESK)

        desk.put.activate(first.rule_id, "水务承办", actor=ADMIN)

        assert desk.rules() == [(first.rule_id, 2)]
        states = [each.state for each in desk.store.versions_of(first.rule_id)]
        assert states == [RuleState.RETIRED, RuleState.ACTIVE]
        assert desk.store.changes[-1].note == "水务承办"

    def test_is_not_for_who_wrote_it(self, desk: Desk) -> None:
        both = Actor.of("both", Role.DUTY_OFFICER, Role.SYSTEM_ADMINISTRATOR, place_code=WHOLE_TREE)
        draft = desk.draft(a_rule_order(), actor=both)

        with pytest.raises(RuleBroken) as refusal:
            desk.put.activate(draft.rule_id, "", actor=both)

        assert code_of(refusal) == "own_draft"

    def test_needs_a_draft(self, desk: Desk) -> None:
        active = desk.in_force()

        with pytest.raises(RuleBroken) as refusal:
            desk.put.activate(active.rule_id, "", actor=ADMIN)

        assert code_of(refusal) == "no_draft"

    def test_refuses_a_tie(self, desk: Desk) -> None:
        desk.in_force(categories=["01"])
        draft = desk.draft(a_rule_order(categories=["05"]), actor=DISTRICT_DESK)

        with pytest.raises(RuleBroken) as refusal:
            desk.put.activate(draft.rule_id, "", actor=ADMIN)

        assert code_of(refusal) == "priority_taken"
        assert len(desk.store.sets) == 2

    def test_tells_which_rules_it_leaves_unreachable(self, desk: Desk) -> None:
        narrow = desk.in_force(places=[COMMUNITY], priority=20)
        wide = desk.draft(a_rule_order(places=[STREET], priority=5), actor=DISTRICT_DESK)

        _, unreachable = desk.put.activate(wide.rule_id, "", actor=ADMIN)

        assert [(each.rule, each.by) for each in unreachable] == [(narrow.rule_id, (wide.rule_id,))]

    def test_refuses_what_was_changed_while_it_was_looked_at(self, desk: Desk) -> None:
        draft = desk.draft(a_rule_order(), actor=DISTRICT_DESK)
        changed = replace(draft, at=NOW + timedelta(seconds=1))
        desk.store.held = lambda rule_id: [changed]  # type: ignore[method-assign]

        with pytest.raises(RuleBroken) as refusal:
            desk.put.activate(draft.rule_id, "", actor=ADMIN)

        assert code_of(refusal) == "rules_changed_meanwhile"
        assert len(desk.store.sets) == 1

    def test_of_what_cannot_be_read_is_refused(self, desk: Desk) -> None:
        draft = desk.draft(a_rule_order(), actor=DISTRICT_DESK)
        desk.store.replace(replace(draft, says=None))

        with pytest.raises(RuleBroken) as refusal:
            desk.put.activate(draft.rule_id, "", actor=ADMIN)

        assert code_of(refusal) == "rule_unreadable"


class TestRetiring:
    def test_takes_a_rule_out_of_force(self, desk: Desk) -> None:
        active = desk.in_force()

        desk.put.retire(active.rule_id, "已并入他规则", actor=ADMIN)

        assert desk.rules() == []
        assert [rules.version for rules in desk.store.sets] == [7, 8, 9]
        [kept] = desk.store.versions_of(active.rule_id)
        assert kept.state is RuleState.RETIRED
        with pytest.raises(RuleBroken) as refusal:
            desk.put.retire(active.rule_id, "", actor=ADMIN)
        assert code_of(refusal) == "rule_retired"

    def test_throws_a_draft_away_first(self, desk: Desk) -> None:
        active = desk.in_force()
        desk.draft(a_rule_order(priority=3), active.rule_id, actor=DISTRICT_DESK)

        desk.put.retire(active.rule_id, "", actor=ADMIN)

        assert desk.rules() == [(active.rule_id, 1)]
        assert desk.store.changes[-1].what == "discard"

    def test_a_rule_whose_place_is_gone_can_be_retired(self) -> None:
        desk = Desk(in_force=a_set(a_rule("r-1", places=["420802009"])))
        says = a_rule_order(places=["420802009"])
        desk.store.add(
            RuleVersion(
                rule_id="r-1", version=1, state=RuleState.ACTIVE, says=says, at=NOW, by="desk"
            )
        )

        desk.put.retire("r-1", "", actor=ADMIN)

        assert desk.rules() == []


class TestADepartment:
    CLOSED = DepartmentOrder(zh="生态环境分局", en="Ecology bureau", is_open=False)

    def test_is_closed_and_the_rules_that_name_it_are_told(self, desk: Desk) -> None:
        active = desk.in_force()

        failing = desk.put.set_department("ecology", self.CLOSED, actor=ADMIN)

        assert failing == [active.rule_id]
        assert not desk.store.latest().departments["ecology"].is_open
        # The rule stays in force: a person decides what becomes of it.
        assert desk.rules() == [(active.rule_id, 1)]

    def test_that_is_so_already_makes_no_new_set(self, desk: Desk) -> None:
        desk.put.set_department("ecology", self.CLOSED, actor=ADMIN)
        desk.put.set_department("ecology", self.CLOSED, actor=ADMIN)

        assert len(desk.store.sets) == 2
