"""What patrol says about incidents, and what may be asked of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import AfterValidator, BeforeValidator

from shared.contracts.event import event
from shared.contracts.files import FileIds
from shared.contracts.incident_clocks import IncidentClock
from shared.contracts.routing import Routing
from shared.kernel.box import Box
from shared.kernel.compartment import Compartment
from shared.kernel.deadlines.unit import MOST, Unit
from shared.kernel.personal_data import FreeText, PersonName, Phone
from shared.kernel.place import Place, Point


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentPersonalData:
    """Free text of a report: it may name people."""

    title: FreeText
    description: FreeText


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPersonalData:
    """Whom to ask about a report, and how to reach him."""

    name: PersonName
    phone: Phone


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReported:
    """A citizen, a grid member or a device told of something at a place."""

    event_type: ClassVar[str] = "patrol.incident.reported.v1"
    aggregate: ClassVar[str] = "incident_id"

    incident_id: str
    matter_no: str
    state: str
    category: str
    severity: str
    source: str
    lon: float
    lat: float
    place: Place
    observed_at: datetime
    reported_at: datetime
    reported_by: str | None
    level: str
    personal: IncidentPersonalData
    # Whom the record is closed to; whoever passes the event on keeps to it.
    compartment: Compartment | None = None
    clocks: list[IncidentClock] = field(default_factory=list)
    routing: Routing | None = None


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClosedOff:
    """The record was closed to some units or persons, or opened again (`compartment` is null)."""

    event_type: ClassVar[str] = "patrol.incident.closed_off.v1"
    aggregate: ClassVar[str] = "incident_id"

    incident_id: str
    matter_no: str
    at: datetime
    by: str
    compartment: Compartment | None


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentAnonymised:
    """What people wrote about an incident that ended long ago, and who they were, is kept no longer."""

    event_type: ClassVar[str] = "patrol.incident.anonymised.v1"
    aggregate: ClassVar[str] = "incident_id"

    incident_id: str
    matter_no: str
    at: datetime
    compartment: Compartment | None = None


# In place of the title of an incident that was anonymised; whose names are empty, and all other text.
ANONYMISED = "已匿名 · anonymised"

Title = Annotated[str, MinLen(1), MaxLen(200), AfterValidator(FreeText)]
LongText = Annotated[str, MaxLen(5000), AfterValidator(FreeText)]
Note = Annotated[str, MaxLen(2000), AfterValidator(FreeText)]


def _stripped(given: Any) -> Any:
    return given.strip() if isinstance(given, str) else given


# Why somebody sees what is personal, or closes a record off; it stays in the audit trail.
Reason = Annotated[str, MinLen(1), MaxLen(200), BeforeValidator(_stripped)]
ShortCode = Annotated[str, MinLen(1), MaxLen(64)]
Severity = Literal["L1", "L2", "L3", "L4"]
# What whoever reported it thinks of the result; `not_asked` where he could not be reached.
Satisfaction = Literal["satisfied", "basically_satisfied", "dissatisfied", "not_asked"]


Names = Annotated[list[ShortCode], MaxLen(50)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """Whom a record shall be closed to: units and accounts, or everybody but `only` these accounts."""

    units: Names = field(default_factory=list)
    accounts: Names = field(default_factory=list)
    only: Names = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingOrder(Closing):
    """What closes a record off, or opens it again (`POST /incidents/{id}/close-off`)."""

    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReport:
    """What a reporter sends (`POST /incidents`); `files` are ids of files uploaded before.

    Of an anonymous report the `contact` is kept, and shown to nobody.
    """

    category: ShortCode
    title: Title
    location: Point
    description: LongText = ""
    observed_at: datetime | None = None
    severity: Severity = "L3"
    source: ShortCode = "citizen"
    files: FileIds = field(default_factory=list)
    anonymous: bool = False
    accept_outside: bool = False
    contact: ContactPersonalData | None = None
    closed_to: Closing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOrder:
    """What the taker of a step sends (`POST /incidents/{id}/{step}`).

    `note` is the reason or the result; `unit` the desk or department a task goes to; `files` show the
    result, and `before` what was there before it. `ground` is one the rule of the limit permits a suspension
    on; `extension` by how many of its own units the limit is extended. `satisfaction` and `score`, of 100, are
    an evaluation. `into` is the id of the incident that this one is merged into, `parent` that of the one it
    becomes a part of. `to` is the service it goes on in, on which `basis` (告知 inform, 委派 assign, 委托 entrust,
    移交 transfer) and with whose `consent`, that of both parties; `their_no` is its number there.
    """

    note: Note = ""
    unit: ShortCode | None = None
    files: FileIds = field(default_factory=list)
    duplicate_of: ShortCode | None = None
    before: FileIds = field(default_factory=list)
    ground: ShortCode = "approved_suspension"
    extension: Annotated[int, Ge(1), Le(MOST[Unit.CALENDAR_DAY])] | None = None
    satisfaction: Satisfaction | None = None
    score: Annotated[int, Ge(0), Le(100)] | None = None
    into: ShortCode | None = None
    parent: ShortCode | None = None
    to: Literal["mediation", "petition", "enforcement", "emergency"] | None = None
    basis: Literal["inform", "assign", "entrust", "transfer"] = "transfer"
    consent: bool = False
    their_no: ShortCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFilter:
    """Which incidents a list holds; `place` is any area code and means "under it", `*` is everywhere.

    `level` is that of the desk that holds them now; with `place` it is one desk.
    """

    place: str | None = None
    state: list[str] = field(default_factory=list)
    category: str | None = None
    severity: str | None = None
    source: str | None = None
    level: str | None = None
    reported_from: datetime | None = None
    reported_to: datetime | None = None
    open_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureFilter(IncidentFilter):
    """Which incidents a map shows: those within `box`, its borders included."""

    box: Box | None = None


# How far back a page may begin; who wants more narrows what he asks for.
MOST_SKIPPED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRequestFilter:
    """Which incidents others may know of by Open311, and which page: `skip` come before it.

    Whatever is named in `matter_nos` is asked for alone.
    """

    matter_nos: Annotated[list[str], MaxLen(200)] = field(default_factory=list)
    categories: Annotated[list[str], MaxLen(200)] = field(default_factory=list)
    reported_from: datetime | None = None
    reported_to: datetime | None = None
    is_open: bool | None = None
    limit: Annotated[int, Ge(1), Le(200)] = 200
    skip: Annotated[int, Ge(0), Le(MOST_SKIPPED)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalQuestion:
    """Why the contact of an incident is asked for (`POST /incidents/{id}/personal`)."""

    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactQuestion:
    """Whose incidents are looked for, and why (`POST /incidents/by-contact`)."""

    phone: Phone
    reason: Reason
    limit: Annotated[int, Ge(1), Le(200)] = 50
    cursor: str | None = None
