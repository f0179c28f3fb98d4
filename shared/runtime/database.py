"""A service's database: one engine, one writer at a time on SQLite, one transaction a command.

SQLite allows one writer a file; a second would wait inside the driver and stop every green thread
with it. So writers queue here, on a lock that green threads can wait for. Statements run in place
(tens of microseconds); only the commit, which waits for the disk, goes to a native thread
(decision 0006).
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from shared.kernel.errors import Unavailable
from shared.runtime.green import is_green
from shared.runtime.settings import Settings

WRITER_PATIENCE_S = 15


def database_busy() -> Unavailable:
    return Unavailable(
        code="database_busy",
        zh="数据库正忙，请稍后再试。",
        en="The database is busy; try again in a moment.",
    )


class ServiceDatabase:
    """The tables of one service, shared by all its workers in this process."""

    def __init__(self, settings: Settings, service: str) -> None:
        url = settings.service_database_url(service)
        self.service = service
        self.is_sqlite = url.startswith("sqlite")
        self.engine = (
            _sqlite_engine(url) if self.is_sqlite else create_engine(url, hide_parameters=True)
        )
        self._writing_engine = self.engine.execution_options(writes=True)
        self._writer = threading.Lock()
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


_databases: dict[tuple[str, str], ServiceDatabase] = {}


def database_of(settings: Settings, service: str) -> ServiceDatabase:
    """Return the database of *service*; one for all who ask in this process."""
    # Asked for at every call: no file system look-up in the key.
    key = (settings.database_url or str(settings.data), service)
    if key not in _databases:
        _databases[key] = ServiceDatabase(settings, service)
    return _databases[key]


def close_databases() -> None:
    """Close every database of this process, so that a stopped platform holds no file."""
    while _databases:
        _databases.popitem()[1].close()


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


def _sqlite_engine(url: str) -> Engine:
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
    )
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    # A deferred transaction that turns into a writer fails at once when another wrote meanwhile.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def is_away(error: BaseException) -> bool:
    """Tell whether a database error means "not now" rather than "never"."""
    return isinstance(error, OperationalError)


Row = dict[str, Any]
