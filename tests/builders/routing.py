"""Routing rules and sets of them with good defaults."""

from dataclasses import replace
from typing import Any

from services.patrol.domain.routing import Facts, Rule, RuleSet
from shared.contracts.routing import (
    DepartmentOrder,
    RoutingCondition,
    RoutingRuleOrder,
    RoutingTarget,
    RoutingTimes,
)
from tests.builders.incident import NOW

DEPARTMENTS = {
    "ecology": DepartmentOrder(zh="生态环境分局", en="Ecology bureau"),
    "water": DepartmentOrder(zh="水务局", en="Water authority"),
    "gone": DepartmentOrder(zh="已撤部门", en="A closed department", is_open=False),
}


def a_rule_order(
    *,
    times: dict[str, Any] | None = None,
    department: str | None = "ecology",
    desk: Any = None,
    **changed: Any,
) -> RoutingRuleOrder:
    """Return a rule for all incidents; `categories`, `places` and `severities` make it one for some."""
    lists = {name: changed.pop(name, []) for name in ("categories", "places", "severities")}
    condition = RoutingCondition(times=RoutingTimes(**(times or {})), **lists)
    target = RoutingTarget(desk=desk, department=None if desk else department)
    order = RoutingRuleOrder(
        zh="环境类事件", en="Environment", target=target, priority=10, condition=condition
    )
    return replace(order, **changed)


def a_rule(rule_id: str = "r-1", **changed: Any) -> Rule:
    says = a_rule_order(**changed)
    return Rule(rule_id=rule_id, version=1, priority=says.priority, says=says)


def a_set(*rules: Rule) -> RuleSet:
    in_order = sorted(rules, key=lambda each: each.priority)
    return RuleSet(version=7, rules=tuple(in_order), departments=DEPARTMENTS)


def some_facts(**changed: Any) -> Facts:
    facts = Facts(
        category="05",
        severity="L3",
        areas=("420802", "420802001", "420802001001", "420802001001001"),
        reported_at=NOW,
        level="community",
    )
    return replace(facts, **changed)
