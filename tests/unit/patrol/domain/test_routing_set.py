"""The set of rules as a whole: ties, departments, and rules that can never be reached."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from services.patrol.domain.routing import Rule
from services.patrol.domain.routing_set import checked, shadowed, with_rule, without_rule
from shared.contracts.routing import RoutingTarget
from shared.kernel.errors import Invalid, RuleBroken
from tests.builders.routing import a_rule, a_rule_order, a_set

DAY = datetime(2026, 12, 1, tzinfo=UTC)
LATER = DAY + timedelta(days=30)
STREET, COMMUNITY = "420802001", "420802001001"
CHAINS = {COMMUNITY: frozenset({COMMUNITY, STREET, "420802"})}


class TestARuleComesIntoForce:
    def test_in_its_place_by_priority_and_makes_the_next_version(self) -> None:
        rules = with_rule(a_set(a_rule("r-1", priority=10)), a_rule("r-2", priority=5))

        assert [rule.rule_id for rule in rules.rules] == ["r-2", "r-1"]
        assert rules.version == 8

    def test_in_place_of_the_version_of_it_that_is(self) -> None:
        rules = with_rule(a_set(a_rule("r-1", priority=10)), a_rule("r-1", priority=10))

        assert [rule.rule_id for rule in rules.rules] == ["r-1"]

    def test_not_beside_one_of_the_same_priority(self) -> None:
        with pytest.raises(RuleBroken) as refusal:
            with_rule(a_set(a_rule("r-1", categories=["01"])), a_rule("r-2", categories=["05"]))

        assert refusal.value.code == "priority_taken"
        assert "环境类事件" in refusal.value.zh

    def test_beside_one_of_the_same_priority_that_ends_before(self) -> None:
        rules = a_set(a_rule("r-1", valid_to=DAY))

        assert len(with_rule(rules, a_rule("r-2", valid_from=DAY)).rules) == 2
        with pytest.raises(RuleBroken):
            with_rule(rules, a_rule("r-2", valid_from=DAY - timedelta(seconds=1)))

    def test_not_beside_one_of_the_same_priority_that_cannot_be_read(self) -> None:
        unreadable = Rule(rule_id="r-1", version=1, priority=10, says=None)
        with pytest.raises(RuleBroken):
            with_rule(a_set(unreadable), a_rule("r-2", valid_from=DAY))

    @pytest.mark.parametrize("department", ["gone", "never-heard-of"])
    def test_not_when_its_department_is_closed(self, department: str) -> None:
        with pytest.raises(RuleBroken) as refusal:
            with_rule(a_set(), a_rule(department=department))

        assert refusal.value.code == "no_such_department"

    def test_and_goes_out_of_it(self) -> None:
        rules = without_rule(a_set(a_rule("r-1"), a_rule("r-2", priority=11)), "r-1")

        assert [rule.rule_id for rule in rules.rules] == ["r-2"]
        assert rules.version == 8


class TestShadowedRules:
    def found(self, wide: dict[str, Any], narrow: dict[str, Any], *more: dict[str, Any]) -> bool:
        before = [a_rule(f"w-{n}", priority=n + 1, **each) for n, each in enumerate((wide, *more))]
        rules = a_set(*before, a_rule("narrow", priority=99, **narrow))
        return "narrow" in {each.rule for each in shadowed(rules, CHAINS)}

    @pytest.mark.parametrize(
        ("wide", "narrow", "expected"),
        [
            ({}, {"categories": ["05"]}, True),
            ({"categories": ["05"]}, {"categories": ["0503"]}, True),
            ({"categories": ["0503"]}, {"categories": ["05"]}, False),
            ({"categories": ["05"]}, {}, False),
            ({"places": [STREET]}, {"places": [COMMUNITY]}, True),
            ({"places": [COMMUNITY]}, {"places": [STREET]}, False),
            ({"places": ["420802"]}, {}, False),
            ({"severities": ["L1", "L2"]}, {"severities": ["L2"]}, True),
            ({"severities": ["L1", "L2"]}, {}, False),
            ({"times": {"office_hours": True}}, {}, False),
            ({"times": {"working_day": True}}, {"times": {"office_hours": True}}, True),
            ({"times": {"weekdays": [1, 2]}}, {"times": {"weekdays": [2]}}, True),
            ({"times": {"weekdays": [2]}}, {"times": {"weekdays": [1, 2]}}, False),
            ({"times": {"since": time(8)}}, {"times": {"since": time(8)}}, True),
            ({"times": {"since": time(8)}}, {"times": {"since": time(9)}}, False),
            ({"valid_from": DAY}, {"valid_from": DAY, "valid_to": LATER}, True),
            ({"valid_from": DAY}, {}, False),
            ({"valid_to": DAY}, {"valid_to": LATER}, False),
            ({"desk": "street"}, {}, False),
            ({"desk": "street"}, {"desk": "street"}, True),
            ({"desk": "street"}, {"places": [COMMUNITY]}, True),
        ],
    )
    def test_are_those_whose_incidents_all_match_one_before(
        self, wide: dict[str, Any], narrow: dict[str, Any], expected: bool
    ) -> None:
        assert self.found(wide, narrow) is expected

    def test_are_also_those_that_several_before_match_part_by_part(self) -> None:
        urgent, ordinary = {"severities": ["L1", "L2"]}, {"severities": ["L3", "L4"]}

        assert self.found(urgent, {"categories": ["05"]}, ordinary)
        assert not self.found(urgent, {"categories": ["05"]}, {"severities": ["L3"]})

    def test_name_what_covers_them(self) -> None:
        rules = a_set(
            a_rule("r-1", priority=1, categories=["01"]),
            a_rule("r-2", priority=2, categories=["05"]),
            a_rule("r-3", priority=3, categories=["05", "01"]),
        )

        [found] = shadowed(rules, {})
        assert (found.rule, found.by) == ("r-3", ("r-2", "r-1"))

    def test_are_not_found_behind_one_that_cannot_be_read(self) -> None:
        unreadable = Rule(rule_id="r-0", version=1, priority=1, says=None)

        assert shadowed(a_set(unreadable, a_rule()), {}) == []


class TestWhatARuleSays:
    @pytest.mark.parametrize(
        ("changed", "field", "code"),
        [
            ({"target": RoutingTarget()}, "target", "one_target"),
            ({"target": RoutingTarget(desk="street", department="water")}, "target", "one_target"),
            ({"valid_from": LATER, "valid_to": DAY}, "valid_to", "out_of_order"),
            ({"valid_from": DAY, "valid_to": DAY}, "valid_to", "out_of_order"),
            ({"valid_from": DAY.replace(tzinfo=None)}, "valid_from", "timezone_aware"),
        ],
    )
    def test_is_refused_where_it_is_not_well_made(
        self, changed: dict[str, Any], field: str, code: str
    ) -> None:
        with pytest.raises(Invalid) as refusal:
            checked(a_rule_order(**changed))

        assert [(error.field, error.code) for error in refusal.value.errors] == [(field, code)]
