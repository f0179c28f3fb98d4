"""The numbers of a day's matters."""

import threading
import time
from collections import deque
from datetime import date
from functools import cache

from sqlalchemy import Connection

from services.patrol.store.tables import matter_counter
from shared.runtime.database import ServiceDatabase
from shared.runtime.upsert import adding
from shared.runtime.work import Work


class Serials:
    """The numbers of matters of a day, handed out to every worker of this process.

    On PostgreSQL the day's counter is one row for all copies, held until the transaction ends: each
    report would wait for the one before it. So numbers are taken in blocks, in transactions of
    their own, the larger the faster they go. SQLite has one writer anyway, and leaves no gaps.
    """

    LARGEST = 64
    SOON_S = 1.0

    def __init__(self, database: ServiceDatabase) -> None:
        self._database = database
        self._turn = threading.Lock()
        self._day: date | None = None
        self._left: deque[int] = deque()
        self._size = 1
        self._taken_at = 0.0

    def next(self, day: date, work: Work) -> int:
        """Return a number of *day* that nobody else gets."""
        if self._database.is_sqlite:
            return self._count(work.connection, day, 1)
        with self._turn:
            if day != self._day or not self._left:
                self._take_block(day)
            return self._left.popleft()

    def _take_block(self, day: date) -> None:
        was_soon = time.monotonic() - self._taken_at < self.SOON_S
        self._size = min(self._size * 2, self.LARGEST) if was_soon else 1
        with self._database.writing() as connection:
            last = self._count(connection, day, self._size)
        self._taken_at = time.monotonic()
        self._day, self._left = day, deque(range(last - self._size + 1, last + 1))

    @staticmethod
    def _count(connection: Connection, day: date, numbers: int) -> int:
        count = adding(connection.dialect.name, matter_counter, sums="last_serial", returns=True)
        row = connection.execute(count, {"day": day, "last_serial": numbers}).one()
        return int(row.last_serial)


@cache
def serials_of(database: ServiceDatabase) -> Serials:
    return Serials(database)
