"""Which incidents a person may know of, as conditions of a query."""

from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Label,
    bindparam,
    false,
    select,
    true,
)

from services.patrol.store.rows import place_of
from services.patrol.store.tables import LEVELS, incident_table
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.compartment import admits
from shared.kernel.rights import Permission
from shared.runtime.compartments import admitted, compartment_of

incident = incident_table.c


def _newest_id_under(level: str) -> Label[str]:
    column = incident[f"{level}_code"]
    newest = select(incident.id).where(column == bindparam("code")).order_by(incident.id.desc())
    return newest.limit(1).scalar_subquery().label(level)


_LEVEL_OF = select(*map(_newest_id_under, LEVELS))


# A code stays at its level, so each is looked up until something has happened there, and no more.
_LEVELS_KNOWN: WeakKeyDictionary[Engine, dict[str, str]] = WeakKeyDictionary()


def under(connection: Connection, code: str) -> ColumnElement[bool]:
    """Return "lies under *code*" as a condition on one column, so that one index answers it.

    Any level may be asked for; look-ups in the indexes of all tell which one the code is of.
    """
    known = _LEVELS_KNOWN.setdefault(connection.engine, {})
    if code not in known:
        found = connection.execute(_LEVEL_OF, {"code": code}).one()
        for level in LEVELS:
            if getattr(found, level) is not None:
                known.setdefault(code, level)
    return incident[f"{known[code]}_code"] == code if code in known else false()


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
