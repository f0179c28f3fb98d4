"""The clocks of an incident as services keep, tell and show them (rules INC-06, DL-06)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from shared.contracts.event import event
from shared.kernel.compartment import Compartment
from shared.kernel.deadlines.colour import colour_of
from shared.kernel.deadlines.deadline import Deadline
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.errors import RuleBroken


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClock:
    """One clock of an incident; `number` counts those of the incident from 1.

    `kind` is `accept`, `dispatch`, `on_site`, `handle`, `return` or `supervise`; `outcome` is `met` or `void` once it has ended.
    At `warn_at` it turns orange; it is None while the clock stands. Who asked for what, and why, is in the
    steps: a deadline holds neither names nor texts.
    """

    number: int
    kind: str
    deadline: Deadline
    warn_at: datetime | None
    ended_at: datetime | None = None
    outcome: str | None = None
    near_due_told: bool = False
    overdue_told: bool = False
    # Whether the platform urged because little was left, and escalated because nothing was.
    urged: bool = False
    escalated: bool = False

    @property
    def runs(self) -> bool:
        """Tell whether what it stands for is still to be done; it may be stopped meanwhile."""
        return self.ended_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClocksMoved:
    """What is told of an incident's clocks: the ones that changed, as they stand now."""

    event_type: ClassVar[str]
    aggregate: ClassVar[str] = "incident_id"

    incident_id: str
    matter_no: str
    at: datetime
    clocks: list[IncidentClock]
    compartment: Compartment | None = None


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClockNearedDue(IncidentClocksMoved):
    """Little is left of a limit: a fifth of it, or one working day (临期)."""

    event_type: ClassVar[str] = "patrol.incident.clock_neared_due.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClockRanOut(IncidentClocksMoved):
    """A limit passed, and what it stands for was not done (超期)."""

    event_type: ClassVar[str] = "patrol.incident.clock_ran_out.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClocksRecounted(IncidentClocksMoved):
    """Open limits were counted anew, because the calendar they depend on was set (DL-06)."""

    event_type: ClassVar[str] = "patrol.incident.clocks_recounted.v1"


def shown_clock(clock: IncidentClock, counting: DeadlineClock, now: datetime) -> dict[str, Any]:
    """Return a clock as answers show it; one that has ended keeps the colour it ended with."""
    deadline = clock.deadline
    try:
        rule = counting.rule_of(deadline)
        colour = colour_of(deadline, counting, clock.ended_at or now)
    except RuleBroken:  # the district's file has that version no more
        rule, colour = None, None
    return {
        "number": clock.number,
        "kind": clock.kind,
        "zh": rule and rule.zh,
        "en": rule and rule.en,
        "rule_id": deadline.rule_id,
        "rule_version": deadline.rule_version,
        "calendar_version": deadline.calendar_version,
        "started_at": deadline.started_at,
        "due_original": deadline.due_original,
        "due_current": deadline.due_current,
        "provisional": deadline.is_provisional,
        "suspended": deadline.open_stop is not None,
        "extended_by": deadline.extended_by,
        "colour": colour,
        "ended_at": clock.ended_at,
        "outcome": clock.outcome,
    }
