"""The clocks of an incident: which step begins, meets, voids, stops or prolongs which (rules INC-05, INC-06)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from services.patrol.domain.incident import OPEN_STATES, Incident, State
from services.patrol.domain.levels import HIGHEST, desk_level
from shared.contracts.incident_clocks import IncidentClock
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import Actor
from shared.kernel.deadlines.colour import turns_orange_at
from shared.kernel.deadlines.deadline import Deadline, Extension
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.errors import RuleBroken

ACCEPT, DISPATCH, ON_SITE, HANDLE, RETURN = "accept", "dispatch", "on_site", "handle", "return"
SUPERVISE = "supervise"
# Until the service that an incident was handed over to says whether it takes it.
RECEIPT = "receipt"
MET, VOID = "met", "void"
# Only danger has a time to be on the site by.
_HAS_ON_SITE = frozenset({"L1", "L2"})
_BEGINS_IN = {
    ACCEPT: frozenset({State.REPORTED}),
    DISPATCH: frozenset({State.ACCEPTED, State.FILED}),
    ON_SITE: frozenset({State.DISPATCHED}),
    HANDLE: frozenset({State.DISPATCHED}),
    RETURN: frozenset({State.DISPATCHED}),
    SUPERVISE: OPEN_STATES,
    RECEIPT: frozenset({State.LINKED}),
}
# The reason in words may name people: it stays in the step, sealed.
IN_THE_STEP = "见步骤记录 · see the step"

Counted = Callable[[Deadline, StepOrder, str, DeadlineClock, datetime], Deadline]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockChange:
    """What a step does to clocks, by kind; `counted` is done to the one for handling.

    A step that has to be taken `in_time` is refused once that clock has run out.
    """

    begins: tuple[str, ...] = ()
    meets: tuple[str, ...] = ()
    voids: tuple[str, ...] = ()
    runs_on: tuple[str, ...] = ()
    in_time: tuple[str, ...] = ()
    counted: Counted | None = None


NO_CHANGE = ClockChange()


def suspended(
    deadline: Deadline, order: StepOrder, _: str, counting: DeadlineClock, at: datetime
) -> Deadline:
    return counting.suspend(deadline, at, order.ground)


def resumed(
    deadline: Deadline, _: StepOrder, __: str, counting: DeadlineClock, at: datetime
) -> Deadline:
    return counting.resume(deadline, at)


def extended(
    deadline: Deadline, order: StepOrder, level: str, counting: DeadlineClock, at: datetime
) -> Deadline:
    """Extend by what the order says; on record is the desk that approved it, by its level."""
    extension = Extension(
        amount=order.extension or 0,
        reason=IN_THE_STEP,
        approved_by=f"duty_officer@{level}",
        approved_at=at,
    )
    return counting.extend(deadline, extension)


def begun(incident: Incident, counting: DeadlineClock) -> Incident:
    """Return a reported incident with its first clock."""
    return _beginning(incident, (ACCEPT,), counting, incident.reported_at)


def with_clocks(
    incident: Incident,
    change: ClockChange,
    order: StepOrder,
    actor: Actor,
    counting: DeadlineClock,
    *,
    at: datetime,
) -> Incident:
    """Return an incident that has just moved, with its clocks as the step leaves them.

    Raises:
        RuleBroken: the step comes too late, or what it asks of the clock is not permitted.
        Invalid: an extension is longer than the rule allows.
    """
    _check_in_time(incident, change, at)
    clocks = tuple(_changed(clock, change, at) for clock in incident.clocks)
    moved = _running_on(replace(incident, clocks=clocks), change)
    if change.counted is not None:
        moved = _counted(moved, change.counted, order, actor, counting, at)
    return _beginning(moved, change.begins, counting, at)


def recounted(clock: IncidentClock, counting: DeadlineClock) -> IncidentClock:
    """Return a running clock counted with the calendar in force now.

    One whose version of the rule is in the table no more stays as it was set.
    """
    try:
        deadline = counting.recount(clock.deadline)
    except RuleBroken:
        return clock
    return _set(clock, deadline, counting)


def _check_in_time(incident: Incident, change: ClockChange, at: datetime) -> None:
    if any(
        clock.runs and clock.kind in change.in_time and clock.deadline.is_overdue(at)
        for clock in incident.clocks
    ):
        raise RuleBroken(
            code="return_too_late",
            zh="退单时限已过；请签收办理，或提请指挥中心。",
            en="The time to return the task has passed; sign for it, or turn to the command desk.",
        )


def _changed(clock: IncidentClock, change: ClockChange, at: datetime) -> IncidentClock:
    if not clock.runs:
        return clock
    if clock.kind in change.meets:
        return replace(clock, ended_at=at, outcome=MET)
    return replace(clock, ended_at=at, outcome=VOID) if clock.kind in change.voids else clock


def _running_on(incident: Incident, change: ClockChange) -> Incident:
    """Let the last clock of each kind run on as if it had not ended: its limit stays the same."""
    clocks = list(incident.clocks)
    for kind in change.runs_on:
        found = [place for place, clock in enumerate(clocks) if clock.kind == kind]
        if found:
            clocks[found[-1]] = replace(clocks[found[-1]], ended_at=None, outcome=None)
    return replace(incident, clocks=tuple(clocks))


def _counted(
    incident: Incident,
    act: Counted,
    order: StepOrder,
    actor: Actor,
    counting: DeadlineClock,
    at: datetime,
) -> Incident:
    level = desk_level(incident, actor)
    clocks = tuple(
        _set(clock, act(clock.deadline, order, level, counting, at), counting)
        if clock.runs and clock.kind == HANDLE
        else clock
        for clock in incident.clocks
    )
    return replace(incident, clocks=clocks)


def _beginning(
    incident: Incident, kinds: tuple[str, ...], counting: DeadlineClock, at: datetime
) -> Incident:
    clocks = incident.clocks
    for kind in kinds:
        if incident.state in _BEGINS_IN[kind] and _has(incident, kind):
            deadline = counting.begin(_rule_id(incident, kind), at)
            warn_at = turns_orange_at(deadline, counting)
            number = len(clocks) + 1
            begun = IncidentClock(number=number, kind=kind, deadline=deadline, warn_at=warn_at)
            clocks = (*clocks, begun)
    return replace(incident, clocks=clocks)


def _has(incident: Incident, kind: str) -> bool:
    return kind != ON_SITE or incident.severity in _HAS_ON_SITE


def _rule_id(incident: Incident, kind: str) -> str:
    if kind == RETURN:
        return f"incident.return.{'department' if incident.level == HIGHEST else 'street'}"
    if kind == RECEIPT and incident.conversion is not None:
        return f"incident.receipt.{incident.conversion.to}"
    return f"incident.{incident.severity.lower()}.{kind}"


def _set(clock: IncidentClock, deadline: Deadline, counting: DeadlineClock) -> IncidentClock:
    """Return the clock with another deadline; what was told of the old one is told anew of it."""
    if deadline == clock.deadline:
        return clock
    if deadline.due_current == clock.deadline.due_current:
        return replace(clock, deadline=deadline)
    return replace(
        clock,
        deadline=deadline,
        warn_at=turns_orange_at(deadline, counting),
        near_due_told=False,
        overdue_told=False,
        urged=False,
        escalated=False,
    )
