"""What rules would have done with incidents of the past, against where those went."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from services.patrol.domain.routing import (
    FAILED,
    Facts,
    Rule,
    RuleFailed,
    RuleSet,
    is_at,
    is_for,
    is_valid,
    unit_of,
)
from services.patrol.domain.routing_words import failure_words
from shared.contracts.routing import RoutingTimes
from shared.kernel.deadlines.reckoner import Reckoner
from shared.kernel.errors import Refusal

MOST_EXAMPLES = 5
MOST_OUTCOMES = 200
_ANY_TIME = RoutingTimes()


class Past(NamedTuple):
    """An incident of the past: what rules look at, and where it went – its unit, or the desk of its level."""

    matter_no: str
    category: str
    severity: str
    district: str | None
    street: str | None
    community: str | None
    cell: str | None
    level: str
    unit: str | None
    reported_at: datetime
    is_closed_off: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A rule that is for incidents of this kind and place, and why it could not be followed if so."""

    rule: Rule
    at_any_time: bool
    failure: str | None


class Outcome(NamedTuple):
    """Where incidents would have gone by a rule, or by none, and where they went."""

    rule: str | None
    desk: str | None
    department: str | None
    went_to_unit: str | None
    went_to_desk: str | None


class Trial:
    """Counts incidents one by one.

    What does not depend on the time is looked up once for each kind and place, so that a hundred thousand take
    a second.
    """

    def __init__(self, rules: RuleSet, tried: Iterable[str], reckoner: Reckoner) -> None:
        self._rules = rules
        self._tried = frozenset(tried)
        self._reckoner = reckoner
        self._named = frozenset(
            place for rule in rules.rules if rule.says for place in rule.says.condition.places
        )
        self._candidates: dict[tuple[str | None, ...], tuple[Candidate, ...]] = {}
        self.incidents = 0
        self._matched: Counter[str] = Counter()
        self._decided: Counter[str] = Counter()
        self._same: Counter[str] = Counter()
        self._outcomes: Counter[Outcome] = Counter()
        self._failures: Counter[tuple[str, str]] = Counter()
        self._examples: defaultdict[tuple[str, bool], list[dict[str, Any]]] = defaultdict(list)

    def add(self, past: Past) -> None:
        """Count one incident."""
        self.incidents += 1
        decision: Candidate | None = None
        for candidate in self._candidates_of(past):
            if decision is not None and candidate.rule.rule_id not in self._tried:
                continue
            if not self._matches(candidate, past.reported_at):
                continue
            self._matched[candidate.rule.rule_id] += 1
            if candidate.failure is not None:
                self._failures[candidate.rule.rule_id, candidate.failure] += 1
            elif decision is None:
                decision = candidate
        self._decide(decision, past)

    def _candidates_of(self, past: Past) -> tuple[Candidate, ...]:
        # Areas that no rule names are all alike, as long as there is one.
        areas = tuple(each and (each if each in self._named else "-") for each in past[3:7])
        key = (past.category, past.severity, *areas)
        if key not in self._candidates:
            self._candidates[key] = tuple(self._looked_up(past, areas))
        return self._candidates[key]

    def _looked_up(self, past: Past, areas: tuple[str | None, ...]) -> Iterable[Candidate]:
        facts = Facts(
            category=past.category,
            severity=past.severity,
            areas=areas,
            reported_at=past.reported_at,
            level=past.level,
        )
        for rule in self._rules.rules:
            says = rule.says
            if says is None or not is_for(says.condition, facts):
                continue
            try:
                unit, failure = unit_of(says.target, facts, self._rules.departments), None
            except RuleFailed as failed:
                unit, failure = None, failed.code
            if unit is None and failure is None:
                continue
            is_any = says.condition.times == _ANY_TIME
            always = is_any and says.valid_from is None and says.valid_to is None
            yield Candidate(rule=rule, at_any_time=always, failure=failure)

    def _matches(self, candidate: Candidate, at: datetime) -> bool:
        says = candidate.rule.says
        if candidate.at_any_time or says is None:
            return True
        try:
            return is_valid(says, at) and is_at(says.condition.times, at, self._reckoner)
        # As it would have been passed over then.
        except Exception as error:
            code = error.code if isinstance(error, Refusal) else FAILED
            self._failures[candidate.rule.rule_id, code] += 1
            return False

    def _decide(self, decision: Candidate | None, past: Past) -> None:
        outcome = _outcome(decision, past)
        self._outcomes[outcome] += 1
        if outcome.rule is None:
            return
        same = _went_there(outcome, past)
        self._decided[outcome.rule] += 1
        self._same[outcome.rule] += same
        examples = self._examples[outcome.rule, same]
        # To be shown one that is closed off is on record each time; a count is not worth that.
        if outcome.rule in self._tried and len(examples) < MOST_EXAMPLES and not past.is_closed_off:
            examples.append({"matter_no": past.matter_no, "same": same, **_shown(outcome)})

    def result(self) -> dict[str, Any]:
        """Return the counts as the edge shows them."""
        return {
            "incidents": self.incidents,
            "unmatched": sum(
                count for outcome, count in self._outcomes.items() if outcome.rule is None
            ),
            "rules": [self._of(rule) for rule in self._rules.rules if self._is_shown(rule)],
            "outcomes": [
                {"rule": outcome.rule, **_shown(outcome), "count": count}
                for outcome, count in self._outcomes.most_common(MOST_OUTCOMES)
            ],
            "failures": [
                {"rule": rule, "code": code, "count": count, **_words(code)}
                for (rule, code), count in self._failures.most_common()
            ],
        }

    def _is_shown(self, rule: Rule) -> bool:
        return rule.rule_id in self._tried or bool(self._decided[rule.rule_id])

    def _of(self, rule: Rule) -> dict[str, Any]:
        rule_id, says = rule.rule_id, rule.says
        return {
            "rule": rule_id,
            "zh": says and says.zh,
            "en": says and says.en,
            "tried": rule_id in self._tried,
            # Of a rule that is in force only what no rule before it decided is counted.
            "matched": self._matched[rule_id],
            "decided": self._decided[rule_id],
            "same": self._same[rule_id],
            "examples": [*self._examples[rule_id, False], *self._examples[rule_id, True]],
        }


def _outcome(decision: Candidate | None, past: Past) -> Outcome:
    desk, department, rule_id = past.level, None, None
    if decision is not None and decision.rule.says is not None:
        target = decision.rule.says.target
        desk, department, rule_id = target.desk or "", target.department, decision.rule.rule_id
    return Outcome(
        rule=rule_id,
        desk=desk or None,
        department=department,
        went_to_unit=past.unit,
        went_to_desk=past.level if past.unit is None else None,
    )


def _went_there(outcome: Outcome, past: Past) -> bool:
    if outcome.desk is None:
        return past.unit == outcome.department
    if past.unit is None:
        return past.level == outcome.desk
    return bool(past.unit == getattr(past, outcome.desk))


def _shown(outcome: Outcome) -> dict[str, Any]:
    return {
        "would": {"desk": outcome.desk, "department": outcome.department},
        "went": {"desk": outcome.went_to_desk, "unit": outcome.went_to_unit},
    }


def _words(code: str) -> dict[str, str]:
    zh, en = failure_words(code)
    return {"zh": zh, "en": en}
