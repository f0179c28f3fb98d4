"""Alerts as the actor may know of them: a page, one, and how often they were right."""

from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from services.command.domain.alert import AlertState
from services.command.domain.warning.finding import Kind
from services.command.store.alerts import evidence_of, known_to, lies_under
from services.command.store.tables import alert_table
from shared.contracts.command import AlertFilter
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.personal_data import plain
from shared.kernel.rights import Permission
from shared.runtime.cursor import cursor_of, keys_of, page_size

alert = alert_table.c


def alerts(
    connection: Connection, where: AlertFilter, actor: Actor, *, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Return a page of alerts, newest first."""
    size = page_size(limit)
    wanted = select(alert_table).where(
        *known_to(connection, actor, Permission.ALERT_READ), *_conditions(where)
    )
    if cursor is not None:
        [reached] = keys_of(cursor, 1)
        wanted = wanted.where(alert.alert_id < str(reached))
    rows = connection.execute(wanted.order_by(alert.alert_id.desc()).limit(size + 1)).all()
    shown = rows[:size]
    evidence = evidence_of(connection, [row.alert_id for row in shown])
    return {
        "items": [shown_alert(row, evidence[row.alert_id]) for row in shown],
        "next_cursor": cursor_of(shown[-1].alert_id) if len(rows) > size else None,
    }


def alert_by_id(connection: Connection, alert_id: str, actor: Actor) -> dict[str, Any] | None:
    """Return one alert, or None when the actor may not know of it."""
    known = known_to(connection, actor, Permission.ALERT_READ)
    row = connection.execute(select(alert_table).where(alert.alert_id == alert_id, *known)).first()
    if row is None:
        return None
    return shown_alert(row, evidence_of(connection, [alert_id])[alert_id])


def precision(connection: Connection, where: AlertFilter, actor: Actor) -> list[dict[str, Any]]:
    """Return for each kind how many alerts were confirmed of those decided on; null where none was."""
    rows = connection.execute(
        select(alert.kind, alert.state, func.count().label("alerts"))
        .where(*known_to(connection, actor, Permission.ALERT_READ), *_conditions(where))
        .group_by(alert.kind, alert.state)
    )
    counted: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        counted[row.kind][row.state] = row.alerts
    return [{"kind": kind} | _precision(counted[kind]) for kind in Kind]


def _precision(counted: dict[str, int]) -> dict[str, Any]:
    counts: dict[str, Any] = {str(state): counted.get(state, 0) for state in AlertState}
    decided = counts[AlertState.CONFIRMED] + counts[AlertState.DISMISSED]
    return counts | {"precision": counts[AlertState.CONFIRMED] / decided if decided else None}


def _conditions(where: AlertFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if where.place is not None and where.place != WHOLE_TREE:
        conditions.append(lies_under([where.place]))
    for column, wanted in ((alert.kind, where.kind), (alert.state, where.state)):
        if wanted:
            conditions.append(column.in_(wanted))
    for column, only in ((alert.category, where.category), (alert.owner_place, where.owner)):
        if only is not None:
            conditions.append(column == only)
    if where.raised_from is not None:
        conditions.append(alert.raised_at >= where.raised_from)
    if where.raised_to is not None:
        conditions.append(alert.raised_at < where.raised_to)
    return conditions


def shown_alert(row: Any, matter_nos: list[str]) -> dict[str, Any]:
    """Return an alert as answers show it."""
    return {
        "id": row.alert_id,
        "kind": row.kind,
        "category": row.category,
        "state": row.state,
        "areas": row.areas,
        "owner": {"place": row.owner_place, "account": row.owner_account},
        "evidence": {
            "cells": row.cells,
            "matter_nos": matter_nos,
            "figures": row.figures,
            "since": row.since,
            "until": row.until,
        },
        "note": plain(row.note),
        "raised_at": row.raised_at,
        "seen_at": row.seen_at,
        "decided_at": row.decided_at,
        "decided_by": row.decided_by,
    }
