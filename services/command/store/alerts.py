"""Alerts in and out of their tables, and which of them an actor may know of."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, exists, insert, select, update

from services.command.domain.alert import Alert, AlertState
from services.command.domain.warning.finding import Kind
from services.command.store.read_models import matter_of
from services.command.store.tables import (
    alert_area_table,
    alert_matter_table,
    alert_table,
    matter_table,
)
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.compartment import admits
from shared.kernel.rights import Permission
from shared.runtime.work import Work

alert = alert_table.c


class SqlAlertStore:
    """Alerts in the database, through the connection the work has open."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def _connection(self) -> Connection:
        return self._work.connection

    def seen_since(self, moment: datetime) -> list[Alert]:
        rows = self._connection.execute(
            select(alert_table).where(alert.seen_at > moment).order_by(alert.alert_id)
        ).all()
        evidence = evidence_of(self._connection, [row.alert_id for row in rows])
        return [alert_of(row, evidence[row.alert_id]) for row in rows]

    def add(self, raised: Alert) -> None:
        self._connection.execute(insert(alert_table), _row_of(raised))
        self._enter(raised)

    def replace(self, after: Alert) -> None:
        row = _row_of(after)
        self._connection.execute(
            update(alert_table).where(alert.alert_id == after.alert_id).values(row)
        )
        for table in (alert_area_table, alert_matter_table):
            self._connection.execute(delete(table).where(table.c.alert_id == after.alert_id))
        self._enter(after)

    def held(self, alert_id: str, actor: Actor) -> Alert | None:
        wanted = select(alert_table).where(
            alert.alert_id == alert_id,
            *known_to(self._connection, actor, Permission.ALERT_DECIDE),
        )
        row = self._connection.execute(wanted.with_for_update()).first()
        if row is None:
            return None
        return alert_of(row, evidence_of(self._connection, [alert_id])[alert_id])

    def _enter(self, entered: Alert) -> None:
        areas = [{"alert_id": entered.alert_id, "code": code} for code in entered.areas]
        matters = [{"alert_id": entered.alert_id, "matter_no": no} for no in entered.matter_nos]
        for table, rows in ((alert_area_table, areas), (alert_matter_table, matters)):
            if rows:
                self._connection.execute(insert(table), rows)


def known_to(
    connection: Connection, actor: Actor, permission: Permission
) -> list[ColumnElement[bool]]:
    """Return the conditions on alerts that the actor reaches all of, and may know all evidence of.

    An alert with a matter that is closed to him does not exist for him: with the rest of it he could
    count what is missing.
    """
    conditions = []
    places = actor.places(permission)
    if WHOLE_TREE not in places:
        conditions.append(lies_under(list(places)))
    closed = matters_closed_to(connection, actor)
    if closed:
        of_it = alert_matter_table.c.alert_id == alert.alert_id
        conditions.append(~exists().where(of_it, alert_matter_table.c.matter_no.in_(closed)))
    return conditions


def lies_under(codes: list[str]) -> ColumnElement[bool]:
    """Return the condition on alerts that all of one lies under one of the areas."""
    of_it = alert_area_table.c.alert_id == alert.alert_id
    return exists().where(of_it, alert_area_table.c.code.in_(codes))


def matters_closed_to(connection: Connection, actor: Actor) -> list[str]:
    """Return the numbers of the matters that are closed to the actor; there are few such."""
    rows = connection.execute(select(matter_table).where(matter_table.c.compartment.is_not(None)))
    return [
        matter.matter_no for matter in map(matter_of, rows) if not admits(matter.compartment, actor)
    ]


def evidence_of(connection: Connection, alert_ids: list[str]) -> dict[str, list[str]]:
    """Return the numbers of the matters that each alert shows, in their order."""
    found: dict[str, list[str]] = {alert_id: [] for alert_id in alert_ids}
    rows = connection.execute(
        select(alert_matter_table)
        .where(alert_matter_table.c.alert_id.in_(alert_ids))
        .order_by(alert_matter_table.c.matter_no)
    )
    for row in rows:
        found[row.alert_id].append(row.matter_no)
    return found


def alert_of(row: Any, matter_nos: list[str]) -> Alert:
    """Return the alert that a row of its table holds, with its evidence."""
    fields = dict(row._mapping)
    fields |= {name: tuple(fields[name]) for name in ("areas", "cells")}
    fields |= {"kind": Kind(row.kind), "state": AlertState(row.state)}
    return Alert(**fields, matter_nos=tuple(matter_nos))


def _row_of(entered: Alert) -> dict[str, Any]:
    return {column.name: getattr(entered, column.name) for column in alert_table.columns}
