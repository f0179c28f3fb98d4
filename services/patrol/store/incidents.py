"""Incidents in and out of their tables, with their history."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from pydantic_core import to_jsonable_python
from sqlalchemy import Connection, bindparam, insert, select, update

from services.patrol.domain.incident import Incident
from services.patrol.domain.links import Links
from services.patrol.ports.incidents import AnonymisedIncident
from services.patrol.store.catalogue import catalogue_of
from services.patrol.store.clocks import clocks_of, keep_clocks, rows_of_clocks
from services.patrol.store.forgetting import anonymise
from services.patrol.store.links import keep_links, links_of
from services.patrol.store.named_files import name_files, names_in
from services.patrol.store.rows import incident_of, row_of
from services.patrol.store.serials import serials_of
from services.patrol.store.tables import incident_table, step_table
from shared.kernel.ids import new_id
from shared.runtime.compartments import compartment_of, entries_of, set_compartment
from shared.runtime.tables import compartment_entry
from shared.runtime.work import Work

_ADD = insert(incident_table)
_HOLD = select(incident_table).where(incident_table.c.id == bindparam("asked")).with_for_update()
# Where and when it was reported never changes.
_STEP_CHANGES = (
    "state",
    "is_open",
    "level",
    "unit",
    "handler",
    "rework_count",
    "return_count",
    "workers",
    "reopen_count",
    "arbitrated_level",
    "duplicate_of",
    "joint",
    "supervisions",
    "asked_delay",
    "satisfaction",
    "score",
    "set_aside",
    "conversion",
    "updated_at",
    "is_closed_off",
    "routing",
)
_REPLACE = (
    update(incident_table)
    .where(incident_table.c.id == bindparam("asked"))
    .values({name: bindparam(name) for name in _STEP_CHANGES} | {"anonymised_at": None})
)
_ADD_STEP = insert(step_table)


def _add_incidents(connection: Connection, rows: list[dict[str, Any]]) -> None:
    connection.execute(_ADD, rows)


def _add_entries(connection: Connection, rows: list[dict[str, Any]]) -> None:
    connection.execute(insert(compartment_entry), rows)


def _add_steps(connection: Connection, rows: list[dict[str, Any]]) -> None:
    connection.execute(_ADD_STEP, rows)


class SqlIncidentStore:
    """Incidents in the database, through the connection the work has open."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def _connection(self) -> Connection:
        return self._work.connection

    def next_serial(self, day: date) -> int:
        return serials_of(self._work.database).next(day, self._work)

    def category_version(self, code: str) -> int | None:
        return catalogue_of(self._work.database).version_of(code)

    def add(self, incident: Incident) -> None:
        self._work.write(_add_incidents, row_of(incident))
        for row in rows_of_clocks(incident.incident_id, incident.clocks):
            self._work.write(keep_clocks, row)
        for entry in entries_of(incident.incident_id, incident.compartment):
            self._work.write(_add_entries, entry)
        for named in names_in(incident.incident_id, incident.files):
            self._work.write(name_files, named)

    def find(self, incident_id: str) -> Incident | None:
        row = self._connection.execute(_HOLD, {"asked": incident_id}).first()
        if row is None:
            return None
        closed = compartment_of(self._connection, incident_id) if row.is_closed_off else None
        clocks = clocks_of(self._connection, [incident_id]).get(incident_id, ())
        return replace(incident_of(row, closed), clocks=clocks)

    def hold(self, incident_ids: list[str]) -> None:
        for incident_id in incident_ids:
            self._connection.execute(_HOLD, {"asked": incident_id})

    def links_of(self, incident_id: str) -> Links:
        return links_of(self._connection, incident_id)

    def keep_links(self, incident: Incident) -> None:
        keep_links(self._connection, incident)

    def close_off(self, incident: Incident) -> None:
        """Keep whom the incident is closed to now."""
        self.replace(incident)
        set_compartment(self._connection, incident.incident_id, incident.compartment)

    def replace(self, incident: Incident) -> None:
        row = row_of(incident)
        changed = {name: row[name] for name in _STEP_CHANGES}
        self._connection.execute(_REPLACE, changed | {"asked": incident.incident_id})
        if rows := rows_of_clocks(incident.incident_id, incident.clocks):
            keep_clocks(self._connection, rows)

    def add_step(
        self,
        *,
        incident: Incident,
        step: str,
        from_state: str,
        at: datetime,
        by: str,
        note: str,
        unit: str | None,
        files: tuple[str, ...],
        details: dict[str, Any],
    ) -> None:
        self._work.write(
            _add_steps,
            {
                "id": new_id(),
                "incident_id": incident.incident_id,
                "step": step,
                "from_state": from_state,
                "to_state": incident.state,
                "at": at,
                "by": by,
                "note": note,
                "unit": unit,
                "files": list(files),
                "details": to_jsonable_python(details) or None,
            },
        )
        for named in names_in(incident.incident_id, files, details):
            self._work.write(name_files, named)

    def anonymise(
        self, ended_before: datetime, *, at: datetime, at_most: int
    ) -> list[AnonymisedIncident]:
        return anonymise(self._connection, ended_before, at=at, at_most=at_most)
