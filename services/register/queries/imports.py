"""How far an import is, and what is wrong with its rows; only its own sender is told."""

from typing import Any

from sqlalchemy import Connection, func, select

from services.register.store.imports import import_of
from services.register.store.tables import import_row_table, import_table
from shared.kernel.actor import Actor
from shared.runtime.cursor import cursor_of, keys_of, not_ours, page_size

rows_of = import_row_table.c


def find_import(connection: Connection, import_id: str, actor: Actor) -> dict[str, Any] | None:
    """Return how far an import of the actor's own is, or None."""
    row = connection.execute(
        select(import_table).where(
            import_table.c.id == import_id, import_table.c.account == actor.account
        )
    ).first()
    if row is None:
        return None
    found = import_of(row)
    return {
        "id": found.import_id,
        "kind": found.kind,
        "state": found.state,
        "total": found.total,
        "checked": found.checked,
        "wrong": found.wrong,
        "done": found.done,
        "will": _count_by(connection, import_id, "action"),
        "became": _count_by(connection, import_id, "outcome"),
        "created_at": found.created_at,
        "updated_at": found.updated_at,
    }


def _count_by(connection: Connection, import_id: str, name: str) -> dict[str, int]:
    """Return how many rows will do what (`action`), or became what (`outcome`)."""
    word = rows_of[name]
    rows = connection.execute(
        select(word.label("word"), func.count().label("rows"))
        .where(rows_of.import_id == import_id, word.is_not(None))
        .group_by(word)
    )
    return {row.word: row.rows for row in rows}


def wrong_rows(
    connection: Connection, import_id: str, *, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Return a page of the rows that will not do, or came into conflict, in the order of the file."""
    size = page_size(limit)
    last = 0 if cursor is None else _number_of(cursor)
    rows = connection.execute(
        select(rows_of.number, rows_of.errors, rows_of.outcome)
        .where(
            rows_of.import_id == import_id,
            rows_of.number > last,
            rows_of.action.is_(None) | (rows_of.outcome == "conflict"),
        )
        .order_by(rows_of.number)
        .limit(size + 1)
    ).all()
    more = len(rows) > size
    return {
        "items": [
            {"row": row.number, "errors": row.errors, "outcome": row.outcome} for row in rows[:size]
        ],
        "next_cursor": cursor_of(rows[size - 1].number) if more else None,
    }


def _number_of(cursor: str) -> int:
    [number] = keys_of(cursor, 1)
    if not isinstance(number, int) or not 0 <= number < 2**31:
        raise not_ours()
    return number
