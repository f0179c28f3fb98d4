"""A dry run: what rules would have done, against where incidents went."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.patrol.domain.routing import Facts, RuleSet, route
from services.patrol.domain.routing_trial import MOST_EXAMPLES, Past, Trial
from tests.builders.counting import counting
from tests.builders.incident import NOW
from tests.builders.routing import a_rule, a_set, some_facts

RECKONER = counting().reckoner


def a_past(number: int = 1, **changed: Any) -> Past:
    return Past(
        matter_no=f"P-{number}",
        category="05",
        severity="L3",
        district="420802",
        street="420802001",
        community="420802001001",
        cell="420802001001001",
        level="community",
        unit=None,
        reported_at=NOW,
        is_closed_off=False,
    )._replace(**changed)


def tried(rules: RuleSet, *past: Past, names: tuple[str, ...] = ("r-1",)) -> dict[str, Any]:
    trial = Trial(rules, names, RECKONER)
    for each in past:
        trial.add(each)
    return trial.result()


class TestATrial:
    def test_counts_what_a_rule_matched_and_what_it_decided(self) -> None:
        rules = a_set(a_rule("r-0", priority=1, severities=["L1"]), a_rule("r-1", priority=2))

        result = tried(rules, a_past(), a_past(severity="L1"), a_past())

        assert (result["incidents"], result["unmatched"]) == (3, 0)
        of = {each["rule"]: each for each in result["rules"]}
        assert (of["r-1"]["matched"], of["r-1"]["decided"]) == (3, 2)
        assert (of["r-0"]["matched"], of["r-0"]["decided"], of["r-0"]["tried"]) == (1, 1, False)

    def test_holds_where_they_would_have_gone_against_where_they_went(self) -> None:
        result = tried(
            a_set(a_rule(categories=["05"])),
            a_past(unit="ecology"),
            a_past(unit="ecology"),
            a_past(unit="water"),
            a_past(),
            a_past(category="01", unit="mediation"),
        )

        by_ecology = {"desk": None, "department": "ecology"}
        expected = [
            ("r-1", by_ecology, {"desk": None, "unit": "ecology"}, 2),
            ("r-1", by_ecology, {"desk": None, "unit": "water"}, 1),
            ("r-1", by_ecology, {"desk": "community", "unit": None}, 1),
            (
                None,
                {"desk": "community", "department": None},
                {"desk": None, "unit": "mediation"},
                1,
            ),
        ]
        found = [(o["rule"], o["would"], o["went"], o["count"]) for o in result["outcomes"]]
        assert found == expected
        [rule] = result["rules"]
        assert (rule["decided"], rule["same"], result["unmatched"]) == (4, 2, 1)

    def test_takes_a_desk_for_the_same_as_its_area_or_its_level(self) -> None:
        result = tried(
            a_set(a_rule(desk="street")),
            a_past(unit="420802001"),
            a_past(level="street"),
            a_past(level="street", unit="water"),
            a_past(),
        )

        [rule] = result["rules"]
        assert (rule["decided"], rule["same"]) == (4, 2)

    def test_gives_examples_by_number_those_that_differ_first_and_none_that_is_closed_off(
        self,
    ) -> None:
        same = [a_past(number, unit="ecology") for number in range(MOST_EXAMPLES + 3)]
        differing = [a_past(100, unit="water"), a_past(101, unit="water", is_closed_off=True)]

        [rule] = tried(a_set(a_rule()), *same, *differing)["rules"]

        assert [each["matter_no"] for each in rule["examples"]] == [
            "P-100",
            *(f"P-{number}" for number in range(MOST_EXAMPLES)),
        ]
        assert rule["examples"][0]["went"] == {"desk": None, "unit": "water"}

    def test_counts_failures_and_goes_on_to_the_next(self) -> None:
        rules = a_set(a_rule(department="gone"), a_rule("r-2", priority=20, department="water"))

        result = tried(rules, a_past(unit="water"))

        [failure] = result["failures"]
        assert (failure["rule"], failure["code"], failure["count"]) == (
            "r-1",
            "department_closed",
            1,
        )
        assert failure["zh"]
        assert [each["rule"] for each in result["outcomes"]] == ["r-2"]


_PLACES = st.sampled_from(["420802", "420802001", "420802001001", "420802002", "420802001001001"])
_RULES = st.builds(
    a_rule,
    categories=st.lists(st.sampled_from(["01", "05", "0501"]), max_size=2),
    places=st.lists(_PLACES, max_size=2),
    severities=st.lists(st.sampled_from(["L1", "L3"]), max_size=2),
    department=st.sampled_from(["ecology", "gone"]),
    desk=st.sampled_from([None, None, "street", "district"]),
    times=st.sampled_from([{}, {"office_hours": True}, {"weekdays": [1, 2]}]),
    valid_to=st.sampled_from([None, NOW + timedelta(days=1)]),
)


@given(
    drawn=st.lists(_RULES, max_size=4),
    category=st.sampled_from(["01", "05", "0501"]),
    severity=st.sampled_from(["L1", "L2", "L3"]),
    hours=st.integers(0, 24 * 8),
    street=st.sampled_from(["420802001", "420802002", None]),
)
def test_a_trial_decides_as_the_rules_do_in_earnest(
    drawn: list[Any], category: str, severity: str, hours: int, street: str | None
) -> None:
    rules = a_set(
        *(replace(rule, rule_id=f"r-{n}", priority=n) for n, rule in enumerate(drawn, start=1))
    )
    at = NOW + timedelta(hours=hours)
    past = a_past(category=category, severity=severity, street=street, reported_at=at)
    facts: Facts = some_facts(category=category, severity=severity, areas=past[3:7], reported_at=at)

    decision = route(rules, facts, RECKONER, at=at)
    [outcome] = tried(rules, past, names=())["outcomes"]

    assert outcome["rule"] == (decision.rule and decision.rule.rule_id)
