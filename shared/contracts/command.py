"""What command says of early warnings, and what may be asked of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from annotated_types import MaxLen, MinLen
from pydantic import AfterValidator

from shared.contracts.event import event, unheard
from shared.kernel.compartment import Compartment
from shared.kernel.personal_data import FreeText

AreaCode = Annotated[str, MinLen(1), MaxLen(64)]
Word = Annotated[str, MinLen(1), MaxLen(64)]
AlertNote = Annotated[str, MaxLen(500), AfterValidator(FreeText)]


@event
@unheard
@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRaised:
    """A round of early warning found something that stands out (矛盾预警).

    `areas` are the codes it lies under, from the district down to the smallest that holds all of it;
    the desk of the last that has one owns it. `figures` are counts, probabilities and deviations.
    """

    event_type: ClassVar[str] = "command.alert.raised.v1"
    aggregate: ClassVar[str] = "alert_id"

    alert_id: str
    kind: str
    category: str | None
    areas: list[str]
    owner_place: str
    cells: list[str]
    matter_nos: list[str]
    figures: dict[str, float]
    since: datetime
    until: datetime
    raised_at: datetime
    # Whom the one matter it is about is closed to; whoever passes the event on keeps to it.
    compartment: Compartment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """Which alerts a list holds; `place` is any area code and means "under it"."""

    place: str | None = None
    kind: list[str] = field(default_factory=list)
    state: list[str] = field(default_factory=list)
    category: str | None = None
    owner: str | None = None
    raised_from: datetime | None = None
    raised_to: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertOrder:
    """What decides on an alert (`POST /command/alerts/{id}/{confirm,dismiss,hand-over}`).

    A dismissal takes a `note`, its reason; a hand-over the desk's `place`, an `account`, or both.
    """

    note: AlertNote = ""
    place: AreaCode | None = None
    account: Word | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFilter:
    """Which running clocks a list holds; `place` is any area code and means "under it"."""

    due_before: datetime | None = None
    place: str | None = None
    kind: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureFilter:
    """Which rows are listed: those behind a part of a figure, under `place`, from `since` on and before `until`.

    `excluded` are the cancelled, which are in neither of the others.
    """

    part: Literal["numerator", "denominator", "excluded"]
    since: datetime
    until: datetime
    place: str | None = None
