"""What patrol says about rounds of patrol (巡查), and what may be asked of it.

Where people were never stands in an event: it says that somebody started, checked in or is missed, and in
which cell the round lies.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import AfterValidator

from shared.contracts.event import event, unheard
from shared.contracts.patrol import Note, Reason, ShortCode, Title
from shared.kernel.coordinates import Crs
from shared.kernel.personal_data import FreeText
from shared.kernel.place import Point

MOST_OFFICERS = 20
MOST_REQUIRED = 100
MOST_TRACK_POINTS = 1000
RoundKind = Literal["routine", "special", "joint"]
_YEARS = range(1900, 2201)


def _of_an_age(given: datetime) -> datetime:
    if given.tzinfo is None or given.year not in _YEARS:
        raise ValueError("give a time with its offset, between 1900 and 2200")
    return given


# Any time a phone may believe in, however wrong; sums of two of them stay within the calendar.
Moment = Annotated[datetime, AfterValidator(_of_an_age)]
PointName = Annotated[str, MaxLen(100), AfterValidator(FreeText)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredPoint:
    """A place that a round has to reach: within `radius_m` metres, for at least `stay_s` seconds.

    Without a radius it is that of the town or of the country (rules GRID-07).
    """

    location: Point
    name: PointName = ""
    radius_m: Annotated[float, Ge(5), Le(1000)] | None = None
    stay_s: Annotated[int, Ge(0), Le(3600)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPlan:
    """A round to be walked (`POST /patrols`): where, by whom, when, and what it has to reach.

    `place` is any division or cell; the first of `officers` leads. Every `check_in_minutes` each of them has to
    check in, or is missed.
    """

    place: ShortCode
    title: Title
    officers: Annotated[list[ShortCode], MinLen(1), MaxLen(MOST_OFFICERS)]
    planned_from: Moment
    planned_to: Moment
    kind: RoundKind = "routine"
    points: Annotated[list[RequiredPoint], MaxLen(MOST_REQUIRED)] = field(default_factory=list)
    least_minutes: Annotated[int, Ge(0), Le(24 * 60)] | None = None
    check_in_minutes: Annotated[int, Ge(5), Le(8 * 60)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundMark:
    """When a round began or ended by the phone's clock, and what that clock says as this is sent.

    Left out, it is now. `sent_at` is written anew at each try: it shows how far the clock is off.
    """

    at: Moment | None = None
    sent_at: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundCancellation:
    """Why a round that was not begun will not be walked."""

    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackPoint:
    """One position of a phone: the number the phone gave it, when by its clock, and how sure (metres)."""

    seq: Annotated[int, Ge(0), Le(2**31 - 1)]
    at: Moment
    lon: float
    lat: float
    accuracy_m: Annotated[float, Ge(0), Le(100_000)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackBatch:
    """Some points of a track (`POST /patrols/{id}/track`), in any order, known ones among them.

    A point is known by `device` and `seq`. `sent_at` is what the phone's clock says as this is sent, anew at
    each try.
    """

    sent_at: Moment
    points: Annotated[list[TrackPoint], MinLen(1), MaxLen(MOST_TRACK_POINTS)]
    device: ShortCode = "phone"
    crs: Crs = Crs.WGS84


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """Somebody is at a place (`POST /patrols/{id}/checkins`); `key` is the phone's, the same at each try.

    `point` is the number of a required point, from 1; without, it is a sign of life. `arrived_at` and `at` are
    by the phone's clock, and so is `sent_at`, written anew at each try.
    """

    key: ShortCode
    location: Point
    at: Moment
    sent_at: Moment
    point: Annotated[int, Ge(1), Le(MOST_REQUIRED)] | None = None
    arrived_at: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundFilter:
    """Which rounds a list holds; `place` is any area code and means "under it"."""

    place: str | None = None
    state: Annotated[list[str], MaxLen(20)] = field(default_factory=list)
    kind: str | None = None
    officer: str | None = None
    planned_from: datetime | None = None
    planned_to: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackQuestion:
    """Why somebody's track is asked for (`POST /patrols/{id}/track/personal`)."""

    reason: Reason
    officer: ShortCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTold:
    """What is told of a round: where it lies, and who walks it; no positions, no text."""

    event_type: ClassVar[str]
    aggregate: ClassVar[str] = "round_id"

    round_id: str
    kind: str
    state: str
    at: datetime
    by: str
    areas: list[str]
    officers: list[str]


@event
@unheard
@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPlanned(RoundTold):
    """A round was ordered, or somebody means to walk one."""

    event_type: ClassVar[str] = "patrol.round.planned.v1"

    planned_from: datetime
    planned_to: datetime
    points: int


@event
@unheard
@dataclass(frozen=True, slots=True, kw_only=True)
class RoundStarted(RoundTold):
    """A round began; `clock_offset_s` is how far the phone's clock was behind."""

    event_type: ClassVar[str] = "patrol.round.started.v1"

    clock_offset_s: float


@event
@unheard
@dataclass(frozen=True, slots=True, kw_only=True)
class RoundFinished(RoundTold):
    """A round ended; `reasons` say why it does not count when it does not."""

    event_type: ClassVar[str] = "patrol.round.finished.v1"

    is_valid: bool
    reasons: list[str]
    points: int
    points_reached: int


@event
@unheard
@dataclass(frozen=True, slots=True, kw_only=True)
class RoundReassessed(RoundTold):
    """What came late changed whether a finished round counts, or how many points it reached."""

    event_type: ClassVar[str] = "patrol.round.reassessed.v1"

    is_valid: bool
    reasons: list[str]
    points: int
    points_reached: int


@event
@unheard
@dataclass(frozen=True, slots=True, kw_only=True)
class RoundCancelled(RoundTold):
    """A round will not be walked."""

    event_type: ClassVar[str] = "patrol.round.cancelled.v1"


@event
@unheard
@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInMade(RoundTold):
    """Somebody checked in; whether it counts, and if not why."""

    event_type: ClassVar[str] = "patrol.check_in.made.v1"

    check_in_id: str
    point: int | None
    is_valid: bool
    reasons: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmTold:
    """What is told of an alarm: whom nobody heard of, on which round, since when."""

    event_type: ClassVar[str]
    aggregate: ClassVar[str] = "alarm_id"

    alarm_id: str
    round_id: str
    kind: str
    officer: str
    areas: list[str]
    since: datetime
    at: datetime


@event
@unheard
@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRaised(AlarmTold):
    """Somebody on a round did not check in when he had to, or walks alone and was not heard of."""

    event_type: ClassVar[str] = "patrol.alarm.raised.v1"


@event
@unheard
@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmAcknowledged(AlarmTold):
    """A person took the alarm upon himself."""

    event_type: ClassVar[str] = "patrol.alarm.acknowledged.v1"

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmFilter:
    """Which alarms a list holds; `open_only` leaves out those somebody has taken upon himself."""

    place: str | None = None
    open_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmOrder:
    """What somebody says as he takes an alarm upon himself."""

    note: Note = ""
