"""Conditions that several questions about rounds have in common."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_, true

from shared.contracts.grid import AssignedCell
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.place import AREA_LEVELS
from shared.kernel.rights import Permission
from shared.runtime.cursor import cursor_of, keys_of, not_ours, page_size


def under(columns: Any, code: str) -> ColumnElement[bool]:
    """Return "lies under *code*", of whatever level that is."""
    return or_(*(column == code for column in _areas(columns)))


def in_reach(columns: Any, actor: Actor, *permissions: Permission) -> ColumnElement[bool]:
    """Return "lies where the actor may do this"."""
    places = actor.places(*permissions)
    if WHOLE_TREE in places:
        return true()
    # Of nobody's places nothing lies anywhere: an empty list is matched by none.
    return or_(*(column.in_(places) for column in _areas(columns)))


def _areas(columns: Any) -> list[ColumnElement[str]]:
    names = [f"{level}_code" for level in AREA_LEVELS]
    return [columns[name] for name in names if name in columns]


def cells_reached(
    cells: Sequence[AssignedCell], actor: Actor, *permissions: Permission
) -> list[AssignedCell]:
    """Return the cells to which the actor may do this."""
    return [
        cell
        for cell in cells
        if actor.reaches(
            [code for code in (cell.district, cell.street, cell.community, cell.code) if code],
            *permissions,
        )
    ]


def only_place(actor: Actor, *permissions: Permission) -> str | None:
    """Return the place under which all lies that the actor may see, where there is one: no more need be asked for."""
    places = actor.places(*permissions)
    return places[0] if len(places) == 1 and places[0] != WHOLE_TREE else None


def page_of(
    items: Sequence[dict[str, Any]],
    key: Callable[[dict[str, Any]], str],
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """Return a page of what was computed whole and is sorted by *key*; raises `Invalid`."""
    size = page_size(limit)
    if cursor is not None:
        [last] = keys_of(cursor, 1)
        if not isinstance(last, str):
            raise not_ours()
        items = [item for item in items if key(item) > last]
    more = len(items) > size
    return {
        "items": list(items[:size]),
        "next_cursor": cursor_of(key(items[size - 1])) if more else None,
    }
