"""A record of the register: somebody or something that belongs to a cell, and what is said of it."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from shared.contracts.register import (
    AttentionPersonalData,
    RecordKind,
    RecordPersonalData,
    RecordSaid,
    RecordState,
)
from shared.kernel.place import Place

# What a record says in clear, as `RecordSaid` names it.
CLEAR_FIELDS = ("name", "type", "source_no", "credit_code", "rented")
PERSONAL_FIELDS = ("name", "id_number", "phone", "address")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record as it is now; `fenced_version` counts apart what it is looked after for."""

    record_id: str
    kind: RecordKind
    version: int
    state: RecordState
    name: str | None
    type: str | None
    source_no: str | None
    credit_code: str | None
    rented: bool | None
    personal: RecordPersonalData
    house_id: str | None
    lon: float
    lat: float
    place: Place
    since: date
    ended_on: date | None = None
    merged_into: str | None = None
    attention: tuple[AttentionPersonalData, ...] = ()
    fenced_version: int = 0
    updated_at: datetime

    @property
    def areas(self) -> list[str]:
        """Return the codes of the areas it lies in, from the district down."""
        return list(self.place.codes)

    @property
    def is_present(self) -> bool:
        return self.state == "present"


def saying(record: Record, said: RecordSaid, at: datetime) -> Record:
    """Return the record with what is said now; a personal field that is left out stays as it is."""
    clear: dict[str, Any] = {name: getattr(said, name) for name in CLEAR_FIELDS}
    given = {name: getattr(said.personal, name) for name in PERSONAL_FIELDS}
    personal = replace(
        record.personal, **{name: value for name, value in given.items() if value is not None}
    )
    return replace(record, **clear, personal=personal, version=record.version + 1, updated_at=at)


def differences(before: Record, after: Record) -> list[str]:
    """Return the names of the fields that say something else, personal ones as `personal.phone`."""
    clear = [name for name in CLEAR_FIELDS if getattr(before, name) != getattr(after, name)]
    personal = [
        f"personal.{name}"
        for name in PERSONAL_FIELDS
        if getattr(before.personal, name) != getattr(after.personal, name)
    ]
    return clear + personal


def same_exactly(one: Record, other: Record) -> bool:
    """Tell whether two records have one exact number: an identity number or a credit code."""
    numbers = (
        (one.personal.id_number, other.personal.id_number),
        (
            one.credit_code,
            other.credit_code,
        ),
    )
    return one.kind == other.kind and any(mine and mine == its for mine, its in numbers)


def standing_for(kept: Record, double: Record, at: datetime) -> Record:
    """Return the record that stands for both: what it does not say itself, the double says."""
    clear = {
        name: getattr(double, name)
        for name in CLEAR_FIELDS
        if getattr(kept, name) is None and getattr(double, name) is not None
    }
    personal = {
        name: getattr(double.personal, name)
        for name in PERSONAL_FIELDS
        if getattr(kept.personal, name) is None and getattr(double.personal, name) is not None
    }
    known = {each.kind for each in kept.attention}
    more = tuple(each for each in double.attention if each.kind not in known)
    return replace(
        kept,
        **clear,
        personal=replace(kept.personal, **personal),
        attention=kept.attention + more,
        fenced_version=kept.fenced_version + bool(more),
        since=min(kept.since, double.since),
        version=kept.version + 1,
        updated_at=at,
    )
