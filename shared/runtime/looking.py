"""Short reads of what is in force, which many works do in the same moment: done once for all of them."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection

from shared.runtime.database import ServiceDatabase

Answer = TypeVar("Answer")
# What is read; the same function for the same thing, however many works ask for it.
Look = Callable[[Connection], Answer]


def look_together(database: ServiceDatabase, read: Look[Answer]) -> Answer:
    """Return what *read* finds: everything that was kept before this was asked."""
    found: Answer = database.looking.ask(read, lambda reads: _read_all(database, reads))
    return found


def _read_all(database: ServiceDatabase, reads: Sequence[Look[Any]]) -> Sequence[Any]:
    with database.reading() as connection:
        found = {read: read(connection) for read in dict.fromkeys(reads)}
    return [found[read] for read in reads]
