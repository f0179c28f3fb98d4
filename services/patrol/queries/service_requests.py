"""Incidents as service requests for Open311, of which only what may be public is told."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    case,
    not_,
    select,
)

from services.patrol.queries.reach import admitted_to, within_reach
from services.patrol.queries.selection import conditions_of, newest
from services.patrol.store.catalogue import public_codes
from services.patrol.store.tables import incident_table
from shared.contracts.patrol import (
    IncidentFilter,
    ServiceRequestFilter,
)
from shared.kernel.actor import Actor
from shared.kernel.personal_data import plain
from shared.kernel.rights import Permission

incident = incident_table.c


_OF_REQUEST = (
    "matter_no",
    "category",
    "state",
    "is_open",
    "unit",
    "lon",
    "lat",
    "community_name",
    "cell_name",
    "reported_at",
    "updated_at",
)


def find_service_requests(
    connection: Connection, where: ServiceRequestFilter, actor: Actor
) -> dict[str, Any]:
    """Return a page of what may be public, newest first; text only of what the actor reported himself."""
    is_own = incident.reported_by == actor.account
    wanted = select(
        incident.id,
        *(incident[name] for name in _OF_REQUEST),
        case((is_own, incident.description)).label("description"),
    ).where(
        not_(incident.is_closed_off),
        # Of others nobody is told by Open311 that there is one: they are about persons, or may be.
        incident.category.in_(public_codes()),
        admitted_to(actor),
        *_of_requests(connection, where),
    )
    reach = within_reach(connection, actor, Permission.INCIDENT_READ)
    rows = newest(connection, wanted, reach, where.skip + where.limit + 1)[where.skip :]
    return {
        "items": [_service_request(row) for row in rows[: where.limit]],
        "more": len(rows) > where.limit,
    }


def _of_requests(connection: Connection, where: ServiceRequestFilter) -> list[ColumnElement[bool]]:
    if where.matter_nos:
        return [incident.matter_no.in_(where.matter_nos)]
    span = IncidentFilter(reported_from=where.reported_from, reported_to=where.reported_to)
    conditions = conditions_of(connection, span)
    if where.categories:
        conditions.append(incident.category.in_(where.categories))
    if where.is_open is not None:
        conditions.append(incident.is_open if where.is_open else not_(incident.is_open))
    return conditions


def _service_request(row: Any) -> dict[str, Any]:
    text = None if row.description is None else plain(row.description)
    return {name: getattr(row, name) for name in _OF_REQUEST} | {"description": text}
