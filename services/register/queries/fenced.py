"""What is personal in clear, and what people are looked after for; whoever is answered is on record before."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from services.register.domain.numbers import is_child
from services.register.queries.reach import reached, under
from services.register.queries.records import changes_of, find_row, location_of, shown
from services.register.store.rows import attention_of, personal_of, place_of
from services.register.store.tables import IS_PRESENT, record, record_table
from shared.contracts.register import AttentionQuestion
from shared.kernel.actor import Actor, not_permitted
from shared.kernel.errors import Forbidden
from shared.kernel.personal_data import plain
from shared.kernel.rights import Permission
from shared.runtime.cursor import after_id, cursor_of, page_size

# What a person is looked after for stands sealed in his record: no digest of it lies in an index, for of six
# words that would be as good as the word. So many records are looked into for one page.
MOST_OPENED = 5_000


def in_clear(
    connection: Connection, record_id: str, actor: Actor, today: date
) -> dict[str, Any] | None:
    """Return what is personal in a record as it was given, and what stood there; None where it is out of reach.

    Raises:
        Forbidden: the actor may see it masked alone; of a child, he may not see what is fenced.
    """
    row = find_row(
        connection, record_id, actor, Permission.REGISTER_READ, Permission.REGISTER_PERSONAL
    )
    if row is None:
        return None
    codes, personal = place_of(row).codes, personal_of(row)
    if not actor.reaches(codes, Permission.REGISTER_PERSONAL):
        raise not_permitted(Permission.REGISTER_PERSONAL)
    number = personal.id_number and personal.id_number.plain
    if is_child(number, today) and not actor.reaches(codes, Permission.REGISTER_FENCED):
        raise child_not_yours()
    return {
        "id": row.id,
        "personal": {
            "name": personal.name and personal.name.plain,
            "id_number": number,
            "phone": personal.phone and personal.phone.plain,
            "address": personal.address and personal.address.plain,
        },
        "location": location_of(row),
        "history": [_with_values(each) for each in changes_of(connection, record_id)],
    }


def fenced_of(connection: Connection, record_id: str, actor: Actor) -> dict[str, Any] | None:
    """Return what a person is looked after for, and was; None where that is out of reach.

    Raises:
        Forbidden: the actor may see the record, and not this.
    """
    row = find_row(
        connection, record_id, actor, Permission.REGISTER_READ, Permission.REGISTER_FENCED
    )
    if row is None:
        return None
    if not actor.reaches(place_of(row).codes, Permission.REGISTER_FENCED):
        raise not_permitted(Permission.REGISTER_FENCED)
    return shown_fenced(row) | {
        "history": [_with_values(each) for each in changes_of(connection, record_id, fenced=True)]
    }


def shown_fenced(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "version": row.fenced_version,
        "attention": [
            {"kind": each.kind, "since": each.since, "note": plain(each.note)}
            for each in attention_of(row.attention)
        ],
    }


def looked_after(connection: Connection, asked: AttentionQuestion, actor: Actor) -> dict[str, Any]:
    """Return a page of the people under a place who are looked after for something, newest first.

    A page may be short, or empty, and still have a next one.
    """
    size = page_size(asked.limit)
    rows = connection.execute(
        select(record_table)
        .where(
            record.kind == "person",
            IS_PRESENT,
            under(connection, asked.place),
            reached(connection, actor, Permission.REGISTER_FENCED),
            *after_id(record.id, asked.cursor),
        )
        .order_by(record.id.desc())
        .limit(MOST_OPENED)
    ).all()
    found: list[Any] = []
    last = None
    for row in rows:
        last = row.id
        if any(each.kind == asked.attention for each in attention_of(row.attention)):
            found.append(row)
        if len(found) == size:
            break
    is_all = len(rows) < MOST_OPENED and (last is None or last == rows[-1].id)
    return {
        "items": [shown(row) | shown_fenced(row) | {"version": row.version} for row in found],
        "next_cursor": None if is_all else cursor_of(last),
    }


def _with_values(row: Any) -> dict[str, Any]:
    names = ("version", "action", "at", "by", "fields", "was")
    return {name: getattr(row, name) for name in names}


def child_not_yours() -> Forbidden:
    return Forbidden(
        code="child_not_yours",
        zh="不满十四周岁未成年人的信息属敏感个人信息，只向有列管信息权限的人员明示。",
        en="What is personal of a child under 14 is sensitive (PIPL, article 28), and shown in clear to those alone who "
        "may see what is fenced.",
    )
