"""The question which uploaded files an incident still names."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from services.patrol.store.tables import named_file_table


def named_files(connection: Connection, file_ids: Sequence[str]) -> list[str]:
    """Return those of the ids that any incident names, whoever it is closed to."""
    file_id = named_file_table.c.file_id
    named = select(file_id).where(file_id.in_(set(file_ids))).distinct()
    return sorted(connection.scalars(named))
