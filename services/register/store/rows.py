"""A record as a row of its table, and back."""

from typing import Any

from pydantic import TypeAdapter

from services.register.domain.record import Record
from shared.contracts.register import AttentionPersonalData, RecordPersonalData
from shared.kernel.place import AREA_LEVELS, NamedArea, Place, PlaceStatus

_ATTENTION = TypeAdapter(tuple[AttentionPersonalData, ...])
_SAME = (
    "kind",
    "version",
    "state",
    "name",
    "type",
    "source_no",
    "credit_code",
    "rented",
    "house_id",
    "lon",
    "lat",
    "since",
    "ended_on",
    "merged_into",
    "fenced_version",
    "updated_at",
)


def row_of(record: Record) -> dict[str, Any]:
    """Return the record as a row of its table."""
    personal, place = record.personal, record.place
    areas = {level: getattr(place, level) for level in AREA_LEVELS}
    return {
        "id": record.record_id,
        **{name: getattr(record, name) for name in _SAME},
        "person_name": personal.name,
        "id_number": personal.id_number,
        "id_number_index": personal.id_number,
        "phone": personal.phone,
        "phone_index": personal.phone,
        "address": personal.address,
        "attention": written_attention(record.attention),
        "place_status": place.status.value,
        "distance_m": place.distance_m,
        **{f"{level}_code": area.code if area else None for level, area in areas.items()},
        **{f"{level}_name": area.name if area else None for level, area in areas.items()},
        "boundary_version": place.boundary_version,
    }


def record_of(row: Any) -> Record:
    """Return the record that a row of its table holds."""
    return Record(
        record_id=row.id,
        **{name: getattr(row, name) for name in _SAME},
        personal=personal_of(row),
        attention=attention_of(row.attention),
        place=place_of(row),
    )


def personal_of(row: Any) -> RecordPersonalData:
    """Return what a row says of a person."""
    return RecordPersonalData(
        name=row.person_name, id_number=row.id_number, phone=row.phone, address=row.address
    )


def place_of(row: Any) -> Place:
    """Return where the record of a row lies."""
    return Place(
        status=PlaceStatus(row.place_status),
        distance_m=row.distance_m,
        **{level: _area(row, level) for level in AREA_LEVELS},
        boundary_version=row.boundary_version,
    )


def _area(row: Any, level: str) -> NamedArea | None:
    code = getattr(row, f"{level}_code")
    return None if code is None else NamedArea(code=code, name=getattr(row, f"{level}_name"))


def attention_of(kept: Any) -> tuple[AttentionPersonalData, ...]:
    """Return what somebody is looked after for from the opened column."""
    attention: tuple[AttentionPersonalData, ...] = _ATTENTION.validate_python(kept["attention"])
    return attention


def written_attention(attention: tuple[AttentionPersonalData, ...]) -> dict[str, Any]:
    """Return it for the sealed column, filled up so that its length tells nothing of what is usual."""
    said = _ATTENTION.dump_python(attention, mode="json")
    return {"attention": said, "filling": " " * max(0, _USUAL - sum(map(_length, said)))}


# A kind with its day and a line of text.
_USUAL = 400


def _length(said: dict[str, Any]) -> int:
    return sum(len(str(value)) for value in said.values()) + 40
