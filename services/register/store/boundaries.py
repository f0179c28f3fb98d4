"""Which boundary is in force, as the register heard of it."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from services.register.store.tables import boundary_table
from shared.runtime.upsert import adding_once

_ONLY = 1


def follow(connection: Connection, version: int, activated_at: datetime) -> None:
    """Keep the version that was activated last, in whatever order it is told."""
    table = boundary_table.c
    row = {"id": _ONLY, "version": version, "activated_at": activated_at}
    added = connection.execute(adding_once(connection.dialect.name, boundary_table), row)
    if not added.rowcount:
        connection.execute(
            update(boundary_table)
            .where(table.id == _ONLY, table.activated_at < activated_at)
            .values(version=version, activated_at=activated_at)
        )


def in_force(connection: Connection) -> int | None:
    """Return the version in force, None where none was told of yet."""
    version: int | None = connection.scalar(select(boundary_table.c.version))
    return version
