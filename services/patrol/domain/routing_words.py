"""What a routing rule says to a person, in Chinese and English."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time
from typing import cast

from services.patrol.domain.routing import (
    DEPARTMENT_CLOSED,
    FAILED,
    UNREADABLE,
    Decision,
    Facts,
    Rule,
    RuleSet,
)
from shared.contracts.routing import (
    DepartmentOrder,
    Level,
    Routing,
    RoutingCondition,
    RoutingRuleOrder,
    RoutingTarget,
    RoutingTimes,
)

Both = tuple[str, str]

_DESKS: Mapping[str, Both] = {
    "community": ("社区指挥台", "the community's desk"),
    "street": ("街道指挥台", "the street's desk"),
    "district": ("区指挥中心", "the district's desk"),
}
_DAYS_ZH = "一二三四五六日"
_DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FLAGS: Mapping[str, Mapping[bool, Both]] = {
    "working_day": {True: ("工作日", "on working days"), False: ("休息日", "on rest days")},
    "office_hours": {
        True: ("办公时间内", "in office hours"),
        False: ("办公时间外", "out of office hours"),
    },
}
DISPATCH_REFUSED = "dispatch_refused"
_FAILURES: Mapping[str, Both] = {
    UNREADABLE: ("规则内容无法读取", "what is kept of the rule cannot be read"),
    DEPARTMENT_CLOSED: (
        "规则指向的部门已停用或不存在",
        "the department it names is closed or unknown",
    ),
    DISPATCH_REFUSED: (
        "规则可适用，但事件不能自动派遣",
        "the rule matches, and the incident may not be dispatched by it",
    ),
    FAILED: ("规则执行出错", "following the rule failed"),
}


def failure_words(code: str) -> Both:
    """Return why a rule could not be followed."""
    return _FAILURES.get(code, (f"规则执行出错（{code}）", f"following the rule failed ({code})"))


def routing_of(decision: Decision, facts: Facts, rules: RuleSet, *, at: datetime) -> Routing:
    """Return a decision with its reason, as everybody is shown it."""
    rule = decision.rule
    says = rule.says if rule else None
    target = RoutingTarget(desk=cast(Level, facts.level)) if says is None else says.target
    applies = "suggest" if says is None else says.applies
    zh, en = _reason(rule, says, _target(target, decision.unit, rules.departments), applies)
    more = _passed_over(len(decision.passed_over))
    return Routing(
        set_version=rules.version,
        rule=None if rule is None else rule.rule_id,
        rule_version=None if rule is None else rule.version,
        desk=target.desk,
        department=target.department,
        unit=decision.unit,
        applies=applies,
        at=at,
        zh=zh + more[0],
        en=en + more[1],
        passed_over=list(decision.passed_over),
    )


def _reason(rule: Rule | None, says: RoutingRuleOrder | None, to: Both, applies: str) -> Both:
    if rule is None or says is None:
        return f"没有规则适用，由{to[0]}处理。", f"No rule matches; it is for {to[1]}."
    zh, en = condition_words(says.condition)
    verb = ("派往", "goes to") if applies == "dispatch" else ("建议派往", "should go to")
    return (
        f"按规则“{says.zh}”（第 {rule.version} 版）{verb[0]}{to[0]}；适用条件：{zh}。",
        f"By the rule “{says.en}” (version {rule.version}) it {verb[1]} {to[1]}; it is for {en}.",
    )


def _target(
    target: RoutingTarget, unit: str | None, departments: Mapping[str, DepartmentOrder]
) -> Both:
    if target.desk is not None:
        zh, en = _DESKS[target.desk]
    else:
        known = departments[str(target.department)]
        zh, en = known.zh, known.en
    return (f"{zh}（{unit}）", f"{en} ({unit})") if unit else (zh, en)


def condition_words(condition: RoutingCondition) -> Both:
    """Return which incidents a rule is for."""
    parts = [*_lists(condition), *_times(condition.times)]
    if not parts:
        return "所有事件", "all incidents"
    return "，".join(zh for zh, _ in parts), ", ".join(en for _, en in parts)


def _lists(condition: RoutingCondition) -> Iterator[Both]:
    named = (
        ("类别", "category", condition.categories),
        ("地点", "place", condition.places),
        ("等级", "severity", condition.severities),
    )
    for zh, en, codes in named:
        if codes:
            yield f"{zh} {'、'.join(codes)}", f"{en} {', '.join(codes)}"


def _times(times: RoutingTimes) -> Iterator[Both]:
    if times.weekdays:
        days = sorted(set(times.weekdays))
        yield (
            "周" + "、".join(_DAYS_ZH[day - 1] for day in days),
            "on " + ", ".join(_DAYS_EN[day - 1] for day in days),
        )
    if times.since is not None or times.until is not None:
        since, until = (f"{each or time.min:%H:%M}" for each in (times.since, times.until))
        until = "24:00" if times.until is None else until
        yield f"{since} 至 {until}", f"from {since} to {until}"
    for name, words in _FLAGS.items():
        if (flag := getattr(times, name)) is not None:
            yield words[flag]


def _passed_over(count: int) -> Both:
    if not count:
        return "", ""
    return (
        f"另有 {count} 条规则适用但未能执行。",
        f" {count} rule(s) before it could not be followed.",
    )
