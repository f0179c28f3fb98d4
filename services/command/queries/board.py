"""The board of a place: the sums of its numbers, and what is noted and not yet added up."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from services.command.domain.board import (
    CATEGORY,
    DAY,
    STATE,
    YEAR,
    BoardChange,
    Numbers,
    come_in,
    sums_of,
)
from services.command.domain.period import Period
from services.command.store.boards import change_of, count_in
from services.command.store.read_models import matter_of
from services.command.store.tables import (
    board_change_table,
    board_table,
    matter_table,
    place_table,
)
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.rights import Permission

CLOSED_STATES = ("cancelled", "self_handled", "closed", "evaluated")
board = board_table.c


def board_of(
    connection: Connection, place: dict[str, Any], period: Period, actor: Actor
) -> dict[str, Any]:
    """Return the counts of a place and of each area under it, by state and by category.

    Matters closed to anybody are in no sum; those the actor may know of are counted for him.
    """
    code = place["code"]
    children = connection.execute(
        select(place_table).where(place_table.c.parent_code == code).order_by(place_table.c.code)
    ).all()
    codes = [code, *(child.code for child in children)]
    noted = [*_noted(connection, codes), *_closed_off(connection, codes, actor)]
    numbers = _added_up(connection, codes, period)
    in_period = (change for change in noted if period.first <= change.day <= period.last)
    for moved_code, moved in _by_place(in_period).items():
        numbers[moved_code].update(moved)
    counts = {of_code: _counts(numbers[of_code]) for of_code in codes}
    return {
        "place": place,
        "period": {"first": period.first, "last": period.last},
        **counts[code],
        "open_in_all": _open_in_all(connection, code, noted),
        "children": [
            {"code": child.code, "name": child.name, "level": child.level, **counts[child.code]}
            for child in children
        ],
    }


def chain_of(connection: Connection, code: str) -> list[dict[str, Any]]:
    """Return the area and those above it, the whole tree last; empty where nothing has happened yet."""
    if code == WHOLE_TREE:
        return [{"code": WHOLE_TREE, "name": "全部", "level": "all"}]
    row = connection.execute(select(place_table).where(place_table.c.code == code)).first()
    if row is None:
        return []
    area = {"code": row.code, "name": row.name, "level": row.level}
    return [area, *chain_of(connection, row.parent_code)]


def has_notes(connection: Connection) -> bool:
    """Tell whether something is noted and not yet added up."""
    return connection.execute(select(board_change_table.c.id).limit(1)).first() is not None


def _noted(connection: Connection, codes: list[str]) -> list[BoardChange]:
    """Return what moved in these places since the sums were made."""
    rows = connection.execute(select(board_change_table))
    return _in_these(map(change_of, rows), codes)


def _closed_off(connection: Connection, codes: list[str], actor: Actor) -> list[BoardChange]:
    """Return the matters closed to others that lie in these places, as if they came just now."""
    rows = connection.execute(select(matter_table).where(matter_table.c.compartment.is_not(None)))
    known = (
        matter
        for matter in map(matter_of, rows)
        if matter.may_be_known_to(actor, Permission.BOARD_READ)
    )
    return _in_these(map(come_in, known), codes)


def _in_these(changes: Iterable[BoardChange], codes: list[str]) -> list[BoardChange]:
    asked = set(codes)
    return [
        replace(change, codes=here)
        for change in changes
        if (here := tuple(code for code in change.codes if code in asked))
    ]


def _added_up(
    connection: Connection, codes: list[str], period: Period
) -> defaultdict[str, Numbers]:
    numbers: defaultdict[str, Numbers] = defaultdict(Counter)
    for part in period.parts():
        rows = connection.execute(
            select(board.place_code, board.counts).where(
                board.place_code.in_(codes),
                board.span == part.span,
                board.first_day.between(part.first, part.last),
            )
        )
        for place_code, counts in rows:
            count_in(numbers[place_code], counts)
    return numbers


def _by_place(changes: Iterable[BoardChange]) -> defaultdict[str, Numbers]:
    moved: defaultdict[str, Numbers] = defaultdict(Counter)
    for slot, numbers in sums_of(changes).items():
        if slot.span == DAY:
            moved[slot.place_code].update(numbers)
    return moved


def _counts(numbers: Numbers) -> dict[str, Any]:
    named = {
        kind: {
            name: count for (of_kind, name), count in numbers.items() if of_kind == kind and count
        }
        for kind in (STATE, CATEGORY)
    }
    return {
        "total": sum(named[CATEGORY].values()),
        "open": _open(numbers),
        "by_state": named[STATE],
        "by_category": named[CATEGORY],
    }


def _open(numbers: Numbers) -> int:
    return sum(
        count
        for (kind, name), count in numbers.items()
        if kind == STATE and name not in CLOSED_STATES
    )


def _open_in_all(connection: Connection, code: str, noted: list[BoardChange]) -> int:
    """Return how many matters of the place are open, whenever they were reported."""
    numbers = _by_place(noted)[code]
    years = select(board.counts).where(board.place_code == code, board.span == YEAR)
    for counts in connection.scalars(years):
        count_in(numbers, counts)
    return _open(numbers)
