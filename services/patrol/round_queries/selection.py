"""Conditions that several questions about rounds have in common."""

from typing import Any

from sqlalchemy import ColumnElement, or_, true

from services.patrol.store.metadata import LEVELS
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.ids import is_id
from shared.kernel.rights import Permission
from shared.runtime.cursor import keys_of, not_ours


def under(columns: Any, code: str) -> ColumnElement[bool]:
    """Return "lies under *code*", of whatever level that is."""
    return or_(*(columns[f"{level}_code"] == code for level in LEVELS))


def in_reach(columns: Any, actor: Actor, *permissions: Permission) -> ColumnElement[bool]:
    """Return "lies where the actor may do this"."""
    places = actor.places(*permissions)
    if WHOLE_TREE in places:
        return true()
    # Of nobody's places nothing lies anywhere: an empty list is matched by none.
    return or_(*(columns[f"{level}_code"].in_(places) for level in LEVELS))


def after(column: ColumnElement[str], cursor: str | None) -> list[ColumnElement[bool]]:
    """Return where the page after a cursor begins; raises `Invalid`."""
    if cursor is None:
        return []
    [last] = keys_of(cursor, 1)
    if not is_id(last):
        raise not_ours()
    return [column < last]
