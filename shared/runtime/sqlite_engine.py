"""SQLite as a service's database.

Statements run in place (tens of microseconds); only the commit, which waits for the disk, goes to a
native thread (decision 0006).
"""

import sqlite3
from pathlib import Path

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from shared.runtime.columns import json_text
from shared.runtime.database_errors import refuse_what_cannot_be_stored
from shared.runtime.green import is_green


class _GreenConnection(sqlite3.Connection):
    """A connection whose commit waits for the disk in a native thread."""

    def commit(self) -> None:
        if not is_green():
            super().commit()
            return
        from shared.runtime.green_threads import natively_to_the_end

        # A worker that is killed meanwhile would close the connection under the native thread, and
        # the process would crash.
        natively_to_the_end(super().commit)


def sqlite_engine(url: str) -> Engine:
    """Return the engine of an SQLite file."""
    path = Path(url.removeprefix("sqlite:///"))

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, factory=_GreenConnection
        )
        connection.execute("PRAGMA journal_mode = WAL")
        # FULL, not NORMAL: an acknowledged report outlives a power cut, not only a crash.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA busy_timeout = 5000")
        return connection

    engine = create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=5,
        max_overflow=30,
        hide_parameters=True,  # an error in the log must not quote a report
        json_serializer=json_text,
        json_deserializer=orjson.loads,
    )
    event.listen(engine, "begin", _begin)
    event.listen(engine, "handle_error", refuse_what_cannot_be_stored)
    return engine


def _begin(connection: Connection) -> None:
    # A deferred transaction that turns into a writer fails at once when another wrote meanwhile.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
