"""The board of a place: the sums of its numbers, and what is noted and not yet added up."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, func, select

from services.command.domain.board import CATEGORY, DAY, STATE, YEAR, BoardChange, sums_of
from services.command.domain.period import Part, Period
from services.command.store.boards import change_of
from services.command.store.tables import board_change_table, board_table, place_table
from shared.kernel.actor import WHOLE_TREE

CLOSED_STATES = ("cancelled", "closed", "evaluated")
board = board_table.c
Numbers = Counter[tuple[str, str, str]]


def board_of(connection: Connection, place: dict[str, Any], period: Period) -> dict[str, Any]:
    """Return the counts of a place and of each area under it, by state and by category."""
    code = place["code"]
    children = connection.execute(
        select(place_table).where(place_table.c.parent_code == code).order_by(place_table.c.code)
    ).all()
    codes = [code, *(child.code for child in children)]
    noted = _noted(connection, codes)
    numbers = _added_up(connection, codes, period)
    numbers.update(
        _by_place(change for change in noted if period.first <= change.day <= period.last)
    )
    counts = _counts(codes, numbers)
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
    asked = set(codes)
    changes = (change_of(row) for row in connection.execute(select(board_change_table)))
    return [
        replace(change, codes=here)
        for change in changes
        if (here := tuple(code for code in change.codes if code in asked))
    ]


def _added_up(connection: Connection, codes: list[str], period: Period) -> Numbers:
    numbers: Numbers = Counter()
    for part in period.parts():
        rows = connection.execute(_sums(codes, part))
        numbers.update({(row.place_code, row.kind, row.name): row.total for row in rows})
    return numbers


def _sums(codes: list[str], part: Part) -> Any:
    key = (board.place_code, board.kind, board.name)
    return (
        select(*key, func.sum(board.matters).label("total"))
        .where(
            board.place_code.in_(codes),
            board.span == part.span,
            board.first_day.between(part.first, part.last),
        )
        .group_by(*key)
    )


def _by_place(changes: Iterable[BoardChange]) -> Numbers:
    moved: Numbers = Counter()
    for key, by in sums_of(changes).items():
        if key.span == DAY:
            moved[key.place_code, key.kind, key.name] += by
    return moved


def _counts(codes: list[str], numbers: Numbers) -> dict[str, dict[str, Any]]:
    counts: dict[str, dict[str, Any]] = {code: _nothing() for code in codes}
    for (code, kind, name), matters in numbers.items():
        if matters == 0:
            continue
        here = counts[code]
        if kind == CATEGORY:
            here["by_category"][name] += matters
            here["total"] += matters
        else:
            here["by_state"][name] += matters
            here["open"] += 0 if name in CLOSED_STATES else matters
    return counts


def _nothing() -> dict[str, Any]:
    return {"total": 0, "open": 0, "by_state": defaultdict(int), "by_category": defaultdict(int)}


def _open_in_all(connection: Connection, code: str, noted: list[BoardChange]) -> int:
    """Return how many matters of the place are open, whenever they were reported."""
    still_open = select(func.sum(board.matters)).where(
        board.place_code == code,
        board.span == YEAR,
        board.kind == STATE,
        board.name.not_in(CLOSED_STATES),
    )
    moved = sum(
        by
        for (place_code, kind, name), by in _by_place(noted).items()
        if place_code == code and kind == STATE and name not in CLOSED_STATES
    )
    return int(connection.scalar(still_open) or 0) + moved
