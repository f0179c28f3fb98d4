"""Questions to the read models; each answers only what the actor reaches."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select

from services.command.domain.period import Period
from services.command.store.read_models import (
    board_table,
    dossier_table,
    matter_of,
    matter_table,
    place_table,
    stream_table,
)
from shared.kernel.actor import WHOLE_TREE, Actor

CLOSED_STATES = ("cancelled", "closed", "evaluated")
board = board_table.c


def board_of(connection: Connection, place: dict[str, Any], period: Period) -> dict[str, Any]:
    """Return the counts of a place and of each area under it, by state and by category."""
    place_code = place["code"]
    children = connection.execute(
        select(place_table)
        .where(place_table.c.parent_code == place_code)
        .order_by(place_table.c.code)
    ).all()
    counts = _counts(connection, [place_code, *(child.code for child in children)], period)
    return {
        "place": place,
        "period": {"first": period.first, "last": period.last},
        **counts[place_code],
        "open_in_all": _open_in_all(connection, place_code),
        "children": [
            {"code": child.code, "name": child.name, "level": child.level, **counts[child.code]}
            for child in children
        ],
    }


def dossier(connection: Connection, matter_no: str, actor: Actor) -> dict[str, Any] | None:
    """Return the whole story of a matter, or None when the actor may not know of it."""
    row = connection.execute(
        select(matter_table).where(matter_table.c.matter_no == matter_no)
    ).first()
    if row is None or not actor.reaches(matter_of(row).counted_under):
        return None
    entries = connection.execute(
        select(dossier_table)
        .where(dossier_table.c.matter_no == matter_no)
        .order_by(dossier_table.c.at, dossier_table.c.sequence)
    )
    return {
        **dict(row._mapping),
        "entries": [
            {"event_type": entry.event_type, "sequence": entry.sequence, **entry.said}
            for entry in entries
        ],
    }


def stream_since(
    connection: Connection, *, after: int, place: str | None, topics: list[str], limit: int
) -> dict[str, Any]:
    """Return the lines of the live stream after number *after*, and the number of the last."""
    last = connection.scalar(select(func.max(stream_table.c.id))) or 0
    wanted = select(stream_table).where(stream_table.c.id > after).order_by(stream_table.c.id)
    if topics:
        wanted = wanted.where(stream_table.c.topic.in_(topics))
    rows = connection.execute(wanted.limit(limit))
    entries = [
        {"id": row.id, "topic": row.topic, "place_codes": row.codes, "data": row.said}
        for row in rows
        if place is None or place in row.codes
    ]
    return {"entries": entries, "last": last}


def trim_stream(connection: Connection, before: datetime) -> None:
    """Delete lines too old for any client to resume from."""
    connection.execute(delete(stream_table).where(stream_table.c.at < before))


def chain_of(connection: Connection, code: str) -> list[dict[str, Any]]:
    """Return the area and those above it, the whole tree last; empty where nothing has happened yet."""
    if code == WHOLE_TREE:
        return [{"code": WHOLE_TREE, "name": "全部", "level": "all"}]
    row = connection.execute(select(place_table).where(place_table.c.code == code)).first()
    if row is None:
        return []
    area = {"code": row.code, "name": row.name, "level": row.level}
    return [area, *chain_of(connection, row.parent_code)]


def _counts(connection: Connection, codes: list[str], period: Period) -> dict[str, dict[str, Any]]:
    rows = connection.execute(
        select(board.place_code, board.state, board.category, func.sum(board.matters))
        .where(
            board.place_code.in_(codes),
            board.day.between(period.first, period.last),
            board.matters != 0,
        )
        .group_by(board.place_code, board.state, board.category)
    )
    counts: dict[str, dict[str, Any]] = {code: _nothing() for code in codes}
    for code, state, category, matters in rows:
        here = counts[code]
        here["by_state"][state] += matters
        here["by_category"][category] += matters
        here["total"] += matters
        here["open"] += 0 if state in CLOSED_STATES else matters
    return counts


def _nothing() -> dict[str, Any]:
    return {"total": 0, "open": 0, "by_state": defaultdict(int), "by_category": defaultdict(int)}


def _open_in_all(connection: Connection, code: str) -> int:
    """Return how many matters of the place are open, whenever they were reported."""
    still_open = select(func.sum(board.matters)).where(
        board.place_code == code, board.state.not_in(CLOSED_STATES)
    )
    return int(connection.scalar(still_open) or 0)
