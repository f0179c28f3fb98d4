"""What the platform does by itself with limits, where the district wants it: it urges, then it escalates."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from services.patrol.domain import clocks
from services.patrol.domain.incident import OPEN_STATES, Incident
from services.patrol.domain.levels import HIGHEST
from services.patrol.domain.step_table import STEP_TABLE
from services.patrol.domain.supervision import MOST_SUPERVISIONS
from shared.contracts.incident_clocks import IncidentClock
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import PLATFORM

# When the time to return a task is over the task is the unit's; nobody is late.
PRESSED_KINDS = (clocks.ACCEPT, clocks.DISPATCH, clocks.ON_SITE, clocks.HANDLE, clocks.SUPERVISE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressing:
    """A step that is taken once for each clock that has come so far; the clock is `marked` as one it was taken for."""

    step: str
    zh: str
    en: str
    is_due: Callable[[IncidentClock, datetime], bool]
    is_marked: Callable[[IncidentClock], bool]
    marked: Callable[[IncidentClock], IncidentClock]
    # What lets the incident be as it is: there is nobody above, or it was urged often enough.
    is_idle: Callable[[Incident], bool]

    def order(self, due: tuple[IncidentClock, ...]) -> StepOrder:
        kinds = ", ".join(clock.kind for clock in due)
        return StepOrder(note=f"{self.zh} · {self.en}: {kinds}")


def _nears(clock: IncidentClock, at: datetime) -> bool:
    return clock.warn_at is not None and clock.warn_at <= at


def _has_run_out(clock: IncidentClock, at: datetime) -> bool:
    return clock.deadline.is_overdue(at)


URGING = Pressing(
    step="urge",
    zh="时限临近，自动催办",
    en="urged by itself, little time is left",
    is_due=_nears,
    is_marked=lambda clock: clock.urged,
    marked=lambda clock: replace(clock, urged=True),
    is_idle=lambda incident: len(incident.supervisions) >= MOST_SUPERVISIONS,
)
ESCALATING = Pressing(
    step="escalate",
    zh="超过时限，自动升级",
    en="escalated by itself, the time is over",
    is_due=_has_run_out,
    is_marked=lambda clock: clock.escalated,
    marked=lambda clock: replace(clock, escalated=True),
    is_idle=lambda incident: incident.level == HIGHEST,
)


def due_clocks(incident: Incident, pressing: Pressing, at: datetime) -> tuple[IncidentClock, ...]:
    """Return the running clocks for which it has to be done, and was not."""
    return tuple(
        clock
        for clock in incident.clocks
        if clock.runs
        and clock.kind in PRESSED_KINDS
        and not pressing.is_marked(clock)
        and pressing.is_due(clock, at)
    )


def pressed(
    incident: Incident, pressing: Pressing, due: tuple[IncidentClock, ...], *, at: datetime
) -> tuple[Incident, bool]:
    """Return the incident with these clocks marked, and whether the step was taken.

    No desk decides here, so no guard of desks is asked.
    """
    marked = replace(
        incident,
        clocks=tuple(
            pressing.marked(clock) if clock in due else clock for clock in incident.clocks
        ),
    )
    if incident.state not in OPEN_STATES or pressing.is_idle(incident):
        return marked, False
    step = STEP_TABLE[pressing.step]
    moved = marked.moved(step.moves[incident.state], at=at)
    return step.effect(moved, pressing.order(due), PLATFORM), True
