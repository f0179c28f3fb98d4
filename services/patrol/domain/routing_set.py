"""The set of rules as a whole: what may come into force, and which rule can never be reached."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product

from services.patrol.domain.routing import Rule, RuleSet
from shared.contracts.routing import (
    RoutingCondition,
    RoutingRuleOrder,
    RoutingTarget,
    RoutingTimes,
)
from shared.kernel.errors import FieldError, Invalid, RuleBroken

MOST_RULES = 500
SEVERITIES = ("L1", "L2", "L3", "L4")
# For each place the codes of the areas it lies in, itself among them.
Chains = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadowed:
    """A rule that no incident reaches, since rules before it match all that it does."""

    rule: str
    by: tuple[str, ...]


def checked(says: RoutingRuleOrder) -> RoutingRuleOrder:
    """Return what a rule says.

    Raises:
        Invalid: it names no target or two, or its validity ends before it begins or has no offset.
    """
    errors = tuple(_findings(says))
    if errors:
        raise Invalid(
            code="invalid",
            zh="规则不合要求，详见 errors。",
            en="The rule is wrong; see errors.",
            errors=errors,
        )
    return says


def _findings(says: RoutingRuleOrder) -> Iterator[FieldError]:
    if (says.target.desk is None) is (says.target.department is None):
        yield FieldError(
            field="target",
            code="one_target",
            zh="须且只能指明 desk 或 department 之一",
            en="name either a desk or a department",
        )
    bounds = [each for each in (says.valid_from, says.valid_to) if each is not None]
    if any(each.tzinfo is None for each in bounds):
        yield FieldError(
            field="valid_from",
            code="timezone_aware",
            zh="有效期须带时区",
            en="a validity has its offset",
        )
    elif len(bounds) == 2 and bounds[0] >= bounds[1]:
        yield FieldError(
            field="valid_to",
            code="out_of_order",
            zh="有效期须先起后止",
            en="a validity ends after it begins",
        )


def with_rule(rules: RuleSet, rule: Rule) -> RuleSet:
    """Return the next set: a rule comes into force, in place of its version that is.

    Raises:
        RuleBroken: another rule has the same priority at the same time, the department it names is not open, or
            there are too many rules.
    """
    others = tuple(each for each in rules.rules if each.rule_id != rule.rule_id)
    if len(others) >= MOST_RULES:
        raise RuleBroken(
            code="too_many_rules",
            zh=f"同时施行的规则至多 {MOST_RULES} 条。",
            en=f"No more than {MOST_RULES} rules are in force at once.",
        )
    for other in others:
        if other.priority == rule.priority and _meet(other.says, rule.says):
            raise _tied(other)
    _check_department(rule, rules)
    in_order = tuple(sorted((*others, rule), key=lambda each: (each.priority, each.rule_id)))
    return replace(rules, version=rules.version + 1, rules=in_order)


def without_rule(rules: RuleSet, rule_id: str) -> RuleSet:
    """Return the next set, in which a rule is in force no more."""
    left = tuple(each for each in rules.rules if each.rule_id != rule_id)
    return replace(rules, version=rules.version + 1, rules=left)


def shadowed(rules: RuleSet, chains: Chains) -> list[Shadowed]:
    """Return the rules that can never be reached.

    A rule is taken apart by its categories, severities and places: it is shadowed when each part is matched
    whole by one rule before it. Where only several together match a part at different times, it is not found.
    """
    found = []
    for number, rule in enumerate(rules.rules):
        if rule.says and (by := _covering(rule.says, rules.rules[:number], chains)):
            found.append(Shadowed(rule=rule.rule_id, by=by))
    return found


def _covering(says: RoutingRuleOrder, before: Iterable[Rule], chains: Chains) -> tuple[str, ...]:
    may = [
        (rule.rule_id, rule.says.condition)
        for rule in before
        if rule.says is not None and _holds_always(rule.says, says)
    ]
    by: dict[str, None] = {}
    for part in _parts(says.condition):
        covering = next((rule_id for rule_id, wide in may if _covers(wide, part, chains)), None)
        if covering is None:
            return ()
        by[covering] = None
    return tuple(by)


def _parts(condition: RoutingCondition) -> Iterator[tuple[str, str, str | None]]:
    return product(
        condition.categories or ("",),
        condition.severities or SEVERITIES,
        condition.places or (None,),
    )


def _covers(wide: RoutingCondition, part: tuple[str, str, str | None], chains: Chains) -> bool:
    category, severity, place = part
    return (
        (not wide.severities or severity in wide.severities)
        and (not wide.categories or category.startswith(tuple(wide.categories)))
        and (
            not wide.places
            or (place is not None and not _chain(place, chains).isdisjoint(wide.places))
        )
    )


def _chain(place: str, chains: Chains) -> frozenset[str]:
    return chains.get(place, frozenset((place,)))


def _holds_always(wide: RoutingRuleOrder, narrow: RoutingRuleOrder) -> bool:
    """Tell whether one is valid whenever the other is, at all its times, and sends wherever a desk is."""
    begins = wide.valid_from is None or (
        narrow.valid_from is not None and wide.valid_from <= narrow.valid_from
    )
    ends = wide.valid_to is None or (
        narrow.valid_to is not None and narrow.valid_to <= wide.valid_to
    )
    sends = wide.target.desk in (None, narrow.target.desk) or bool(narrow.condition.places)
    return begins and ends and sends and _at_all_times(wide.condition.times, narrow.condition.times)


def _at_all_times(wide: RoutingTimes, narrow: RoutingTimes) -> bool:
    days = not wide.weekdays or (
        bool(narrow.weekdays) and set(narrow.weekdays) <= set(wide.weekdays)
    )
    # Office hours are on working days alone.
    works = narrow.working_day if narrow.office_hours is not True else True
    flags = wide.working_day in (None, works) and wide.office_hours in (None, narrow.office_hours)
    return days and flags and _spans(wide) in (None, _spans(narrow))


def _spans(times: RoutingTimes) -> object:
    is_any = times.since == times.until or (times.since is None and times.until is None)
    return None if is_any else (times.since, times.until)


def _meet(one: RoutingRuleOrder | None, other: RoutingRuleOrder | None) -> bool:
    """Tell whether two are valid at once; one that cannot be read may be at any time."""
    if one is None or other is None:
        return True
    return _before_end(one.valid_from, other.valid_to) and _before_end(
        other.valid_from, one.valid_to
    )


def _before_end(begins: datetime | None, ends: datetime | None) -> bool:
    return begins is None or ends is None or begins < ends


def _check_department(rule: Rule, rules: RuleSet) -> None:
    target = rule.says.target if rule.says else RoutingTarget()
    if target.department is None:
        return
    known = rules.departments.get(target.department)
    if known is None or not known.is_open:
        raise RuleBroken(
            code="no_such_department",
            zh=f"没有部门 {target.department}，或它已停用；可用部门见 GET /routing/departments。",
            en=f"There is no department {target.department}, or it is closed; GET /routing/departments lists them.",
        )


def _tied(other: Rule) -> RuleBroken:
    zh, en = (other.says.zh, other.says.en) if other.says else (other.rule_id, other.rule_id)
    return RuleBroken(
        code="priority_taken",
        zh=f"优先级 {other.priority} 已由同一时期施行的规则“{zh}”使用；请换一个优先级，先后须分明。",
        en=f"Priority {other.priority} is that of the rule “{en}”, in force at the same time; choose another, so that it is clear which comes first.",
    )
