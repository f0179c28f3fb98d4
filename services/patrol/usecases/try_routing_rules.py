"""Somebody asks what rules would have done with what was reported; nothing is written."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from services.patrol.domain.routing import Rule, RuleSet
from services.patrol.domain.routing_rule import RuleState, newest
from services.patrol.domain.routing_set import Chains, checked, shadowed, with_rule
from services.patrol.domain.routing_trial import Trial
from services.patrol.ports.routing import AreaTree, PastIncidents, RoutingStore
from services.patrol.usecases.routing_reach import chains_of
from shared.contracts.routing import RoutingRuleOrder, RoutingTrial
from shared.kernel.actor import Actor
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.errors import FieldError, Invalid
from shared.kernel.instants import instant_of

LONGEST = timedelta(days=366)
MOST_INCIDENTS = 200_000


@dataclass(frozen=True, slots=True)
class TryRoutingRules:
    store: RoutingStore
    areas: AreaTree
    past: PastIncidents
    counting: Callable[[], DeadlineClock]

    def __call__(self, trial: RoutingTrial, *, actor: Actor) -> dict[str, Any]:
        """Count for each rule what it would have matched and decided, and where that went in truth.

        The validity of a rule that is tried is left aside, since its time has not come. Of more than
        `MOST_INCIDENTS` the oldest are counted, and `complete` is false.

        Raises:
            NotFound: no such rule.
            Invalid: the period is empty, too long or without offset, or a rule is not well made.
            RuleBroken: two rules have the same priority, or a department is closed.
        """
        _check_period(trial.since, trial.until)
        rules, tried = self._laid_over(trial)
        chains = chains_of([rule.says for rule in rules.rules], self.areas)
        counted = Trial(_at_any_time(rules, tried), tried, self.counting().reckoner)
        for page in self.past.under(actor, trial, at_most=MOST_INCIDENTS + 1):
            for incident in page:
                if counted.incidents == MOST_INCIDENTS:
                    return self._shown(counted, rules, chains, complete=False)
                counted.add(incident)
        return self._shown(counted, rules, chains, complete=True)

    def _laid_over(self, trial: RoutingTrial) -> tuple[RuleSet, list[str]]:
        rules = self.store.latest()
        if trial.alone:
            rules = replace(rules, rules=())
        tried = []
        for rule in (*map(self._kept, trial.drafts), *_given(trial.rules)):
            rules = replace(with_rule(rules, rule), version=rules.version)
            tried.append(rule.rule_id)
        return rules, tried

    def _kept(self, rule_id: str) -> Rule:
        versions = self.store.versions_of(rule_id)
        drafts = [each for each in versions if each.state is RuleState.DRAFT]
        return newest(drafts or versions).in_force

    @staticmethod
    def _shown(counted: Trial, rules: RuleSet, chains: Chains, *, complete: bool) -> dict[str, Any]:
        return {
            "set_version": rules.version,
            "complete": complete,
            **counted.result(),
            "shadowed": [
                {"rule": each.rule, "by": list(each.by)} for each in shadowed(rules, chains)
            ],
        }


def _given(rules: list[RoutingRuleOrder]) -> list[Rule]:
    return [
        Rule(rule_id=f"rules.{number}", version=0, priority=says.priority, says=checked(says))
        for number, says in enumerate(rules)
    ]


def _at_any_time(rules: RuleSet, tried: list[str]) -> RuleSet:
    return replace(
        rules,
        rules=tuple(
            replace(rule, says=replace(rule.says, valid_from=None, valid_to=None))
            if rule.says and rule.rule_id in tried
            else rule
            for rule in rules.rules
        ),
    )


def _check_period(since: datetime, until: datetime) -> None:
    length = instant_of(until, "until") - instant_of(since, "since")
    if timedelta(0) < length <= LONGEST:
        return
    raise Invalid(
        code="invalid",
        zh="期间不合要求，详见 errors。",
        en="The period is wrong; see errors.",
        errors=(
            FieldError(
                field="until",
                code="out_of_range",
                zh=f"期间须先起后止，且不超过 {LONGEST.days} 天",
                en=f"a period ends after it begins, and within {LONGEST.days} days",
            ),
        ),
    )
