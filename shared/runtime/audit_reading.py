"""The audit trail as an auditor reads it: newest first, by who, what, about what, and when.

Its order is that of time, not of numbers: copies of a service whose clocks differ write in one chain,
and each filter has an index that ends in time.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, literal_column, or_, select

from shared.contracts.audit import AuditFilter
from shared.runtime import anchors, audit
from shared.runtime.cursor import cursor_of, keys_of, not_ours, page_size
from shared.runtime.tables import audit_entry

_ROW = audit_entry.c
# Written out, so that SQLite sees that the index of what is not done will do.
_IS_NOT_DONE = _ROW.outcome != literal_column(f"'{audit.DONE}'")


def entries(
    connection: Connection, where: AuditFilter, *, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Return a page of entries as an export would hold them, newest first.

    Raises:
        Invalid: the page is too long, or the cursor was not made here.
    """
    conditions = [*_conditions(where, connection.dialect.name), *_older_than(cursor)]
    asked = (
        select(audit_entry)
        .where(*conditions)
        .order_by(_ROW.at.desc(), _ROW.number.desc())
        .limit(page_size(limit) + 1)
    )
    rows = connection.execute(asked).all()
    page = rows[:limit]
    more = cursor_of(page[-1].at.isoformat(), page[-1].number) if len(rows) > limit else None
    return {"items": [audit.as_exported(row) for row in page], "next_cursor": more}


def kept_anchors(connection: Connection, service: str) -> list[dict[str, Any]]:
    """Return the anchors that lie in a service's database, the newest of each trail first."""
    found = anchors.kept(connection)
    found.sort(key=lambda anchor: (anchor.service, -anchor.number))
    return [
        {
            "service": anchor.service,
            "kept_by": service,
            "number": anchor.number,
            "digest": anchor.digest,
            "algorithm": anchor.algorithm,
            "at": anchor.at,
        }
        for anchor in found
    ]


def _conditions(where: AuditFilter, dialect: str) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, value in ((_ROW.account, where.account), (_ROW.about, where.about)):
        if value is not None:
            found.append(column == value)
    if where.outcome is not None:
        found.append(_ROW.outcome == where.outcome)
        found += [_IS_NOT_DONE] if where.outcome != audit.DONE else []
    if where.action is not None:
        found += _begins_with(where.action, dialect)
    if where.at_from is not None:
        found.append(_ROW.at >= where.at_from)
    if where.at_to is not None:
        found.append(_ROW.at < where.at_to)
    return found


def _begins_with(beginning: str, dialect: str) -> list[ColumnElement[bool]]:
    # PostgreSQL sees the span in LIKE; SQLite's LIKE knows no capitals, and has to be told.
    like: ColumnElement[bool] = _ROW.action.startswith(beginning, autoescape=True)
    if dialect == "postgresql":
        return [like]
    return [like, _ROW.action >= beginning, _ROW.action < f"{beginning}\U0010ffff"]


def _older_than(cursor: str | None) -> list[ColumnElement[bool]]:
    if cursor is None:
        return []
    said, number = keys_of(cursor, 2)
    try:
        at = datetime.fromisoformat(said)
    except (TypeError, ValueError):
        raise not_ours() from None
    if at.tzinfo is None or not isinstance(number, int):
        raise not_ours()
    return [_ROW.at <= at, or_(_ROW.at < at, and_(_ROW.at == at, _ROW.number < number))]
