"""Records as people are shown them: masked, listed by place and kind, one with its history, found by number."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, false, or_, select

from services.register.domain.refusals import wrong_field
from services.register.queries.reach import reached, under
from services.register.store.rows import personal_of, place_of
from services.register.store.tables import change_table, record, record_table, relation_table
from shared.contracts.register import FindQuestion, RecordFilter
from shared.kernel.actor import Actor
from shared.kernel.errors import Invalid
from shared.kernel.rights import Permission
from shared.runtime.blind_index import is_same
from shared.runtime.cursor import after_id, cursor_of, page_size
from shared.runtime.sealing import Sealer

_CLEAR = (
    "id",
    "kind",
    "version",
    "state",
    "name",
    "type",
    "source_no",
    "credit_code",
    "rented",
    "house_id",
    "since",
    "ended_on",
    "merged_into",
    "updated_at",
)


def shown(row: Any) -> dict[str, Any]:
    """Return a record as everybody sees it who may: no person in clear, nor the point where he lives."""
    personal = personal_of(row)
    return {name: getattr(row, name) for name in _CLEAR} | {
        "personal": {
            "name": personal.name and personal.name.masked,
            "id_number": personal.id_number and personal.id_number.masked,
            "phone": personal.phone and personal.phone.masked,
            "address": personal.address and personal.address.masked,
        },
        "location": None if row.kind == "person" else location_of(row),
        "place": place_of(row),
    }


def location_of(row: Any) -> dict[str, Any]:
    return {"lon": row.lon, "lat": row.lat, "crs": "wgs84"}


def find_row(
    connection: Connection, record_id: str, actor: Actor, *permissions: Permission
) -> Row[Any] | None:
    """Return the row of a record to which the actor may do this, or None."""
    row = connection.execute(select(record_table).where(record.id == record_id)).first()
    if row is None or not actor.reaches(place_of(row).codes, *permissions):
        return None
    return row


def find_record(connection: Connection, record_id: str, actor: Actor) -> dict[str, Any] | None:
    """Return a record with how it stands to others and what was done to it, or None."""
    row = find_row(connection, record_id, actor, Permission.REGISTER_READ)
    if row is None:
        return None
    return shown(row) | {
        "relations": relations_of(connection, record_id),
        "history": [_shown_change(each) for each in changes_of(connection, record_id)],
    }


def relations_of(connection: Connection, record_id: str) -> list[dict[str, Any]]:
    """Return how a record stands and stood to others, the oldest first."""
    relation = relation_table.c
    rows = connection.execute(
        select(relation_table)
        .where(or_(relation.of_id == record_id, relation.to_id == record_id))
        .order_by(relation.since, relation.id)
    )
    return [shown_relation(row) for row in rows]


def find_relation(connection: Connection, relation_id: str) -> dict[str, Any] | None:
    row = connection.execute(
        select(relation_table).where(relation_table.c.id == relation_id)
    ).first()
    return None if row is None else shown_relation(row)


def shown_relation(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "of": row.of_id,
        "account": row.account,
        "to": row.to_id,
        "since": row.since,
        "until": row.until,
    }


def changes_of(
    connection: Connection, record_id: str, *, fenced: bool = False
) -> Sequence[Row[Any]]:
    """Return what was done to a record, oldest first; what is fenced apart from all else."""
    change = change_table.c
    return connection.execute(
        select(change_table)
        .where(change.record_id == record_id, change.is_fenced.is_(fenced))
        .order_by(change.id)
    ).all()


def _shown_change(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("version", "action", "at", "by", "fields")}


def find_records(
    connection: Connection,
    where: RecordFilter,
    actor: Actor,
    *,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """Return a page of records of one kind, newest first, and where the next page starts."""
    conditions = [record.kind == where.kind, record.state == where.state]
    if where.place is not None:
        conditions.append(under(connection, where.place))
    if where.type is not None:
        conditions.append(record.type == where.type)
    if where.house is not None:
        conditions.append(record.house_id == where.house)
    wanted = select(record_table).where(
        *conditions, reached(connection, actor, Permission.REGISTER_READ)
    )
    return page(connection, wanted, limit=limit, cursor=cursor)


def find_by_number(
    connection: Connection, sealer: Sealer, asked: FindQuestion, actor: Actor
) -> dict[str, Any]:
    """Return a page of the records that have exactly this number, newest first.

    Raises:
        Invalid: not one number is given.
    """
    wanted = select(record_table).where(
        _has_number(sealer, asked), reached(connection, actor, Permission.REGISTER_PERSONAL)
    )
    return page(connection, wanted, limit=asked.limit, cursor=asked.cursor)


def _has_number(sealer: Sealer, asked: FindQuestion) -> ColumnElement[bool]:
    conditions = []
    if asked.id_number is not None:
        conditions.append(is_same(record.id_number_index, sealer, asked.id_number))
    if asked.phone is not None:
        conditions.append(is_same(record.phone_index, sealer, asked.phone))
    if asked.credit_code is not None:
        conditions.append(record.credit_code == asked.credit_code)
    if len(conditions) != 1:
        raise _one_number()
    return conditions[0]


def _one_number() -> Invalid:
    return wrong_field(
        "id_number",
        "one_number",
        "id_number、phone、credit_code 须给且只给一个",
        "give one of id_number, phone and credit_code",
    )


def doubles_of(
    connection: Connection, sealer: Sealer, record_id: str, actor: Actor
) -> list[dict[str, Any]] | None:
    """Return the other present records of one exact number that the actor may merge it with, or None."""
    row = find_row(connection, record_id, actor, Permission.REGISTER_CHANGE)
    if row is None:
        return None
    same = []
    if row.id_number is not None:
        same.append(is_same(record.id_number_index, sealer, row.id_number))
    if row.credit_code is not None:
        same.append(record.credit_code == row.credit_code)
    rows = connection.execute(
        select(record_table)
        .where(
            or_(false(), *same),
            record.kind == row.kind,
            record.state == "present",
            record.id != record_id,
            reached(connection, actor, Permission.REGISTER_CHANGE),
        )
        .order_by(record.id)
        .limit(_MOST_DOUBLES)
    )
    return [shown(each) for each in rows]


_MOST_DOUBLES = 50


def page(
    connection: Connection, wanted: Select[Any], *, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Return a page of the records that are wanted, newest first."""
    size = page_size(limit)
    newest = wanted.where(*after_id(record.id, cursor)).order_by(record.id.desc()).limit(size + 1)
    rows = connection.execute(newest).all()
    more = len(rows) > size
    return {
        "items": [shown(row) for row in rows[:size]],
        "next_cursor": cursor_of(rows[size - 1].id) if more else None,
    }
