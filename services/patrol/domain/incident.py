"""An incident and the states it may stand in (rules INC-04); what leads from one to the next is `step_table.py`."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.patrol.domain.conversion import Conversion
from services.patrol.domain.delay import AskedDelay
from services.patrol.domain.joint import JointUnits
from services.patrol.domain.links import NO_LINKS, Links
from services.patrol.domain.supervision import Supervisions
from shared.contracts.incident_clocks import IncidentClock
from shared.contracts.patrol import ContactPersonalData
from shared.contracts.routing import Routing
from shared.kernel.compartment import Compartment
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
    SELF_HANDLED = "self_handled"
    CLOSED = "closed"
    EVALUATED = "evaluated"


OPEN_STATES = frozenset(State) - {
    State.CANCELLED,
    State.SELF_HANDLED,
    State.CLOSED,
    State.EVALUATED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """Where an incident stood when it was set aside, and since when it goes on elsewhere."""

    state: State
    at: datetime


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
    # Everybody who worked on the task as it was dispatched last: none of them checks the result.
    workers: tuple[str, ...] = ()
    rework_count: int = 0
    return_count: int = 0
    reopen_count: int = 0
    # The level of the desk that decided last to whom a returned task belongs.
    arbitrated_level: str | None = None
    duplicate_of: str | None = None
    joint: JointUnits = ()
    supervisions: Supervisions = ()
    asked: AskedDelay | None = None
    # What was thought of the result, of the last time it was closed.
    satisfaction: str | None = None
    score: int | None = None
    contact: ContactPersonalData | None = None
    updated_at: datetime
    compartment: Compartment | None = None
    clocks: tuple[IncidentClock, ...] = ()
    routing: Routing | None = None
    set_aside: SetAside | None = None
    conversion: Conversion | None = None
    # The one it was reported under, whose names it keeps.
    catalogue_version: int = 1
    # As far as a step looks round for them.
    links: Links = NO_LINKS

    def moved(self, state: State, *, at: datetime) -> "Incident":
        """Return the incident in another state."""
        return replace(self, state=state, updated_at=at)


# Who hears of it first (rules INC-06): life in danger goes straight to the district's desk.
_FIRST_LEVEL = {"L1": "district", "L2": "street"}


def first_level(severity: str) -> str:
    """Return the command level an incident of this severity starts at."""
    return _FIRST_LEVEL.get(severity, "community")
