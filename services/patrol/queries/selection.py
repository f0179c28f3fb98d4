"""Which incidents a filter asks for, and which page of them, as conditions of a query."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
)

from services.patrol.queries.reach import under
from services.patrol.store.tables import incident_table
from shared.contracts.patrol import (
    IncidentFilter,
)
from shared.kernel.ids import first_id_at
from shared.kernel.instants import instant_of
from shared.runtime.partitions import made_before

incident = incident_table.c


def conditions_of(connection: Connection, where: IncidentFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if where.place is not None:
        conditions.append(under(connection, where.place))
    if where.state:
        conditions.append(incident.state.in_(where.state))
    for name in ("category", "severity", "source", "level"):
        if (value := getattr(where, name)) is not None:
            conditions.append(incident[name] == value)
    if where.reported_from is not None:
        first = instant_of(where.reported_from, "reported_from")
        conditions += [incident.reported_at >= first, incident.id >= first_id_at(first)]
    if where.reported_to is not None:
        end = instant_of(where.reported_to, "reported_to")
        conditions += [incident.reported_at < end, made_before(connection, incident.id, end)]
    if where.open_only:
        conditions.append(incident.is_open)
    return conditions


def newest(
    connection: Connection, wanted: Select[Any], reach: list[ColumnElement[bool]], count: int
) -> list[Any]:
    """Return the newest rows that one of the conditions of *reach* lets through.

    Each is asked for on its own: an index gives the newest of one, and of none the newest of either.
    """
    found = {
        row.id: row
        for condition in reach
        for row in connection.execute(
            wanted.where(condition).order_by(incident.id.desc()).limit(count)
        )
    }
    return [found[incident_id] for incident_id in sorted(found, reverse=True)[:count]]
