"""Which incidents a person may know of, as conditions of a query."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, true

from services.patrol.store.rows import place_of
from services.patrol.store.tables import incident_table
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.compartment import admits
from shared.kernel.rights import Permission
from shared.runtime.compartments import admitted, compartment_of
from shared.runtime.places import PlacedRows

incident = incident_table.c


under = PlacedRows(incident_table).under


def within_reach(
    connection: Connection, actor: Actor, permission: Permission
) -> list[ColumnElement[bool]]:
    """Return the conditions one of which lets the actor do this to an incident."""
    places = actor.places(permission)
    if WHOLE_TREE in places:
        return [true()]
    own = incident.reported_by == actor.account
    return [*(under(connection, place) for place in places), own]


def admitted_to(actor: Actor) -> ColumnElement[bool]:
    return admitted(incident.id, incident.is_closed_off, actor)


def may_see(connection: Connection, row: Any, actor: Actor) -> bool:
    reaches = actor.reaches(place_of(row).codes, Permission.INCIDENT_READ)
    if not (reaches or row.reported_by == actor.account):
        return False
    return not row.is_closed_off or admits(compartment_of(connection, row.id), actor)
