"""What may be asked of a dry run, and what it says when there is more than it counts."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.patrol.domain.routing_rule import RuleState, RuleVersion
from services.patrol.domain.routing_trial import Past
from services.patrol.usecases import try_routing_rules
from services.patrol.usecases.try_routing_rules import TryRoutingRules
from shared.contracts.routing import RoutingTrial
from shared.kernel.actor import Actor
from shared.kernel.clock import CHINA
from shared.kernel.errors import Invalid, NotFound, RuleBroken
from tests.builders.actor import a_duty_officer
from tests.builders.counting import counting
from tests.builders.incident import NOW
from tests.builders.routing import a_rule, a_rule_order, a_set
from tests.fakes.patrol import FakeAreaTree, FakeRoutingStore

PAST = Past(
    matter_no="P-1",
    category="05",
    severity="L3",
    district="420802",
    street="420802001",
    community="420802001001",
    cell="420802001001001",
    level="community",
    unit="ecology",
    reported_at=NOW,
    is_closed_off=False,
)
FIRST_DAY = datetime(1, 1, 1, tzinfo=CHINA)


class Reported:
    """So many incidents, all alike."""

    def __init__(self, count: int) -> None:
        self._count = count

    def under(self, actor: Actor, trial: RoutingTrial, *, at_most: int) -> Iterator[Sequence[Past]]:
        yield [PAST] * min(self._count, at_most)


def a_trial(**changed: Any) -> RoutingTrial:
    return RoutingTrial(**{"since": NOW - timedelta(days=30), "until": NOW, **changed})


def tried(trial: RoutingTrial, *, count: int = 3, store: Any = None) -> dict[str, Any]:
    use_case = TryRoutingRules(
        store or FakeRoutingStore(a_set()), FakeAreaTree(), Reported(count), counting
    )
    return use_case(trial, actor=a_duty_officer())


class TestTryRoutingRules:
    @pytest.mark.parametrize(
        ("since", "until"),
        [
            (NOW, NOW),
            (NOW, NOW - timedelta(days=1)),
            (NOW - timedelta(days=367), NOW),
            (FIRST_DAY, NOW),
            (NOW.replace(tzinfo=None), NOW),
        ],
    )
    def test_is_about_a_year_at_most(self, since: datetime, until: datetime) -> None:
        with pytest.raises(Invalid):
            tried(a_trial(since=since, until=until))

    def test_says_when_there_is_more_than_it_counts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(try_routing_rules, "MOST_INCIDENTS", 5)

        assert (tried(a_trial(), count=5)["complete"], tried(a_trial(), count=6)["complete"]) == (
            True,
            False,
        )
        assert tried(a_trial(), count=6)["incidents"] == 5

    def test_leaves_aside_when_a_tried_rule_will_be_valid(self) -> None:
        rule = a_rule_order(valid_from=NOW + timedelta(days=30))

        [found] = tried(a_trial(rules=[rule]))["rules"]

        assert found["matched"] == 3

    def test_refuses_a_tie_and_a_rule_that_is_not_well_made(self) -> None:
        with pytest.raises(RuleBroken):
            tried(a_trial(rules=[a_rule_order(), a_rule_order()]))
        with pytest.raises(Invalid):
            tried(a_trial(rules=[a_rule_order(department=None)]))

    def test_takes_the_draft_of_a_rule_in_place_of_what_is_in_force(self) -> None:
        store = FakeRoutingStore(a_set(a_rule("r-1", department="water")))
        store.add(
            RuleVersion(
                rule_id="r-1",
                version=2,
                state=RuleState.DRAFT,
                says=a_rule_order(),
                at=NOW,
                by="desk",
            )
        )

        assert [each["same"] for each in tried(a_trial(), store=store)["rules"]] == [0]
        assert [each["same"] for each in tried(a_trial(drafts=["r-1"]), store=store)["rules"]] == [
            3
        ]
        assert store.latest().version == 7

    def test_knows_no_draft_of_a_rule_there_is_none_of(self) -> None:
        with pytest.raises(NotFound):
            tried(a_trial(drafts=["r-9"]))
