"""Insert or change in one statement, on both databases."""

from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

_INSERTS: dict[str, Callable[[Table], Any]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


@cache
def adding(dialect: str, table: Table, *, sums: str) -> Any:
    """Return the statement that inserts rows, or adds to column *sums* where the key is known."""
    row = _INSERTS[dialect](table)
    total = table.c[sums] + row.excluded[sums]
    return row.on_conflict_do_update(index_elements=list(table.primary_key), set_={sums: total})


@cache
def replacing(dialect: str, table: Table) -> Any:
    """Return the statement that inserts rows, or replaces all but the key where it is known."""
    row = _INSERTS[dialect](table)
    rest = {column.name: row.excluded[column.name] for column in table.c if not column.primary_key}
    return row.on_conflict_do_update(index_elements=list(table.primary_key), set_=rest)
