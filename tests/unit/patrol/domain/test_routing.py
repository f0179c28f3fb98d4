"""Where an incident goes: which rule counts, at what times, and what becomes of it when a rule fails."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.patrol.domain.routing import Decision, Facts, Rule, RuleSet, route
from services.patrol.domain.routing_words import routing_of
from shared.kernel.clock import CHINA
from tests.builders.counting import counting
from tests.builders.incident import NOW
from tests.builders.routing import a_rule, a_set, some_facts

MONDAY = datetime(2026, 11, 23, 10, tzinfo=CHINA)
NIGHT = datetime(2026, 11, 23, 23, tzinfo=CHINA)
LUNCH = datetime(2026, 11, 23, 13, tzinfo=CHINA)
SATURDAY = datetime(2026, 11, 28, 10, tzinfo=CHINA)
# Made up for the days off of National Day in 2025.
MADE_UP_SUNDAY = datetime(2025, 9, 28, 10, tzinfo=CHINA)
NATIONAL_DAY = datetime(2026, 10, 1, 10, tzinfo=CHINA)


def decide(rules: RuleSet, facts: Facts | None = None, at: datetime = NOW) -> Decision:
    return route(rules, facts or some_facts(), counting().reckoner, at=at)


def matches(rule: Rule, **facts: Any) -> bool:
    return decide(a_set(rule), some_facts(**facts)).rule == rule


class TestARule:
    def test_is_for_all_incidents_when_it_says_nothing_else(self) -> None:
        assert matches(a_rule())

    @pytest.mark.parametrize(
        ("categories", "category", "expected"),
        [
            (["05"], "05", True),
            (["05"], "0503", True),
            (["0503"], "05", False),
            (["01", "0503"], "050301", True),
            (["01"], "05", False),
        ],
    )
    def test_is_for_a_category_and_all_below_it(
        self, categories: list[str], category: str, expected: bool
    ) -> None:
        assert matches(a_rule(categories=categories), category=category) is expected

    @pytest.mark.parametrize(
        ("place", "expected"),
        [
            ("420802", True),
            ("420802001", True),
            ("420802001001", True),
            ("420802001001001", True),
            ("42080200100100", False),
            ("420802002", False),
        ],
    )
    def test_is_for_a_place_of_any_level_and_all_in_it(self, place: str, expected: bool) -> None:
        assert matches(a_rule(places=[place])) is expected

    def test_is_for_severities(self) -> None:
        assert matches(a_rule(severities=["L1", "L2"]), severity="L2")
        assert not matches(a_rule(severities=["L1", "L2"]))

    def test_needs_all_that_it_says(self) -> None:
        rule = a_rule(categories=["05"], severities=["L1"])

        assert not matches(rule)
        assert matches(rule, severity="L1")
        assert not matches(rule, severity="L1", category="06")

    @pytest.mark.parametrize(
        ("times", "at", "expected"),
        [
            ({"weekdays": [1]}, MONDAY, True),
            ({"weekdays": [2, 7]}, MONDAY, False),
            ({"since": "09:00", "until": "11:00"}, MONDAY, True),
            ({"since": "10:00", "until": "11:00"}, MONDAY, True),
            ({"since": "09:00", "until": "10:00"}, MONDAY, False),
            ({"since": "22:00", "until": "06:00"}, NIGHT, True),
            ({"since": "22:00", "until": "06:00"}, MONDAY, False),
            ({"since": "22:00"}, NIGHT, True),
            ({"until": "10:00"}, NIGHT, False),
            ({"office_hours": True}, MONDAY, True),
            ({"office_hours": True}, LUNCH, False),
            ({"office_hours": False}, LUNCH, True),
            ({"office_hours": True}, SATURDAY, False),
            ({"office_hours": True}, MADE_UP_SUNDAY, True),
            ({"office_hours": False}, NATIONAL_DAY, True),
            ({"working_day": True}, NIGHT, True),
            ({"working_day": False}, SATURDAY, True),
            ({"working_day": False}, MADE_UP_SUNDAY, False),
            ({"working_day": False}, NATIONAL_DAY, True),
            ({"working_day": True, "office_hours": False}, NIGHT, True),
            ({"working_day": True, "office_hours": False}, SATURDAY, False),
        ],
    )
    def test_is_for_times_of_the_week_in_china_and_by_the_calendar(
        self, times: dict[str, Any], at: datetime, expected: bool
    ) -> None:
        clock_times = {
            name: datetime.strptime(value, "%H:%M").time() if isinstance(value, str) else value  # noqa: DTZ007
            for name, value in times.items()
        }

        assert matches(a_rule(times=clock_times), reported_at=at.astimezone(UTC)) is expected

    def test_counts_while_it_is_valid(self) -> None:
        rules = a_set(a_rule(valid_from=MONDAY, valid_to=NIGHT))

        assert decide(rules, at=MONDAY).rule is not None
        assert decide(rules, at=LUNCH).rule is not None
        assert decide(rules, at=NIGHT).rule is None
        assert decide(rules, at=SATURDAY).rule is None


class TestOfSeveralRules:
    def test_the_first_by_priority_counts(self) -> None:
        first, second = a_rule("r-1", priority=20), a_rule("r-2", priority=5, department="water")

        decision = decide(a_set(first, second))

        assert (decision.rule, decision.unit) == (second, "water")

    def test_none_may_match_and_it_stays_with_the_desk_of_its_level(self) -> None:
        decision = decide(a_set(a_rule(categories=["01"])), some_facts(level="street"))

        assert (decision.rule, decision.unit, decision.passed_over) == (None, "420802001", ())

    def test_one_that_sends_to_a_desk_names_the_area_of_the_incident(self) -> None:
        assert decide(a_set(a_rule(desk="street"))).unit == "420802001"

    def test_one_that_sends_to_a_desk_is_not_for_a_point_outside(self) -> None:
        outside = some_facts(areas=(None, None, None, None), level="district")

        decision = decide(a_set(a_rule(desk="district")), outside)

        assert (decision.rule, decision.unit, decision.passed_over) == (None, None, ())


class TestARuleThatFails:
    NEXT = a_rule("r-2", priority=20, department="water")

    def failing(self, rule: Rule, **facts: Any) -> Decision:
        return decide(a_set(rule, self.NEXT), some_facts(**facts))

    @pytest.mark.parametrize("department", ["gone", "never-heard-of"])
    def test_for_its_department_is_closed_gives_way_to_the_next(self, department: str) -> None:
        decision = self.failing(a_rule(department=department))

        assert decision.unit == "water"
        assert [each.code for each in decision.failures] == ["department_closed"]

    def test_is_not_told_of_when_it_would_not_have_matched(self) -> None:
        decision = self.failing(a_rule(department="gone", categories=["01"]))

        assert decision.failures == ()

    def test_for_it_cannot_be_read_gives_way_to_the_next(self) -> None:
        decision = self.failing(Rule(rule_id="r-1", version=4, priority=1, says=None))

        assert decision.unit == "water"
        [failure] = decision.failures
        assert (failure.rule, failure.rule_version, failure.code) == ("r-1", 4, "unreadable")

    def test_for_the_calendar_does_not_know_the_day_gives_way_to_the_next(self) -> None:
        long_ago = datetime(2001, 5, 1, tzinfo=UTC)

        decision = self.failing(a_rule(times={"working_day": True}), reported_at=long_ago)

        assert decision.unit == "water"
        assert [each.code for each in decision.failures] == ["outside_calendar"]

    def test_for_any_other_reason_gives_way_to_the_next(self) -> None:
        decision = self.failing(a_rule(times={"weekdays": 7}))

        assert decision.unit == "water"
        assert [each.code for each in decision.failures] == ["failed"]

    def test_leaves_it_with_the_desk_when_there_is_no_other(self) -> None:
        decision = decide(a_set(a_rule(department="gone")))

        assert (decision.rule, decision.unit) == (None, "420802001001")
        assert len(decision.failures) == 1

    def test_is_no_fault_where_the_incident_is_closed_to_the_department(self) -> None:
        decision = self.failing(a_rule(), closed_to=frozenset({"ecology"}))

        assert decision.unit == "water"
        assert [each.code for each in decision.passed_over] == ["closed_to_unit"]
        assert decision.failures == ()


class TestTheReason:
    def reason(self, rules: RuleSet, **facts: Any) -> tuple[str, str]:
        given = some_facts(**facts)
        told = routing_of(decide(rules, given), given, rules, at=NOW)
        return told.zh, told.en

    def test_names_the_rule_its_version_where_to_and_what_for(self) -> None:
        rule = a_rule(
            categories=["05", "06"],
            places=["420802001"],
            severities=["L3"],
            times={"weekdays": [1, 7], "office_hours": True},
        )

        assert self.reason(a_set(rule)) == (
            "按规则“环境类事件”（第 1 版）建议派往生态环境分局（ecology）；适用条件：类别 05、06，"
            "地点 420802001，等级 L3，周一、日，办公时间内。",
            "By the rule “Environment” (version 1) it should go to Ecology bureau (ecology); it is for "
            "category 05, 06, place 420802001, severity L3, on Mon, Sun, in office hours.",
        )

    def test_says_that_it_goes_where_the_rule_dispatches(self) -> None:
        zh, en = self.reason(a_set(a_rule(desk="street", applies="dispatch")))

        assert zh.startswith("按规则“环境类事件”（第 1 版）派往街道指挥台（420802001）")
        assert "it goes to the street's desk (420802001); it is for all incidents." in en

    def test_says_that_no_rule_matches_and_that_one_was_passed_over(self) -> None:
        assert self.reason(a_set(a_rule(department="gone"))) == (
            "没有规则适用，由社区指挥台（420802001001）处理。另有 1 条规则适用但未能执行。",
            "No rule matches; it is for the community's desk (420802001001). 1 rule(s) before it "
            "could not be followed.",
        )

    def test_carries_what_a_dispatch_needs(self) -> None:
        rules, facts = a_set(a_rule(applies="dispatch")), some_facts()

        told = routing_of(decide(rules, facts), facts, rules, at=NOW)

        assert (told.rule, told.rule_version, told.set_version) == ("r-1", 1, 7)
        assert (told.unit, told.department, told.desk) == ("ecology", "ecology", None)
        assert (told.applies, told.at) == ("dispatch", NOW)
