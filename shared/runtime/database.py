"""A service's database: one engine, one writer at a time on SQLite, one transaction a command.

SQLite allows one writer a file; a second would wait inside the driver and stop every green thread
with it. So writers queue here, on a lock that green threads can wait for.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from shared.runtime.database_errors import database_busy, is_away
from shared.runtime.gathering import Gathering
from shared.runtime.postgres_engine import postgres_engine
from shared.runtime.sealed_columns import seal_with
from shared.runtime.sealing import sealer_of
from shared.runtime.settings import Settings
from shared.runtime.sqlite_engine import sqlite_engine

__all__ = ["ServiceDatabase", "close_databases", "database_of", "is_away"]

WRITER_PATIENCE_S = 15
MOST_KEPT_TOGETHER = 100
# Commits under load follow each other so closely: a dozen reports wait a moment, and cost one.
PACE_S = 0.02
# A report looks twice: what it waits here is little, and several look at once.
LOOKING_PACE_S = 0.005


class ServiceDatabase:
    """The tables of one service, shared by all its workers in this process."""

    def __init__(self, settings: Settings, service: str) -> None:
        url = settings.service_database_url(service)
        self.service = service
        self.is_sqlite = url.startswith("sqlite")
        self.engine = (
            sqlite_engine(url) if self.is_sqlite else postgres_engine(url, settings, service)
        )
        self.sealer = sealer_of(settings)
        seal_with(self.engine, self.sealer)
        self._writing_engine = self.engine.execution_options(writes=True)
        self._writer = threading.Lock()
        # Works whose rows are kept in one transaction (`shared.runtime.keeping`).
        self.keeping: Gathering[Any, None] = Gathering(most=MOST_KEPT_TOGETHER, pace_s=PACE_S)
        # What they look up before (`shared.runtime.looking`).
        self.looking: Gathering[Any, Any] = Gathering(
            most=MOST_KEPT_TOGETHER, pace_s=LOOKING_PACE_S
        )
        self._listeners: list[Callable[[], None]] = []

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection whose reads see one state of the database."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open the one transaction that may write; it is kept whole or not at all."""
        with self.writer(), self._writing_engine.begin() as connection:
            yield connection

    @contextmanager
    def writer(self) -> Iterator[None]:
        """Wait for the turn to write. PostgreSQL has its own locks and needs no turn."""
        if not self.is_sqlite:
            yield
            return
        if not self._writer.acquire(timeout=WRITER_PATIENCE_S):
            raise database_busy()
        try:
            yield
        finally:
            self._writer.release()

    def on_told(self, listener: Callable[[], None]) -> None:
        """Call *listener* after each commit that put something into the outbox."""
        self._listeners.append(listener)

    def told(self) -> None:
        for listener in self._listeners:
            listener()

    def close(self) -> None:
        self.engine.dispose()


_databases: dict[tuple[object, ...], ServiceDatabase] = {}


def database_of(settings: Settings, service: str) -> ServiceDatabase:
    """Return the database of *service*; one for all who ask in this process."""
    # Asked for at every call: no file system look-up in the key.
    key = (settings.credentials, settings.database_url, settings.data, service)
    if key not in _databases:
        _databases[key] = ServiceDatabase(settings, service)
    return _databases[key]


def close_databases() -> None:
    """Close every database of this process, so that a stopped platform holds no file."""
    while _databases:
        _databases.popitem()[1].close()
