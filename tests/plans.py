"""Has PostgreSQL explain itself over a database that a test fills, as `EXPLAIN (FORMAT JSON)` does."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import inf
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event

from shared.runtime.database import ServiceDatabase
from shared.runtime.migrations import migrate
from shared.runtime.settings import Settings
from tests.databases import CREDENTIALS, EMPTY, PostgresMoulds


@contextmanager
def own_database(moulds: PostgresMoulds, folder: Path, service: str) -> Iterator[ServiceDatabase]:
    """Give the database of a service, as its migrations leave it, patient with statements that fill it."""
    moulds.pour(EMPTY, folder)
    settings = Settings(data=folder, credentials=folder / CREDENTIALS, statement_timeout_s=300)
    migrate(settings, service)
    database = ServiceDatabase(settings, service)
    try:
        yield database
    finally:
        database.close()
        moulds.throw_away(folder)


@contextmanager
def statements(database: ServiceDatabase) -> Iterator[list[tuple[str, Any]]]:
    """Give what is said to the database inside the block, with its parameters."""
    said: list[tuple[str, Any]] = []

    def hear(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        said.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(database.engine, "before_cursor_execute", hear)


@contextmanager
def explained(database: ServiceDatabase, connection: Connection) -> Iterator[list[dict[str, Any]]]:
    """Give, after the block, what PostgreSQL did for each statement said in it, and in how many blocks."""
    plans: list[dict[str, Any]] = []
    with statements(database) as said:
        yield plans
    for statement, parameters in said:
        explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
        plans.append(connection.exec_driver_sql(explain, parameters).scalar_one()[0]["Plan"])


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a plan and all its parts."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes_of(part)


def read_whole(plans: Sequence[dict[str, Any]]) -> set[str]:
    """Return the tables that are read from one end to the other; not those where the first row was enough."""
    nodes = (node for plan in plans for node in nodes_of(plan))
    return {
        node["Relation Name"]
        for node in nodes
        if node["Node Type"] == "Seq Scan" and _rows_read(node) > 1
    }


def _rows_read(node: dict[str, Any]) -> float:
    """Return how many rows a node looked at; of a statement that was only planned, all there are."""
    return float(node.get("Actual Rows", inf)) + float(node.get("Rows Removed by Filter", 0))


def blocks_of(plan: dict[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
