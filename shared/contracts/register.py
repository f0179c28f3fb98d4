"""What the register says of people, houses, units and key places, and what may be asked of it."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BeforeValidator, Field

from shared.contracts.event import event, unheard
from shared.contracts.patrol import Reason, ShortCode
from shared.kernel.personal_data import Address, FreeText, IdNumber, PersonName, Phone
from shared.kernel.place import Point

RecordKind = Literal["person", "house", "unit", "key_place", "facility", "organisation"]
RecordState = Literal["present", "left", "died", "ceased", "merged"]
Ending = Literal["left", "died", "ceased"]
RelationKind = Literal["lives_in", "owns", "works_at", "responsible"]
# What a person is looked after for (GB/T 31000-2015, 特殊人群 and 重点青少年); sensitive (PIPL, article 28).
AttentionKind = Literal[
    "released",
    "community_correction",
    "severe_mental_disorder",
    "drug_user",
    "aids",
    "key_youth",
]
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _as_written(given: Any) -> Any:
    """Refuse a number, which would be read as seconds since 1970."""
    if isinstance(given, date) or (isinstance(given, str) and _DAY.fullmatch(given)):
        return given
    raise ValueError("give the day as 2026-11-28")


Day = Annotated[date, BeforeValidator(_as_written)]
# What JSON has words of its own for is taken as no other.
Count = Annotated[int, Field(strict=True)]
Version = Annotated[Count, Ge(1), Le(2**31 - 1)]
RecordId = Annotated[str, MinLen(1), MaxLen(36)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPersonalData:
    """What a record says of a person: the one it is of, or whom to ask about a unit."""

    name: PersonName | None = None
    id_number: IdNumber | None = None
    phone: Phone | None = None
    address: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTold:
    """What every event of the register says: which record, where it lies, and never of whom."""

    event_type: ClassVar[str]
    aggregate: ClassVar[str] = "record_id"

    record_id: str
    kind: str
    version: int
    # From the district down to the cell.
    areas: list[str]
    at: datetime
    # Whose doing it was; null: the platform's own.
    by: str | None


@event
@unheard
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRegistered(RecordTold):
    """A record was entered into the register."""

    event_type: ClassVar[str] = "register.record.registered.v1"


@event
@unheard
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChanged(RecordTold):
    """What a record says was changed; `fields` names what, never from what to what."""

    event_type: ClassVar[str] = "register.record.changed.v1"

    fields: list[str]


@event
@unheard
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMoved(RecordTold):
    """What is on record moved, or a new boundary put it into another cell."""

    event_type: ClassVar[str] = "register.record.moved.v1"

    areas_before: list[str]


@event
@unheard
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEnded(RecordTold):
    """A person left or died, or something is there no longer."""

    event_type: ClassVar[str] = "register.record.ended.v1"

    state: str
    ended_on: date


@event
@unheard
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMerged(RecordTold):
    """A record turned out to be another one's double, which stands for both from now on."""

    event_type: ClassVar[str] = "register.record.merged.v1"

    into: str


@event
@unheard
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAnonymised(RecordTold):
    """Who it was that left or died long ago is kept no longer."""

    event_type: ClassVar[str] = "register.record.anonymised.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSaid:
    """What somebody says of a record; which kinds have which of it is in the register's table of kinds.

    `type` is a word of its kind; `source_no` its number in the list it came from; `credit_code` a unified
    social credit code (GB 32100-2015); a person lives in the house `house_id`, or where `location` says.
    """

    name: Annotated[str, MinLen(1), MaxLen(200)] | None = None
    type: ShortCode | None = None
    source_no: ShortCode | None = None
    credit_code: Annotated[str, MinLen(1), MaxLen(18)] | None = None
    rented: Annotated[bool, Field(strict=True)] | None = None
    personal: RecordPersonalData = field(default_factory=RecordPersonalData)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOrder(RecordSaid):
    """What enters a record into the register (`POST /register/records`); `since` when it has been there."""

    kind: RecordKind
    location: Point | None = None
    house_id: RecordId | None = None
    since: Day | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOrder(RecordSaid):
    """What a record shall say (`PUT /register/records/{id}`), in place of what its `version` says.

    A personal field that is left out stays as it is: whoever sees it masked cannot send it back.
    """

    version: Version


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveOrder:
    """Where it is from now on (`POST /register/records/{id}/move`): in a house, or at a point."""

    version: Version
    location: Point | None = None
    house_id: RecordId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOrder:
    """That it is there no longer, and since when (`POST /register/records/{id}/leave`)."""

    version: Version
    how: Ending
    on: Day | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeOrder:
    """Which record stands for this one (`POST /register/records/{id}/merge`); both have one exact number."""

    version: Version
    into: RecordId
    into_version: Version


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationOrder:
    """How one record stands to another (`POST /register/relations`); of `responsible` an account does."""

    kind: RelationKind
    of: RecordId | None = None
    account: ShortCode | None = None
    to: RecordId
    since: Day | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionPersonalData:
    """What somebody is looked after for, since when, and what has to be known of it."""

    kind: AttentionKind
    since: Day | None = None
    note: Annotated[FreeText, MaxLen(2000)] = field(default_factory=lambda: FreeText(""))


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionOrder:
    """All that a person is looked after for (`PUT /register/records/{id}/attention`), and why it is set."""

    version: Annotated[Count, Ge(0), Le(2**31 - 1)]
    reason: Reason
    attention: Annotated[list[AttentionPersonalData], MaxLen(6)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterQuestion:
    """Why what is personal or fenced is asked for."""

    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class FindQuestion:
    """Which records are looked for by a number they have exactly, and why; one number at a time."""

    reason: Reason
    id_number: IdNumber | None = None
    phone: Phone | None = None
    credit_code: Annotated[str, MinLen(1), MaxLen(18)] | None = None
    limit: Annotated[Count, Ge(1), Le(200)] = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionQuestion:
    """Who under a place is looked after for something, and why that is asked."""

    reason: Reason
    place: ShortCode
    attention: AttentionKind
    limit: Annotated[Count, Ge(1), Le(200)] = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFilter:
    """Which records a list holds: of one kind; `place` is any area code and means "under it", `*` is everywhere."""

    kind: RecordKind
    place: str | None = None
    type: str | None = None
    state: RecordState = "present"
    house: str | None = None


# As one file may hold, and as go over the bus at once.
MOST_ROWS = 20_000
ROWS_AT_ONCE = 500
MOST_COLUMNS = 40
Cell = Annotated[str, MaxLen(2000)]
Row = Annotated[list[Cell], MaxLen(MOST_COLUMNS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOrder:
    """Which records a file holds that is about to come, by its headings, and how many rows of them."""

    kind: RecordKind
    headings: Annotated[list[Annotated[str, MaxLen(100)]], MinLen(1), MaxLen(MOST_COLUMNS)]
    rows: Annotated[Count, Ge(1), Le(MOST_ROWS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRows:
    """Some rows of a file, in its order, from its row `first` on (the first under the headings is 1)."""

    first: Annotated[Count, Ge(1), Le(MOST_ROWS)]
    rows: Annotated[list[Row], MinLen(1), MaxLen(ROWS_AT_ONCE)]
