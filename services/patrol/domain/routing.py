"""Where an incident goes by the rules in force: the first that matches counts, and one that fails is said, never hidden."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time

from services.patrol.domain.incident import Incident
from shared.contracts.routing import (
    DepartmentOrder,
    PassedOver,
    RoutingCondition,
    RoutingRuleOrder,
    RoutingTarget,
    RoutingTimes,
)
from shared.kernel.clock import CHINA
from shared.kernel.deadlines.reckoner import Reckoner
from shared.kernel.errors import Refusal
from shared.kernel.place import AREA_LEVELS, NamedArea, Place

UNREADABLE = "unreadable"
DEPARTMENT_CLOSED = "department_closed"
FAILED = "failed"
# That an incident is closed to a department is no fault of the rule.
CLOSED_TO_UNIT = "closed_to_unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule in force; `says` is None where what is kept of it cannot be read."""

    rule_id: str
    version: int
    priority: int
    says: RoutingRuleOrder | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """All rules in force at a time, by priority, and the departments they may name; a version never changes."""

    version: int
    rules: tuple[Rule, ...] = ()
    departments: Mapping[str, DepartmentOrder] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What of an incident decides where it goes; `areas` are its codes from the district down."""

    category: str
    severity: str
    areas: tuple[str | None, ...]
    reported_at: datetime
    level: str
    closed_to: frozenset[str] = frozenset()

    def desk(self, level: str) -> str | None:
        """Return the area whose desk of that level it is; None for a point outside."""
        return self.areas[AREA_LEVELS.index(level)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Which rule counts, if any, to which unit it sends, and which were passed over before it."""

    rule: Rule | None
    unit: str | None
    passed_over: tuple[PassedOver, ...] = ()

    @property
    def failures(self) -> tuple[PassedOver, ...]:
        """Return the rules that a person has to look at."""
        return tuple(each for each in self.passed_over if each.code != CLOSED_TO_UNIT)


class RuleFailed(Exception):
    """A rule is for an incident and cannot be followed; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def facts_of(incident: Incident) -> Facts:
    """Return what the rules look at."""
    closed = incident.compartment
    return Facts(
        category=incident.category,
        severity=incident.severity,
        areas=areas_of(incident.place),
        reported_at=incident.reported_at,
        level=incident.level,
        closed_to=frozenset(closed.units if closed else ()),
    )


def areas_of(place: Place) -> tuple[str | None, ...]:
    areas: tuple[NamedArea | None, ...] = tuple(getattr(place, level) for level in AREA_LEVELS)
    return tuple(None if area is None else area.code for area in areas)


def route(rules: RuleSet, facts: Facts, reckoner: Reckoner, *, at: datetime) -> Decision:
    """Return what the rules valid at that moment decide; without one it stays with the desk of its level."""
    passed_over = []
    for rule in rules.rules:
        try:
            unit = unit_by(rule, facts, reckoner, rules.departments, at=at)
        # Whatever is wrong with a rule, an incident is never held up by it.
        except Exception as error:
            passed_over.append(_passed_over(rule, error))
            continue
        if unit is not None:
            return Decision(rule=rule, unit=unit, passed_over=tuple(passed_over))
    return Decision(rule=None, unit=facts.desk(facts.level), passed_over=tuple(passed_over))


def unit_by(
    rule: Rule,
    facts: Facts,
    reckoner: Reckoner,
    departments: Mapping[str, DepartmentOrder],
    *,
    at: datetime,
) -> str | None:
    """Return the unit a rule sends to; None where it is not for the incident.

    Raises:
        RuleFailed: it would be, and cannot be followed.
        Invalid: it asks for a day outside the calendar.
    """
    says = rule.says
    if says is None:
        raise RuleFailed(UNREADABLE)
    if not (is_valid(says, at) and is_for(says.condition, facts)):
        return None
    if not is_at(says.condition.times, facts.reported_at, reckoner):
        return None
    return unit_of(says.target, facts, departments)


def is_valid(says: RoutingRuleOrder, at: datetime) -> bool:
    begun = says.valid_from is None or says.valid_from <= at
    return begun and (says.valid_to is None or at < says.valid_to)


def is_for(condition: RoutingCondition, facts: Facts) -> bool:
    """Tell whether a condition holds, the times left aside."""
    return (
        (not condition.severities or facts.severity in condition.severities)
        and (not condition.categories or facts.category.startswith(tuple(condition.categories)))
        and (not condition.places or not set(condition.places).isdisjoint(facts.areas))
    )


def is_at(times: RoutingTimes, at: datetime, reckoner: Reckoner) -> bool:
    """Tell whether an incident was reported at one of the times.

    Raises:
        Invalid: the calendar has to say, and does not know the day.
    """
    local = at.astimezone(CHINA)
    if times.weekdays and local.isoweekday() not in times.weekdays:
        return False
    if not _is_between(times.since, times.until, local.time()):
        return False
    if times.working_day is None and times.office_hours is None:
        return True
    works = reckoner.calendar.is_working(local.date())
    if times.working_day is not None and works is not times.working_day:
        return False
    return times.office_hours in (None, works and _is_open(local, reckoner))


def unit_of(
    target: RoutingTarget, facts: Facts, departments: Mapping[str, DepartmentOrder]
) -> str | None:
    """Return the unit a target stands for; None where there is no desk of that level.

    Raises:
        RuleFailed: the department is gone, or the incident is closed to it.
    """
    if target.desk is not None:
        unit = facts.desk(target.desk)
    else:
        unit = target.department
        known = departments.get(unit or "")
        if known is None or not known.is_open:
            raise RuleFailed(DEPARTMENT_CLOSED)
    if unit in facts.closed_to:
        raise RuleFailed(CLOSED_TO_UNIT)
    return unit


def _is_between(since: time | None, until: time | None, now: time) -> bool:
    first, end = since or time.min, until or time.min
    if first < end:
        return first <= now < end
    return now >= first or now < end


def _is_open(local: datetime, reckoner: Reckoner) -> bool:
    spans = reckoner.hours.on(local.date())
    return any(opens <= local.time() < closes for opens, closes in spans)


def _passed_over(rule: Rule, error: Exception) -> PassedOver:
    code = error.code if isinstance(error, RuleFailed | Refusal) else FAILED
    return PassedOver(rule=rule.rule_id, rule_version=rule.version, code=code)
