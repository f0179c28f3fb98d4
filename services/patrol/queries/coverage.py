"""How rounds covered the cells of a place in a period, and which they left out."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from services.patrol.domain.track import FEW
from services.patrol.queries.round_selection import page_of
from services.patrol.store.round_tables import check_in_table, round_table, visit_table
from shared.contracts.grid import AssignedCell
from shared.contracts.rosters import RosterQuestion

kept, visit, check_in = round_table.c, visit_table.c, check_in_table.c
Span = tuple[datetime, datetime]


def coverage(
    connection: Connection, cells: Sequence[AssignedCell], asked: RosterQuestion, span: Span
) -> dict[str, Any]:
    """Return a page of cells with the rounds that were in them, those least visited first, and the sums of all.

    A round was in a cell where some believed points of its track lie there, or a check-in at a point there
    counted. Of required points those of rounds that ended in the period are counted.
    """
    rounds, last = _visits(connection, span)
    required, reached = _points(connection, span)
    items: list[dict[str, Any]] = [
        {
            "cell": cell.code,
            "name": cell.name,
            "community": cell.community,
            "rounds": len(rounds.get(cell.code, ())),
            "last_visited_at": last.get(cell.code),
            "points_required": required[cell.code],
            "points_reached": reached[cell.code],
        }
        for cell in cells
    ]
    items.sort(key=_key)
    visited = sum(bool(item["rounds"]) for item in items)
    due, met = (sum(item[name] for item in items) for name in ("points_required", "points_reached"))
    return page_of(items, _key, asked.limit, asked.cursor) | {
        "from": span[0],
        "to": span[1],
        "cells": len(items),
        "cells_visited": visited,
        "cells_share": visited / len(items) if items else None,
        "points_required": due,
        "points_reached": met,
        "points_share": met / due if due else None,
    }


def _key(item: dict[str, Any]) -> str:
    return f"{item['rounds']:09} {item['cell']}"


def _visits(connection: Connection, span: Span) -> tuple[dict[str, set[str]], dict[str, datetime]]:
    """Return by cell which rounds were there, and when one was last."""
    rounds: dict[str, set[str]] = {}
    last: dict[str, datetime] = {}
    by_track = select(visit.cell, visit.round_id, visit.last_at.label("at")).where(
        visit.last_at >= span[0], visit.first_at < span[1], visit.points >= FEW
    )
    by_check_in = select(check_in.cell, check_in.round_id, check_in.at).where(
        *_within(check_in.at, span), check_in.is_valid, check_in.cell.is_not(None)
    )
    for wanted in (by_track, by_check_in):
        for row in connection.execute(wanted):
            rounds.setdefault(row.cell, set()).add(row.round_id)
            last[row.cell] = max(row.at, last.get(row.cell, row.at))
    return rounds, last


def _points(connection: Connection, span: Span) -> tuple[Counter[str], Counter[str]]:
    """Return by cell how many points of rounds that ended were required, and how many reached."""
    ended = _within(kept.finished_at, span)
    required = Counter(
        cell
        for row in connection.execute(select(kept.stop_cells).where(*ended, kept.points > 0))
        for cell in row.stop_cells
        if cell is not None
    )
    reached = Counter(
        row.cell
        for row in connection.execute(
            select(check_in.round_id, check_in.point, check_in.cell)
            .join(round_table, kept.id == check_in.round_id)
            .where(*ended, check_in.is_valid, check_in.point.is_not(None))
            .distinct()
        )
        if row.cell is not None
    )
    return required, reached


def _within(column: ColumnElement[datetime], span: Span) -> list[ColumnElement[bool]]:
    return [column >= span[0], column < span[1]]
