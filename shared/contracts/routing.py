"""Rules by which incidents find their desk or department: what they are, what they say, and what may be asked of them."""

from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import AfterValidator, ConfigDict

from shared.contracts.event import event, unheard

# The levels of command, and the severities of an incident (rules INC-05, INC-06).
Level = Literal["community", "street", "district"]
Severity = Literal["L1", "L2", "L3", "L4"]
Applies = Literal["suggest", "dispatch"]
MOST_PLACES = 50
MOST_TRIED = 50
# A condition that is not understood is told: passed over, a rule would be for more than it says.
_STRICT = ConfigDict(extra="forbid")


def _in_china(given: time) -> time:
    if given.tzinfo is not None:
        raise ValueError("a time of the day is China's, and has no offset")
    return given


Code = Annotated[str, MinLen(1), MaxLen(64)]
Name = Annotated[str, MinLen(1), MaxLen(100)]
Note = Annotated[str, MaxLen(500)]
DayTime = Annotated[time, AfterValidator(_in_china)]
Weekdays = Annotated[list[Annotated[int, Ge(1), Le(7)]], MaxLen(7)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingTimes:
    """When an incident has to be reported for a rule to be for it; what is not said may be any.

    `weekdays` count from Monday, 1. From `since` on and before `until`, in China's time; where `until` is not
    later, over midnight. `working_day` and `office_hours` are those of the calendar in force: a Saturday that is
    made up is worked, a holiday has no office hours.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    weekdays: Weekdays = field(default_factory=list)
    since: DayTime | None = None
    until: DayTime | None = None
    working_day: bool | None = None
    office_hours: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingCondition:
    """Which incidents a rule is for; an empty list means any.

    A category stands for all whose codes begin with it, a place for all that lies in it.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    categories: Annotated[list[Code], MaxLen(50)] = field(default_factory=list)
    places: Annotated[list[Code], MaxLen(MOST_PLACES)] = field(default_factory=list)
    severities: Annotated[list[Severity], MaxLen(4)] = field(default_factory=list)
    times: RoutingTimes = field(default_factory=RoutingTimes)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingTarget:
    """Where to: the `desk` of a level at the incident's place, or a `department`; one of the two."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    desk: Level | None = None
    department: Code | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRuleOrder:
    """What a rule says (`POST /routing/rules`).

    Of the rules that match the one with the lowest `priority` counts. `applies` tells whether the duty officer
    is shown where to, or the incident is dispatched there by itself once it is filed.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    zh: Name
    en: Name
    target: RoutingTarget
    priority: Annotated[int, Ge(1), Le(9999)]
    condition: RoutingCondition = field(default_factory=RoutingCondition)
    applies: Applies = "suggest"
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A rule that was for an incident and could not be followed, and why."""

    rule: str
    rule_version: int
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """Where an incident is to go by the rules, and why; without a `rule` none matched.

    `unit` is what a dispatch names: the code of the department, or of the area whose desk it is; null where a
    point outside has no desk of that level. `set_version` is that of the whole set of rules.
    """

    set_version: int
    rule: str | None
    rule_version: int | None
    desk: str | None
    department: str | None
    unit: str | None
    applies: str
    at: datetime
    zh: str
    en: str
    passed_over: list[PassedOver] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingNote:
    """Why a rule is put in force or retired, or what was done about a finding."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    note: Note = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentOrder:
    """A department that tasks may go to, or go to no more (`PUT /routing/departments/{code}`)."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    zh: Name
    en: Name
    is_open: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingTrial:
    """What a dry run is about: incidents reported from `since` on and before `until`, under `place`.

    `drafts` are kept drafts by their ids, `rules` such as were never kept; both are laid over the rules in
    force, a draft in place of the version of its rule that is. `alone` leaves those in force out.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    since: datetime
    until: datetime
    place: Code | None = None
    drafts: Annotated[list[Code], MaxLen(MOST_TRIED)] = field(default_factory=list)
    rules: Annotated[list[RoutingRuleOrder], MaxLen(MOST_TRIED)] = field(default_factory=list)
    alone: bool = False


@event
@unheard
@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRuleFailed:
    """A routing rule in force was for an incident and could not be followed; told once for each set of rules.

    The incident went on by the next rule, and the rule stays in force.
    """

    event_type: ClassVar[str] = "patrol.routing_rule.failed.v1"
    aggregate: ClassVar[str] = "rule"

    rule: str
    rule_version: int
    set_version: int
    code: str
    at: datetime
