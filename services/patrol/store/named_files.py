"""Which incident names which uploaded file: the edge, which keeps files, deletes what nobody names."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, cast, delete, or_, select

from services.patrol.store.tables import incident_table, named_file_table, step_table
from shared.kernel.ids import first_id_at
from shared.runtime.upsert import adding_once

# What some steps alone say, and names files too.
FILES_IN_DETAILS = ("before",)


def name_files(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Enter who names which file; what is entered already stays."""
    connection.execute(adding_once(connection.dialect.name, named_file_table), rows)


def names_in(
    incident_id: str, files: Sequence[str], details: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the rows for all files that a report or a step of an incident names, each once."""
    beside = [file_id for name in FILES_IN_DETAILS for file_id in (details or {}).get(name, ())]
    for file_id in dict.fromkeys([*files, *beside]):
        yield {"file_id": file_id, "incident_id": incident_id}


def enter_names_since(connection: Connection, moment: datetime) -> None:
    """Enter the names of what was reported and done since then, for copies that did not do it themselves."""
    first, step = first_id_at(moment), step_table.c
    of_reports = select(incident_table.c.id, incident_table.c.files).where(
        incident_table.c.id >= first, cast(incident_table.c.files, String) != "[]"
    )
    of_steps = select(step.incident_id, step.files, step.details).where(
        step.id >= first, or_(cast(step.files, String) != "[]", step.details.is_not(None))
    )
    told = [*connection.execute(of_reports), *connection.execute(of_steps)]
    if rows := [row for each in told for row in names_in(*each)]:
        name_files(connection, rows)


def drop_names(connection: Connection, incident_ids: Sequence[str]) -> None:
    """Let some incidents name no file any more."""
    named_by_them = named_file_table.c.incident_id.in_(incident_ids)
    connection.execute(delete(named_file_table).where(named_by_them))
