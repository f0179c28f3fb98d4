"""Compartments in a service's database, and the condition that keeps closed records out of its lists."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    exists,
    insert,
    not_,
    or_,
    select,
)

from shared.kernel.actor import Actor
from shared.kernel.compartment import Compartment
from shared.runtime.tables import compartment_entry as entry

KINDS = ("units", "accounts", "only")


def compartment_of(connection: Connection, record_id: str) -> Compartment | None:
    """Return the compartment of a record, or None."""
    rows = connection.execute(
        select(entry.c.kind, entry.c.subject)
        .where(entry.c.record_id == record_id)
        .order_by(entry.c.kind, entry.c.subject)
    ).all()
    if not rows:
        return None
    said: dict[str, Any] = {
        kind: tuple(row.subject for row in rows if row.kind == kind) for kind in KINDS
    }
    return Compartment(**said)


def set_compartment(connection: Connection, record_id: str, closed: Compartment | None) -> None:
    """Replace the compartment of a record."""
    connection.execute(delete(entry).where(entry.c.record_id == record_id))
    rows = entries_of(record_id, closed)
    if rows:
        connection.execute(insert(entry), rows)


def entries_of(record_id: str, closed: Compartment | None) -> list[dict[str, str]]:
    """Return a compartment as rows of its table."""
    if closed is None:
        return []
    return [
        {"record_id": record_id, "kind": kind, "subject": subject}
        for kind in KINDS
        for subject in dict.fromkeys(getattr(closed, kind))
    ]


def admitted(
    record_id: ColumnElement[str], is_closed_off: ColumnElement[bool], actor: Actor
) -> ColumnElement[bool]:
    """Return the condition on a table of records that none is closed to the actor."""
    of_record = entry.c.record_id == record_id
    against = exists().where(
        of_record,
        or_(
            and_(entry.c.kind == "accounts", entry.c.subject == actor.account),
            and_(entry.c.kind == "units", entry.c.subject == (actor.unit or "")),
        ),
    )
    is_limited = exists().where(of_record, entry.c.kind == "only")
    is_named = exists().where(of_record, entry.c.kind == "only", entry.c.subject == actor.account)
    return or_(not_(is_closed_off), and_(not_(against), or_(not_(is_limited), is_named)))
