"""The boards in the database: each event notes what it moves, and now and then the notes are added up.

An event moves numbers of five places. Were it to write them itself, it would write twenty rows, and
all events would wait for each other at the district's. So it notes one row; a timer adds many up at
once, and whoever reads a board adds what is only noted yet.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select

from services.command.domain.board import BoardChange, sums_of
from services.command.store.tables import board_change_table, board_table
from shared.runtime.upsert import adding
from shared.runtime.work import Work

AT_ONCE = 2_000
_NOTE = insert(board_change_table)
_OLDEST = select(board_change_table).order_by(board_change_table.c.id).limit(AT_ONCE)
_DONE = delete(board_change_table).where(
    board_change_table.c.id.in_(bindparam("done", expanding=True))
)


class BoardNotes:
    """What the events of a work move, noted together before it is kept."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._notes: list[dict[str, Any]] = []
        work.before_keep(self._write)

    def note(self, changes: Iterable[BoardChange]) -> None:
        """Keep what an event moves, to be added up later."""
        self._notes += [
            {
                "codes": list(change.codes),
                "day": change.day,
                "category": change.category,
                "left_state": change.left,
                "entered_state": change.entered,
            }
            for change in changes
        ]

    def _write(self) -> None:
        if self._notes:
            self._work.connection.execute(_NOTE, self._notes)
            self._notes.clear()


def add_up(connection: Connection, *, passing_over_others: bool = True) -> int:
    """Add the oldest notes to the sums; return how many.

    Notes that another copy of the service is adding up at the moment are *passed over*, or else
    waited for.
    """
    mine = _OLDEST.with_for_update(skip_locked=passing_over_others)
    noted = connection.execute(mine).all()
    if not noted:
        return 0
    moved = sums_of(change_of(row) for row in noted)
    rows = [
        # In one order everywhere, or two who add up at once wait for each other for ever.
        {name: getattr(key, name) for name in key.__slots__} | {"matters": moved[key]}
        for key in sorted(moved)
        if moved[key]
    ]
    if rows:
        add = adding(connection.dialect.name, board_table, sums="matters")
        connection.execute(add, rows)
    connection.execute(_DONE, {"done": [row.id for row in noted]})
    return len(noted)


def add_up_all(connection: Connection) -> None:
    """Add up every note there is, waiting for those that another copy adds up."""
    while add_up(connection, passing_over_others=False):
        pass


def change_of(row: Any) -> BoardChange:
    """Return the change that a row of its table holds."""
    return BoardChange(
        codes=tuple(row.codes),
        day=row.day,
        category=row.category,
        left=row.left_state,
        entered=row.entered_state,
    )
