"""The life of an incident: its states, and which step leads from which to which (rules INC-04)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.contracts.patrol import ContactPersonalData
from shared.kernel.compartment import Compartment
from shared.kernel.errors import RuleBroken
from shared.kernel.place import Place, Point


class State(StrEnum):
    """Where an incident stands."""

    REPORTED = "reported"
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"
    FILED = "filed"
    DISPATCHED = "dispatched"
    RETURNED = "returned"
    HANDLING = "handling"
    SUSPENDED = "suspended"
    FEEDBACK = "feedback"
    CHECKED = "checked"
    LINKED = "linked"
    CLOSED = "closed"
    EVALUATED = "evaluated"


OPEN_STATES = frozenset(State) - {State.CANCELLED, State.CLOSED, State.EVALUATED}

# Every step there is, though not each has its way through the doors yet: from which states it may
# be taken, and where it leads. A step that leads nowhere else keeps the state it is taken in.
NEXT_STATES: dict[str, dict[State, State]] = {
    "accept": {State.REPORTED: State.ACCEPTED},
    # Not real, a duplicate, or out of scope; once accepted it was found real.
    "cancel": {State.REPORTED: State.CANCELLED},
    "file": {State.ACCEPTED: State.FILED},
    "dispatch": {State.FILED: State.DISPATCHED},
    "sign": {State.DISPATCHED: State.HANDLING},
    "return": {State.DISPATCHED: State.RETURNED},
    "redispatch": {State.RETURNED: State.DISPATCHED},
    "feedback": {State.HANDLING: State.FEEDBACK},
    "check": {State.FEEDBACK: State.CHECKED},
    # The check finds the result wanting; the same handler works on.
    "rework": {State.FEEDBACK: State.HANDLING},
    "suspend": {State.HANDLING: State.SUSPENDED},
    "resume": {State.SUSPENDED: State.HANDLING},
    "extend": {State.HANDLING: State.HANDLING},
    "escalate": {state: state for state in OPEN_STATES},
    "convert": {State.FILED: State.LINKED, State.HANDLING: State.LINKED},
    # A linked incident closes when the matter it became closes.
    "close": {State.CHECKED: State.CLOSED, State.LINKED: State.CLOSED},
    "evaluate": {State.CLOSED: State.EVALUATED},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that happened in the street, as patrol knows it."""

    incident_id: str
    matter_no: str
    state: State
    level: str
    category: str
    severity: str
    source: str
    title: str
    description: str
    location: Point
    lon: float
    lat: float
    place: Place
    observed_at: datetime
    reported_at: datetime
    reported_by: str
    is_anonymous: bool
    files: tuple[str, ...] = ()
    unit: str | None = None
    handler: str | None = None
    rework_count: int = 0
    return_count: int = 0
    duplicate_of: str | None = None
    contact: ContactPersonalData | None = None
    updated_at: datetime
    compartment: Compartment | None = None

    def after(self, step: str, *, at: datetime) -> "Incident":
        """Return the incident one step further on.

        Raises:
            RuleBroken: the step does not follow from the present state.
        """
        states = NEXT_STATES[step]
        if self.state not in states:
            raise step_out_of_turn(step, self.state)
        return replace(self, state=states[self.state], updated_at=at)


def step_out_of_turn(step: str, state: State) -> RuleBroken:
    may = ", ".join(sorted(name for name, states in NEXT_STATES.items() if state in states))
    return RuleBroken(
        code="step_out_of_turn",
        zh=f"事件现处于 {state} 状态，不能执行 {step}；现可执行：{may or '无'}。",
        en=f"The incident is {state}; {step} cannot follow. What may follow: {may or 'nothing'}.",
    )


# Who hears of it first (rules INC-06): life in danger goes straight to the district's desk.
_FIRST_LEVEL = {"L1": "district", "L2": "street"}


def first_level(severity: str) -> str:
    """Return the command level an incident of this severity starts at."""
    return _FIRST_LEVEL.get(severity, "community")
