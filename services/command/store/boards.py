"""The boards in the database: each event notes what it moves, and now and then the notes are added up.

An event moves numbers of five places. Were it to write them itself, it would write twenty rows, and
all events would wait for each other at the district's. So it notes one row; a timer adds many up at
once, and whoever reads a board adds what is only noted yet.
"""

from collections.abc import Iterable
from dataclasses import asdict, astuple
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, tuple_

from services.command.domain.board import BoardChange, Numbers, Slot, sums_of
from services.command.store.tables import board_change_table, board_table
from shared.runtime.upsert import replacing
from shared.runtime.work import Work

AT_ONCE, SLOTS_AT_ONCE = 2_000, 1_000
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


def add_up(connection: Connection, *, waits: bool = False) -> int:
    """Add the oldest notes to the sums; return how many.

    One copy of the service does it at a time; another one *waits* for it, or has nothing to do.
    """
    if not _is_alone(connection, waits):
        return 0
    noted = connection.execute(_OLDEST).all()
    if not noted:
        return 0
    sums = sums_of(change_of(row) for row in noted)
    slots = list(sums)
    for first in range(0, len(slots), SLOTS_AT_ONCE):
        _add(connection, {slot: sums[slot] for slot in slots[first : first + SLOTS_AT_ONCE]})
    connection.execute(_DONE, {"done": [row.id for row in noted]})
    return len(noted)


def add_up_all(connection: Connection) -> None:
    """Add up every note there is."""
    while add_up(connection, waits=True):
        pass


def _is_alone(connection: Connection, waits: bool) -> bool:
    """Take the turn until the transaction ends. SQLite has one writer anyway."""
    if connection.dialect.name == "sqlite":
        return True
    turn = func.hashtext("board_sum")
    if waits:
        connection.execute(select(func.pg_advisory_xact_lock(turn)))
        return True
    return bool(connection.scalar(select(func.pg_try_advisory_xact_lock(turn))))


def _add(connection: Connection, sums: dict[Slot, Numbers]) -> None:
    keys = [astuple(slot) for slot in sums]
    known = connection.execute(
        select(board_table).where(tuple_(*board_table.primary_key).in_(keys))
    )
    for row in known:
        count_in(sums[Slot(row.place_code, row.span, row.first_day)], row.counts)
    rows = [asdict(slot) | {"counts": _counts(numbers)} for slot, numbers in sums.items()]
    connection.execute(replacing(connection.dialect.name, board_table), rows)


def count_in(numbers: Numbers, counts: dict[str, dict[str, int]]) -> None:
    """Add the numbers that a row of sums holds."""
    for kind, named in counts.items():
        for name, count in named.items():
            numbers[kind, name] += count


def _counts(numbers: Numbers) -> dict[str, dict[str, int]]:
    """Return numbers as a row holds them, in one order and without those that came to nothing."""
    counts: dict[str, dict[str, int]] = {}
    for (kind, name), number in sorted(numbers.items()):
        if number:
            counts.setdefault(kind, {})[name] = number
    return counts


def change_of(row: Any) -> BoardChange:
    """Return the change that a row of its table holds."""
    return BoardChange(
        codes=tuple(row.codes),
        day=row.day,
        category=row.category,
        left=row.left_state,
        entered=row.entered_state,
    )
