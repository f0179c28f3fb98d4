"""Rows that wait to be written: those of many works together, in one transaction.

A statement and a commit for one row cost as much as for thirty. A work whose rows all wait needs no
transaction of its own: they are kept with those of the works that end in the same moment. If one of
them cannot be kept, nothing is, and each is tried alone, so that only the one fails.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from shared.runtime.database import ServiceDatabase
from shared.runtime.database_errors import database_busy, is_away, was_beaten

# Writes rows of one kind; the same function for the same kind, however many works it serves.
Write = Callable[[Connection, list[Any]], None]
# What waits, in the order in which its kinds came first.
Waiting = dict[Write, list[Any]]


_LAST: set[Write] = set()


def coming_last(write: Write) -> Write:
    """Let *write* come after all other kinds: what it holds until the commit, others wait for."""
    _LAST.add(write)
    return write


def write_waiting(connection: Connection, waiting: Waiting) -> None:
    """Write what waits, each kind at once."""
    for write, rows in sorted(waiting.items(), key=lambda kind: kind[0] in _LAST):
        write(connection, rows)


def keep_waiting(database: ServiceDatabase, waiting: Waiting) -> None:
    """Write and commit what waits, together with that of other works.

    Raises:
        Unavailable: the database is away; whether it was kept is not known.
    """
    database.keeping.ask(waiting, lambda works: _keep_all(database, works))


def _keep_all(database: ServiceDatabase, works: Sequence[Waiting]) -> Sequence[None]:
    together: Waiting = {}
    for waiting in works:
        for write, rows in waiting.items():
            together.setdefault(write, []).extend(rows)
    try:
        with database.writing() as connection:
            write_waiting(connection, together)
    except SQLAlchemyError as error:
        if is_away(error) and not was_beaten(error):
            raise database_busy() from error
        raise
    return [None] * len(works)
