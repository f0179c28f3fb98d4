"""Clocks that run, the next due first, as far as the actor may know of their matters."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, false, or_, select, tuple_

from services.command.queries.read_models import shown_matters
from services.command.store.alerts import matters_closed_to
from services.command.store.clocks import clock_of
from services.command.store.tables import clock_table
from shared.contracts.command import ClockFilter
from shared.contracts.incident_clocks import shown_clock
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.instants import instant_of
from shared.kernel.place import AREA_LEVELS
from shared.kernel.rights import Permission
from shared.runtime.cursor import cursor_of, keys_of, not_ours, page_size

clock = clock_table.c
_ORDER = (clock.due_at, clock.matter_no, clock.number)


def clocks_due(
    connection: Connection,
    where: ClockFilter,
    actor: Actor,
    counting: DeadlineClock,
    *,
    now: datetime,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """Return a page of running clocks, each with its matter; one that stands has no date and is not among them."""
    size = page_size(limit)
    wanted = (
        select(clock_table)
        .where(clock.runs, *_conditions(where), *_known_to(connection, actor), *_after(cursor))
        .order_by(*_ORDER)
        .limit(size + 1)
    )
    rows = connection.execute(wanted).all()
    shown = rows[:size]
    matters = shown_matters(connection, {row.matter_no for row in shown})
    last = shown[-1] if len(rows) > size else None
    return {
        "items": [
            shown_clock(clock_of(row), counting, now) | {"matter": matters[row.matter_no]}
            for row in shown
        ],
        "next_cursor": last and cursor_of(last.due_at.isoformat(), last.matter_no, last.number),
    }


def _conditions(where: ClockFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [clock.due_at.is_not(None)]
    if where.due_before is not None:
        conditions.append(clock.due_at < instant_of(where.due_before, "due_before"))
    if where.kind:
        conditions.append(clock.kind.in_(where.kind))
    if where.place is not None and where.place != WHOLE_TREE:
        conditions.append(_under([where.place]))
    return conditions


def _known_to(connection: Connection, actor: Actor) -> list[ColumnElement[bool]]:
    places = actor.places(Permission.MATTER_READ)
    conditions = [] if WHOLE_TREE in places else [_under(list(places)) if places else false()]
    closed = matters_closed_to(connection, actor)
    return [*conditions, clock.matter_no.not_in(closed)] if closed else conditions


def _under(codes: list[str]) -> ColumnElement[bool]:
    return or_(*(clock[f"{level}_code"].in_(codes) for level in AREA_LEVELS))


def _after(cursor: str | None) -> list[ColumnElement[bool]]:
    if cursor is None:
        return []
    due_at, matter_no, number = keys_of(cursor, 3)
    try:
        reached = datetime.fromisoformat(due_at).astimezone(UTC), str(matter_no), int(number)
    except (TypeError, ValueError, OverflowError):
        raise not_ours() from None
    return [tuple_(*_ORDER) > reached]
