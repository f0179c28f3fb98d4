"""Rows that lie somewhere in the grid tree, asked for by the code of an area of any level: one index answers."""

from weakref import WeakKeyDictionary

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Label,
    Table,
    bindparam,
    false,
    or_,
    select,
    true,
)

from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.place import AREA_LEVELS
from shared.kernel.rights import Permission


class PlacedRows:
    """The rows of a table that has an `id` and, for each level, `{level}_code` with an index that begins with it."""

    def __init__(self, table: Table) -> None:
        self._columns = table.c
        self._level_of = select(*map(self._any_under, AREA_LEVELS))
        # A code stays at its level, so each is looked up until something lies there, and no more.
        self._known: WeakKeyDictionary[Engine, dict[str, str]] = WeakKeyDictionary()

    def under(self, connection: Connection, code: str) -> ColumnElement[bool]:
        """Return "lies under *code*" as a condition on one column.

        Any level may be asked for; look-ups in the indexes of all tell which one the code is of.
        """
        if code == WHOLE_TREE:
            return true()
        known = self._known.setdefault(connection.engine, {})
        if code not in known:
            found = connection.execute(self._level_of, {"code": code}).one()
            for level in AREA_LEVELS:
                if getattr(found, level) is not None:
                    known.setdefault(code, level)
        return self._columns[f"{known[code]}_code"] == code if code in known else false()

    def reached(
        self, connection: Connection, actor: Actor, *permissions: Permission
    ) -> ColumnElement[bool]:
        """Return "lies where the actor may do one of these"."""
        places = actor.places(*permissions)
        return or_(false(), *(self.under(connection, place) for place in places))

    def _any_under(self, level: str) -> Label[str]:
        ids = select(self._columns.id).where(self._columns[f"{level}_code"] == bindparam("code"))
        return ids.limit(1).scalar_subquery().label(level)
