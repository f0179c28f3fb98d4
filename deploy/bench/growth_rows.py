"""The rows that a story leaves in patrol's and command's tables, as PostgreSQL's COPY reads them."""

import io
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Column, Table

from deploy.bench.growth_story import Course, Step
from deploy.demo.incident_kinds import KINDS
from services.command.domain.matter import Matter
from services.command.domain.search_entry import entry_of
from services.command.store import tables as command
from services.command.store.blind_words import BlindWords
from services.command.store.gin_search import vector_of
from services.command.store.read_models import row_of
from services.patrol.domain.incident import Incident
from services.patrol.store.rows import row_of as incident_row
from services.patrol.store.tables import incident_table, step_table
from shared.contracts.incident_steps import INCIDENT_STEPS
from shared.contracts.patrol import IncidentReported
from shared.kernel.ids import new_id
from shared.kernel.personal_data import plain
from shared.runtime.sealed_columns import SealedColumn, SealedJson
from shared.runtime.sealing import Sealer

TABLES: dict[str, tuple[Table, ...]] = {
    "patrol": (incident_table, step_table),
    "command": (command.matter_table, command.dossier_table, command.search_table),
}


class Copied:
    """Lines for COPY by service and table."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self.blind = BlindWords(sealer)
        self.lines = {
            (service, table.name): io.StringIO()
            for service, tables in TABLES.items()
            for table in tables
        }

    def add(self, service: str, table: Table, row: Mapping[str, Any]) -> None:
        written = (_written(self._kept(column, row[column.name])) for column in table.columns)
        self.lines[service, table.name].write("\t".join(written) + "\n")

    def sealed(self, text: str, at: str) -> str:
        """Return a value as COPY reads it."""
        return _written(self._sealer.seal(text.encode(), at))

    def _kept(self, column: Column[Any], value: Any) -> Any:
        if value is None or not isinstance(column.type, SealedColumn):
            return value
        is_json = isinstance(column.type, SealedJson)
        text = orjson.dumps(value) if is_json else plain(value).encode()
        return self._sealer.seal(text, column.type.at)


def rows_of(courses: Iterable[Course], sealer: Sealer) -> Copied:
    """Return the rows that these incidents leave; the boards are counted in the database."""
    copied = Copied(sealer)
    for course in courses:
        matter = _matter_of(course.incident)
        copied.add("patrol", incident_table, incident_row(course.incident))
        copied.add("command", command.matter_table, row_of(matter))
        entry = entry_of(matter, course.opened.description)
        copied.add(
            "command",
            command.search_table,
            {
                "subject_id": entry.subject_id,
                "matter_no": entry.matter_no,
                "words": vector_of(entry, copied.blind),
            },
        )
        _add_report(copied, course.opened)
        for sequence, step in enumerate(course.steps, start=2):
            _add_step(copied, course.incident, step, sequence)
    return copied


def _matter_of(incident: Incident) -> Matter:
    same = (
        *("matter_no", "level", "category", "severity", "source", "title", "lon", "lat", "place"),
        *("unit", "reported_at", "updated_at"),
    )
    return Matter(
        subject="incident",
        subject_id=incident.incident_id,
        state=incident.state.value,
        **{name: getattr(incident, name) for name in same},
    )


def _add_report(copied: Copied, opened: Incident) -> None:
    said = {"by": opened.reported_by, "from_state": None, "state": "reported", "unit": None}
    row = {
        "event_id": new_id(opened.reported_at),
        "matter_no": opened.matter_no,
        "event_type": IncidentReported.event_type,
        "sequence": 1,
        "at": opened.reported_at,
        "said": {"at": opened.reported_at, **said, "note": opened.description, "files": []},
    }
    copied.add("command", command.dossier_table, row)


def _add_step(copied: Copied, incident: Incident, step: Step, sequence: int) -> None:
    """Write a step's lines directly: most rows are steps, and nothing in them needs escaping."""
    step_id, at = new_id(step.at), step.at.isoformat()
    note = KINDS[incident.category].result
    unit, said_unit = (incident.unit, f'"{incident.unit}"') if incident.unit else ("\\N", "null")
    said = (
        f'{{"at":"{at}","by":"desk","from_state":"{step.from_state}","state":"{step.to_state}",'
        f'"unit":{said_unit},"note":"{note}","files":[]}}'
    )
    copied.lines["command", "dossier_entry"].write(
        f"{step_id}\t{incident.matter_no}\t{INCIDENT_STEPS[step.name].event_type}\t{sequence}\t{at}"
        f"\t{copied.sealed(said, 'dossier_entry.said')}\n"
    )
    copied.lines["patrol", "incident_step"].write(
        f"{step_id}\t{incident.incident_id}\t{step.name}\t{step.from_state}\t{step.to_state}\t{at}"
        f"\tdesk\t{copied.sealed(note, 'incident_step.note')}\t{unit}\t[]\t\\N\n"
    )


_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _written(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return f"\\\\x{value.hex()}"
    if isinstance(value, str):
        return value.translate(_ESCAPES) if _SPECIAL.search(value) else value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode().translate(_ESCAPES)
    return str(value)
