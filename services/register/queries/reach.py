"""What lies under a place, and what an actor reaches, as conditions that indexes answer."""

from sqlalchemy import ColumnElement, Connection, Label, bindparam, false, or_, select, true

from services.register.store.tables import LEVELS, record
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.rights import Permission


def _any_under(level: str) -> Label[str]:
    found = select(record.id).where(record[f"{level}_code"] == bindparam("code")).limit(1)
    return found.scalar_subquery().label(level)


_LEVEL_OF = select(*map(_any_under, LEVELS))


def under(connection: Connection, code: str) -> ColumnElement[bool]:
    """Return "lies under *code*" as a condition on one column; of whatever level it is."""
    if code == WHOLE_TREE:
        return true()
    found = connection.execute(_LEVEL_OF, {"code": code}).one()
    level = next((level for level in LEVELS if getattr(found, level) is not None), None)
    return false() if level is None else record[f"{level}_code"] == code


def reached(connection: Connection, actor: Actor, *permissions: Permission) -> ColumnElement[bool]:
    """Return "the actor may do this to it" as a condition."""
    places = actor.places(*permissions)
    return or_(false(), *(under(connection, place) for place in places))
