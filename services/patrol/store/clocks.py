"""The clocks of incidents in and out of their table."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python
from sqlalchemy import ColumnElement, Connection, select

from services.patrol.domain.pressing import ESCALATING, PRESSED_KINDS, URGING
from services.patrol.ports.clocks import HeldClocks
from services.patrol.store.tables import (
    NEARS,
    RUNS,
    RUNS_OUT,
    TO_ESCALATE,
    TO_URGE,
    clock_table,
    incident_table,
)
from shared.contracts.incident_clocks import IncidentClock
from shared.kernel.deadlines.deadline import Deadline
from shared.runtime.compartments import compartment_of
from shared.runtime.outbox import adapter
from shared.runtime.upsert import replacing
from shared.runtime.work import Work

# By the step that is taken: for which clocks, and by which of their times.
_TO_PRESS = {
    URGING.step: (TO_URGE, clock_table.c.warn_at),
    ESCALATING.step: (TO_ESCALATE, clock_table.c.due_at),
}


def clocks_of(
    connection: Connection, incident_ids: Sequence[str]
) -> dict[str, tuple[IncidentClock, ...]]:
    """Return the clocks of incidents by their ids, in the order in which they began."""
    found: dict[str, list[IncidentClock]] = defaultdict(list)
    rows = connection.execute(
        select(clock_table)
        .where(clock_table.c.incident_id.in_(incident_ids))
        .order_by(clock_table.c.incident_id, clock_table.c.number)
    )
    for row in rows:
        found[row.incident_id].append(clock_of_row(row))
    return {incident_id: tuple(clocks) for incident_id, clocks in found.items()}


def keep_clocks(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Write clocks over those of the same number."""
    connection.execute(replacing(connection.dialect.name, clock_table), rows)


def rows_of_clocks(incident_id: str, clocks: Iterable[IncidentClock]) -> list[dict[str, Any]]:
    """Return clocks as rows of their table."""
    return [
        {
            "incident_id": incident_id,
            "number": clock.number,
            "kind": clock.kind,
            "deadline": to_jsonable_python(clock.deadline),
            "calendar_version": clock.deadline.calendar_version,
            "due_at": clock.deadline.due_current,
            "warn_at": clock.warn_at,
            "ended_at": clock.ended_at,
            "outcome": clock.outcome,
            "near_due_told": clock.near_due_told,
            "overdue_told": clock.overdue_told,
            "urged": clock.urged,
            "escalated": clock.escalated,
        }
        for clock in clocks
    ]


def clock_of_row(row: Any) -> IncidentClock:
    """Return the clock that a row of its table holds."""
    return IncidentClock(
        number=row.number,
        kind=row.kind,
        deadline=adapter(Deadline).validate_python(row.deadline),
        warn_at=row.warn_at,
        ended_at=row.ended_at,
        outcome=row.outcome,
        near_due_told=row.near_due_told,
        overdue_told=row.overdue_told,
        urged=row.urged,
        escalated=row.escalated,
    )


class SqlClockStore:
    """Clocks in the database, through the connection the work has open."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def _connection(self) -> Connection:
        return self._work.connection

    def due(self, now: datetime, *, at_most: int) -> list[HeldClocks]:
        clock = clock_table.c
        # Asked one by one, each has an index of its own.
        late = self._ids(RUNS_OUT & (clock.due_at < now), clock.due_at, at_most)
        near = self._ids(NEARS & (clock.warn_at <= now), clock.warn_at, at_most)
        return self._held(sorted({*late, *near}))

    def to_press(self, step: str, now: datetime, *, at_most: int) -> list[str]:
        which, time = _TO_PRESS[step]
        # A limit has not run out at its own instant; one whose warning is due now is near.
        is_due = time < now if step == ESCALATING.step else time <= now
        pressed = which & is_due & clock_table.c.kind.in_(PRESSED_KINDS)
        ids = sorted(self._ids(pressed, time, at_most))
        held = (
            select(incident_table.c.id)
            .where(incident_table.c.id.in_(ids))
            .order_by(incident_table.c.id)
            .with_for_update(skip_locked=True)
        )
        return list(self._connection.scalars(held))

    def calendar_versions(self) -> list[str]:
        counted = select(clock_table.c.calendar_version).where(RUNS).distinct()
        return list(self._connection.scalars(counted))

    def counted_with(self, versions: list[str], after: str, *, at_most: int) -> list[HeldClocks]:
        clock = clock_table.c
        stale = RUNS & clock.calendar_version.in_(versions) & (clock.incident_id > after)
        return self._held(self._ids(stale, clock.incident_id, at_most))

    def keep(self, incident_id: str, clocks: list[IncidentClock]) -> None:
        if clocks:
            keep_clocks(self._connection, rows_of_clocks(incident_id, clocks))

    def _ids(
        self, which: ColumnElement[bool], first: ColumnElement[Any], at_most: int
    ) -> list[str]:
        wanted = select(clock_table.c.incident_id).where(which).order_by(first).limit(at_most)
        return list(dict.fromkeys(self._connection.scalars(wanted)))

    def _held(self, incident_ids: Sequence[str]) -> list[HeldClocks]:
        incident = incident_table.c
        rows = self._connection.execute(
            select(incident.id, incident.matter_no, incident.is_closed_off)
            .where(incident.id.in_(incident_ids))
            .order_by(incident.id)
            .with_for_update(skip_locked=True)
        ).all()
        clocks = clocks_of(self._connection, [row.id for row in rows])
        return [
            HeldClocks(
                incident_id=row.id,
                matter_no=row.matter_no,
                compartment=compartment_of(self._connection, row.id) if row.is_closed_off else None,
                clocks=clocks.get(row.id, ()),
            )
            for row in rows
        ]
