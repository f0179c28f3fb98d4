"""What the machinery asks of its own tables is answered from an index, however much lies in them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from services.patrol.service import PatrolService
from shared.runtime.database import ServiceDatabase
from shared.runtime.inbox import forget_taken
from shared.runtime.partitions import make_ahead
from shared.runtime.relay import unsent
from shared.runtime.work import forget_answers
from tests.brokers import eventually
from tests.component.patrol.many_incidents import FIRST
from tests.component.running import Running
from tests.plans import read_whole
from tests.profiles import only_production

pytestmark = only_production("SQLite explains itself otherwise, and its files are small")

EVENTS = 150_000
LARGE = 1000
# A year of events long sent, and a hundred that wait.
_FILL = (
    """
    INSERT INTO outbox (event_id, event_type, aggregate_id, sequence, occurred_at, headers, payload,
        published_at, shard)
    SELECT
        substr(made, 1, 8) || '-' || substr(made, 9, 4) || '-7000-8000-' || substr(md5(n::text), 1, 12),
        'patrol.incident.reported.v1', 'a-' || n / 5, 1 + n % 5, at, '{}', '{}',
        CASE WHEN n < :events - 100 THEN at END, n / 5 % 8
    FROM (
        SELECT n, at, lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') AS made
        FROM (SELECT n, :first + n * interval '3 minutes' AS at FROM generate_series(0, :events - 1) n) t
    ) t
    """,
    "INSERT INTO outbox_position SELECT 'a-' || n, 5 FROM generate_series(0, :events / 5) n",
    "INSERT INTO inbox SELECT 'h', 'e-' || n, :first + n * interval '1 minute'"
    " FROM generate_series(0, :events) n",
    "INSERT INTO inbox_position SELECT 'h', 'a-' || n, 5 FROM generate_series(0, :events) n",
    "INSERT INTO answered_command (key, fingerprint, answered_at)"
    " SELECT 'k-' || n, 'f', :first + n * interval '1 minute'"
    " FROM generate_series(0, :events) n",
    "ANALYZE",
)


@pytest.fixture
def busy(running: Running, migrated: None) -> Running:
    """Give a patrol that has told, heard and answered much."""
    with running.database("patrol").writing() as connection:
        make_ahead(connection, "outbox", FIRST.date(), months=12)
        for statement in _FILL:
            names = {name: value for name, value in _VALUES.items() if f":{name}" in statement}
            connection.execute(text(statement), names)
    return running


_VALUES = {"events": EVENTS, "first": FIRST}


@contextmanager
def explained(database: ServiceDatabase) -> Iterator[list[tuple[str, set[str]]]]:
    """Give, after the block, each statement said in it with the large tables that it reads whole."""
    said: dict[str, Any] = {}
    found: list[tuple[str, set[str]]] = []

    def hear(_: object, __: object, statement: str, values: Any, ___: object, many: bool) -> None:
        if not many and statement.startswith(("SELECT", "UPDATE", "DELETE", "INSERT", "WITH")):
            said[statement] = values

    event.listen(database.engine, "before_cursor_execute", hear)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", hear)
    with database.writing() as connection:
        large = set(
            connection.scalars(
                text("select relname from pg_class where reltuples > :large"), {"large": LARGE}
            )
        )
        for statement, values in said.items():
            plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values)
            found.append((statement, read_whole([plan.scalar_one()[0]["Plan"]]) & large))
        connection.rollback()


class TestMachinery:
    def test_reads_no_large_table_whole(self, busy: Running) -> None:
        database = busy.database("patrol")

        with explained(database) as statements:
            busy.start(PatrolService)
            # The relay offers what waits to nobody's queue: it comes back, and stays.
            eventually(lambda: _returned(database) == 100)
            assert len(busy.ask("patrol", "events_of", aggregate_id="a-77")) == 5
            assert busy.ask("patrol", "events_after", row=EVENTS // 2, limit=100)
            with database.writing() as connection:
                forget_taken(connection, FIRST)
                forget_answers(connection, FIRST)

        asked = {statement.split()[0] for statement, _ in statements}
        assert asked >= {"SELECT", "UPDATE", "DELETE"}
        assert [(statement, whole) for statement, whole in statements if whole] == []


def _returned(database: ServiceDatabase) -> int:
    with database.reading() as connection:
        return sum(waiting["unroutable"] for waiting in unsent(connection))
