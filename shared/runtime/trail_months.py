"""The months of an audit trail: what lies in each, and letting one go once it is archived.

A month's rows are a span of the chain. What goes leaves its last number and digest behind as an anchor,
with which the next month begins. The month of the last row always stays: the chain goes on from it.
"""

from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import Connection, Delete, delete, func, select, text

from shared.kernel.audit_chain import BEGINNING, Algorithm
from shared.kernel.clock import china_now
from shared.runtime import audit
from shared.runtime.anchors import Anchor
from shared.runtime.call import Call
from shared.runtime.tables import audit_anchor, audit_entry
from shared.runtime.upsert import adding_once


class TrailChanged(Exception):
    """What lies in the database is no longer what was archived; nothing went."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailMonth:
    """A month of a trail, from the row of number *first* to that of *last*."""

    month: date
    first: int
    last: int


def months_before(connection: Connection, before: date) -> list[TrailMonth]:
    """Return the months before *before* that may go, the oldest first."""
    month, number = audit_entry.c.month, audit_entry.c.number
    newest = select(func.max(month)).scalar_subquery()
    spans = (
        select(month, func.min(number).label("first"), func.max(number).label("last"))
        .where(month < before, month < newest)
        .group_by(month)
        .order_by(month)
    )
    return [TrailMonth(**row._asdict()) for row in connection.execute(spans)]


def digest_before(connection: Connection, service: str, number: int) -> str | None:
    """Return the digest of the row before *number*, which may be archived; None when it is not known."""
    if number == 1:
        return BEGINNING
    lived = select(audit_entry.c.digest).where(audit_entry.c.number == number - 1)
    went = select(audit_anchor.c.digest).where(
        audit_anchor.c.number == number - 1, audit_anchor.c.service == service
    )
    digest: str | None = connection.scalar(lived) or connection.scalar(went)
    return digest


def let_go(
    connection: Connection, service: str, span: TrailMonth, digest: str, algorithm: Algorithm
) -> None:
    """Take an archived month out of the trail, whose last row has this digest, and note that it was done.

    Call it in a transaction of whoever owns the trail: a service's own role may not.

    Raises:
        TrailChanged: the month holds something else than was archived.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(audit.HOLD)
    last = connection.execute(
        select(audit_entry.c.digest, audit_entry.c.algorithm).where(
            audit_entry.c.number == span.last
        )
    ).first()
    if last is None or last.digest != digest or span not in months_before(connection, date.max):
        raise TrailChanged(span)
    anchor = Anchor(
        service=service, number=span.last, digest=digest, algorithm=last.algorithm, at=china_now()
    )
    connection.execute(adding_once(connection.dialect.name, audit_anchor), asdict(anchor))
    if connection.dialect.name == "postgresql":
        _remove_from_postgresql(connection, span)
    else:
        _remove_from_sqlite(connection, span)
    note = audit.entry_of(
        Call(), f"{service}.archive_audit", about=f"{span.month:%Y-%m}", algorithm=algorithm
    )
    audit.append(connection, [note])


def _remove_from_postgresql(connection: Connection, span: TrailMonth) -> None:
    name = f"audit_entry_y{span.month:%Y}m{span.month:%m}"
    connection.execute(text(f"DROP TABLE IF EXISTS {name}"))
    # What had no partition of its own lies in DEFAULT. Nobody sees the trail without its trigger.
    trigger = "TRIGGER audit_entry_keeps_each_row"
    connection.execute(text(f"ALTER TABLE audit_entry DISABLE {trigger}"))
    connection.execute(_rows_of(span))
    connection.execute(text(f"ALTER TABLE audit_entry ENABLE {trigger}"))


def _remove_from_sqlite(connection: Connection, span: TrailMonth) -> None:
    """Delete the rows; for as long as this transaction lasts, which nobody else sees into."""
    made = text("SELECT sql FROM sqlite_master WHERE name = 'audit_refuses_delete'")
    guard = connection.scalar(made)
    connection.execute(text("DROP TRIGGER audit_refuses_delete"))
    connection.execute(_rows_of(span))
    connection.exec_driver_sql(str(guard))


def _rows_of(span: TrailMonth) -> Delete:
    return delete(audit_entry).where(audit_entry.c.month == span.month)
