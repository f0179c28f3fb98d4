"""What the grid registry says, and what may be asked of it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, ClassVar

from annotated_types import MaxLen, MinLen

from shared.contracts.event import event, unheard
from shared.kernel.box import Box
from shared.kernel.deadlines.calendar_year import DayOff


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryActivated:
    """A boundary version is in force from now on; look-ups without a date use it."""

    event_type: ClassVar[str] = "grid.boundary.activated.v1"
    aggregate: ClassVar[str] = "boundary"

    boundary: str
    version: int
    label: str
    district_code: str
    counts: dict[str, int]
    activated_at: datetime
    activated_by: str


@event
@unheard
@dataclass(frozen=True, slots=True, kw_only=True)
class CellOfficersChanged:
    """The people responsible for a cell have changed; accounts, never names."""

    event_type: ClassVar[str] = "grid.officers.changed.v1"
    aggregate: ClassVar[str] = "cell"

    cell: str
    members: list[str]
    leader: str | None
    changed_at: datetime
    changed_by: str


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarSet:
    """An administrator set the calendar of a year; of several versions the highest counts.

    `calendar` is `calendar-<year>`; `makeup_days` are Saturdays and Sundays that are worked.
    """

    event_type: ClassVar[str] = "grid.calendar.set.v1"
    aggregate: ClassVar[str] = "calendar"

    calendar: str
    year: int
    version: int
    source: str
    published_on: date | None
    days_off: list[DayOff]
    makeup_days: list[date]
    set_at: datetime
    set_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDay:
    """A day off, and what for (元旦, 春节 …)."""

    date: date
    name: Annotated[str, MinLen(1), MaxLen(50)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarOrder:
    """The State Council's notice of a year as data (`PUT /calendar/{year}`).

    `days_off` are all days off with what for, the weekends among them as the notice has them;
    `makeup_days` the Saturdays and Sundays worked instead. `source` names the notice.
    """

    source: Annotated[str, MinLen(1), MaxLen(200)]
    days_off: Annotated[list[NamedDay], MaxLen(366)]
    makeup_days: Annotated[list[date], MaxLen(366)]
    published_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryLayer:
    """One uploaded file of a boundary import: which level it holds and which fields say what.

    `file_name` is what the sender calls the file; findings name it so.
    """

    file_id: str
    level: str
    code_field: str
    file_name: str | None = None
    name_field: str | None = None
    parent_field: str | None = None
    layer: str | None = None
    crs: str | None = None
    encoding: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryImport:
    """The order to read boundary files as a draft version; `scheme` is "cn" or "free"."""

    label: Annotated[str, MaxLen(200)]
    layers: list[BoundaryLayer]
    scheme: str = "cn"
    district_code: str | None = None
    district_name: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CellOfficer:
    """A person responsible for a cell over a span of time."""

    account: Annotated[str, MaxLen(64)]
    name: Annotated[str, MaxLen(100)]
    is_leader: bool = False
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerSpan:
    """An account responsible for a cell over a span of time, whose end is open when it is None."""

    account: str
    is_leader: bool
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedCell:
    """A cell with the codes of what it lies in, and who was responsible for it over some time."""

    code: str
    name: str
    community: str | None
    street: str | None
    district: str | None
    officers: list[OfficerSpan]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPoint:
    """A point with the cell it was found in, for asking what a draft would move."""

    id: str
    matter_no: str
    lon: float
    lat: float
    cell: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFilter:
    """Which cells a map shows: those that `box` touches.

    They are of the boundary in force now or, where a time is given, of the newest that was in force
    at any moment from `since` to `until`, both included.
    """

    box: Box | None = None
    since: datetime | None = None
    until: datetime | None = None
