"""Questions about incidents, straight from the tables; each answers only what the actor reaches."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    func,
    or_,
    select,
)

from services.patrol.queries.reach import admitted_to, may_see, within_reach
from services.patrol.queries.selection import conditions_of, newest
from services.patrol.queries.shown import shown, shown_step
from services.patrol.store.catalogue import categories_in_force
from services.patrol.store.lifecycle import add_asked_and_answered
from services.patrol.store.tables import incident_table, step_table
from shared.contracts.grid import CellPoint
from shared.contracts.patrol import (
    IncidentFilter,
)
from shared.kernel.actor import Actor
from shared.kernel.rights import Permission
from shared.runtime.cursor import after_id, cursor_of, page_size

incident = incident_table.c


FIND = select(incident_table).where(incident.id == bindparam("asked"))


_HISTORY = (
    select(step_table)
    .where(step_table.c.incident_id == bindparam("asked"))
    .order_by(step_table.c.at, step_table.c.id)
)


def find_incident(connection: Connection, incident_id: str, actor: Actor) -> dict[str, Any] | None:
    """Return the incident with its history, or None when the actor may not know of it."""
    row = connection.execute(FIND, {"asked": incident_id}).first()
    if row is None or not may_see(connection, row, actor):
        return None
    history = connection.execute(_HISTORY, {"asked": incident_id})
    more = {"conversion": row.conversion, "catalogue_version": row.catalogue_version}
    found = shown(row, actor) | more | {"steps": [shown_step(step) for step in history]}
    add_asked_and_answered(found)
    return found


def find_incidents(
    connection: Connection,
    where: IncidentFilter,
    actor: Actor,
    *,
    limit: int,
    cursor: str | None,
    permission: Permission = Permission.INCIDENT_READ,
) -> dict[str, Any]:
    """Return a page of incidents, newest first, and where the next page starts.

    It holds those to which the actor may do what *permission* says.
    """
    size = page_size(limit)
    wanted = select(incident_table).where(
        *conditions_of(connection, where), *after_id(incident.id, cursor), admitted_to(actor)
    )
    reach = within_reach(connection, actor, permission)
    return page_of(connection, wanted, reach, actor, size)


def page_of(
    connection: Connection,
    wanted: Select[Any],
    reach: list[ColumnElement[bool]],
    actor: Actor,
    size: int,
) -> dict[str, Any]:
    rows = newest(connection, wanted, reach, size + 1)
    items = [shown(row, actor) for row in rows[:size]]
    more = len(rows) > size
    return {"items": items, "next_cursor": cursor_of(rows[size - 1].id) if more else None}


def count_to_export(
    connection: Connection, where: IncidentFilter, actor: Actor, *, most: int
) -> int:
    """Return how many incidents the actor would export; of more than *most* one more is counted."""
    reach = within_reach(connection, actor, Permission.INCIDENT_EXPORT)
    found = (
        select(incident.id)
        .where(*conditions_of(connection, where), admitted_to(actor), or_(*reach))
        .limit(most + 1)
        .subquery()
    )
    return int(connection.execute(select(func.count()).select_from(found)).scalar_one())


def open_incident_points(
    connection: Connection, actor: Actor, *, after: str, limit: int
) -> list[CellPoint]:
    """Return where the open incidents lie, by id, for asking what a new boundary would move."""
    rows = connection.execute(
        select(incident.id, incident.matter_no, incident.lon, incident.lat, incident.cell_code)
        .where(incident.is_open, incident.id > after, admitted_to(actor))
        .order_by(incident.id)
        .limit(limit)
    )
    return [
        CellPoint(id=row.id, matter_no=row.matter_no, lon=row.lon, lat=row.lat, cell=row.cell_code)
        for row in rows
    ]


def categories(connection: Connection) -> list[dict[str, Any]]:
    """Return the catalogue of categories."""
    rows = connection.execute(categories_in_force().order_by("code"))
    return [dict(row._mapping) for row in rows]
