"""Rosters as a desk sees them: who is there for each cell, which lack somebody and from when, who is away."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from services.patrol.domain.roster import GAP_KINDS, Absences, gaps, present
from services.patrol.domain.round_refusals import wrong
from services.patrol.queries.round_selection import in_reach, page_of, under
from services.patrol.store.absences import absences_between
from services.patrol.store.round_tables import absence_table
from shared.contracts.grid import AssignedCell
from shared.contracts.rosters import RosterQuestion
from shared.kernel.actor import Actor
from shared.kernel.clock import CHINA
from shared.kernel.errors import Invalid
from shared.kernel.instants import instant_of
from shared.kernel.rights import Permission
from shared.runtime.cursor import after_id, cursor_of, page_size

absence = absence_table.c
LOOKED_AHEAD = timedelta(days=30)
LONGEST = timedelta(days=366)
# Of what was walked: each round of it is looked at.
LONGEST_BACK = timedelta(days=93)


def span_of(asked: RosterQuestion, now: datetime, usual: timedelta) -> tuple[datetime, datetime]:
    """Return the time that is asked for, by default from now on; raises `Invalid`."""
    since = now if asked.since is None else instant_of(asked.since, "since")
    until = _later(since, usual) if asked.until is None else instant_of(asked.until, "until")
    return _checked(since, until, LONGEST)


def span_before(
    asked: RosterQuestion, now: datetime, usual: timedelta
) -> tuple[datetime, datetime]:
    """Return the time that is asked for, by default until now; raises `Invalid`."""
    until = now if asked.until is None else instant_of(asked.until, "until")
    since = _later(until, -usual) if asked.since is None else instant_of(asked.since, "since")
    return _checked(since, until, LONGEST_BACK)


def _later(moment: datetime, distance: timedelta) -> datetime:
    try:
        return moment + distance
    except OverflowError:
        raise _wrong_span(LONGEST) from None


def _checked(since: datetime, until: datetime, longest: timedelta) -> tuple[datetime, datetime]:
    if not (since < until and until - since <= longest):
        raise _wrong_span(longest)
    return since, until


def _wrong_span(longest: timedelta) -> Invalid:
    return wrong(
        "until",
        "wrong_span",
        f"结束须晚于开始，且跨度至多 {longest.days} 天",
        f"the span must end after it begins, and within {longest.days} days",
    )


def rosters(
    connection: Connection, cells: Sequence[AssignedCell], asked: RosterQuestion, at: datetime
) -> dict[str, Any]:
    """Return a page of cells with who is there at a moment, by their codes."""
    away = Absences(absences_between(connection, at, at + timedelta(microseconds=1)))
    page = page_of(
        [{"cell": cell.code, "name": cell.name, "of": cell} for cell in _by_code(cells)],
        lambda item: str(item["cell"]),
        asked.limit,
        asked.cursor,
    )
    for item in page["items"]:
        item["officers"] = [
            {
                "account": each.account,
                "is_leader": each.is_leader,
                "instead_of": each.instead_of,
            }
            for each in present(item.pop("of").officers, away, at)
        ]
    return page | {"at": at}


def roster_gaps(
    connection: Connection,
    cells: Sequence[AssignedCell],
    asked: RosterQuestion,
    span: tuple[datetime, datetime],
    now: datetime,
) -> dict[str, Any]:
    """Return a page of the gaps within a span, the first first, and how many cells lack somebody now."""
    away = Absences(absences_between(connection, *span))
    found = [
        {
            "cell": cell.code,
            "name": cell.name,
            "community": cell.community,
            "kind": gap.kind,
            "zh": GAP_KINDS[gap.kind][0],
            "en": GAP_KINDS[gap.kind][1],
            "from": gap.begins.astimezone(CHINA),
            "to": gap.ends.astimezone(CHINA),
            # Whether it goes on beyond what was looked at.
            "open_ended": gap.ends == span[1],
            "now": gap.begins <= now < gap.ends,
        }
        for cell in cells
        for gap in gaps(cell.officers, away, *span)
    ]
    found.sort(key=_gap_key)
    page = page_of(found, _gap_key, asked.limit, asked.cursor)
    without = {item["cell"] for item in found if item["now"]}
    return page | {"cells": len(cells), "cells_without_now": len(without), "gaps": len(found)}


def _gap_key(gap: dict[str, Any]) -> str:
    return f"{gap['from'].isoformat()} {gap['cell']} {gap['kind']}"


def _by_code(cells: Sequence[AssignedCell]) -> list[AssignedCell]:
    return sorted(cells, key=lambda cell: cell.code)


def find_absences(
    connection: Connection, asked: RosterQuestion, actor: Actor, span: tuple[datetime, datetime]
) -> dict[str, Any]:
    """Return a page of the absences of a time under the actor's places, the newest first."""
    size = page_size(asked.limit)
    wanted = select(absence_table).where(
        in_reach(absence, actor, Permission.PATROL_READ),
        absence.absent_from < span[1],
        absence.absent_to > span[0],
        *after_id(absence.id, asked.cursor),
    )
    if asked.place is not None:
        wanted = wanted.where(under(absence, asked.place))
    rows = connection.execute(wanted.order_by(absence.id.desc()).limit(size + 1)).all()
    more = len(rows) > size
    return {
        "items": [_shown(row) for row in rows[:size]],
        "next_cursor": cursor_of(rows[size - 1].id) if more else None,
    }


def find_absence(connection: Connection, absence_id: str) -> dict[str, Any]:
    """Return an absence that is there."""
    return _shown(connection.execute(select(absence_table).where(absence.id == absence_id)).one())


def _shown(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "officer": row.account,
        "replaced_by": row.replaced_by,
        "absent_from": row.absent_from,
        "absent_to": row.absent_to,
        "cells": row.cells,
        "recorded_at": row.recorded_at,
        "recorded_by": row.recorded_by,
        "withdrawn_at": row.withdrawn_at,
        "withdrawn_by": row.withdrawn_by,
    }
