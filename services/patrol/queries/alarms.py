"""Alarms as lists show them."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from services.patrol.domain.watch import ALARM_KINDS
from services.patrol.queries.round_selection import in_reach, under
from services.patrol.store.round_tables import alarm_table
from shared.contracts.patrol_rounds import AlarmFilter
from shared.kernel.actor import Actor
from shared.kernel.personal_data import plain
from shared.kernel.place import AREA_LEVELS
from shared.kernel.rights import Permission
from shared.runtime.cursor import after_id, cursor_of, page_size

alarm = alarm_table.c


def find_alarms(
    connection: Connection, where: AlarmFilter, actor: Actor, *, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Return a page of the alarms under the actor's places, newest first."""
    size = page_size(limit)
    conditions: list[ColumnElement[bool]] = [in_reach(alarm, actor, Permission.PATROL_READ)]
    if where.place is not None:
        conditions.append(under(alarm, where.place))
    if where.open_only:
        conditions.append(alarm.acknowledged_at.is_(None))
    rows = connection.execute(
        select(alarm_table)
        .where(*conditions, *after_id(alarm.id, cursor))
        .order_by(alarm.id.desc())
        .limit(size + 1)
    ).all()
    more = len(rows) > size
    return {
        "items": [_shown(row) for row in rows[:size]],
        "next_cursor": cursor_of(rows[size - 1].id) if more else None,
    }


def find_alarm(connection: Connection, alarm_id: str) -> dict[str, Any]:
    """Return an alarm that is there."""
    return _shown(connection.execute(select(alarm_table).where(alarm.id == alarm_id)).one())


def _shown(row: Any) -> dict[str, Any]:
    zh, en = ALARM_KINDS[row.kind]
    return {
        "id": row.id,
        "round": row.round_id,
        "officer": row.account,
        "kind": row.kind,
        "zh": zh,
        "en": en,
        "since": row.since,
        **{level: getattr(row, f"{level}_code") for level in AREA_LEVELS},
        "raised_at": row.raised_at,
        "heard_again_at": row.heard_again_at,
        "acknowledged_at": row.acknowledged_at,
        "acknowledged_by": row.acknowledged_by,
        "note": None if row.note is None else plain(row.note),
    }
