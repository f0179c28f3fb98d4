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
def adding(dialect: str, table: Table, *, sums: str, returns: bool = False) -> Any:
    """Return the statement that inserts rows, or adds to column *sums* where the key is known.

    With *returns* it gives keys and sums back.
    """
    row = _INSERTS[dialect](table)
    total = table.c[sums] + row.excluded[sums]
    add = row.on_conflict_do_update(index_elements=list(table.primary_key), set_={sums: total})
    return add.returning(*table.primary_key, table.c[sums]) if returns else add


@cache
def adding_once(dialect: str, table: Table, *, returns: str | None = None) -> Any:
    """Return the statement that inserts rows whose key is not known.

    Its row count tells whether it did; with *returns* it gives that column of those it inserted.
    """
    add = _INSERTS[dialect](table).on_conflict_do_nothing()
    return add if returns is None else add.returning(table.c[returns])


@cache
def replacing_older(dialect: str, table: Table, *, version: str) -> Any:
    """Return the statement that inserts rows, or replaces those of a lower *version*."""
    row = _INSERTS[dialect](table)
    rest = {column.name: row.excluded[column.name] for column in table.c if not column.primary_key}
    return row.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_=rest,
        where=table.c[version] < row.excluded[version],
    )


@cache
def replacing(dialect: str, table: Table) -> Any:
    """Return the statement that inserts rows, or replaces all but the key where it is known."""
    row = _INSERTS[dialect](table)
    rest = {column.name: row.excluded[column.name] for column in table.c if not column.primary_key}
    return row.on_conflict_do_update(index_elements=list(table.primary_key), set_=rest)
