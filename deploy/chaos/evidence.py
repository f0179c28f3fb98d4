"""What lies in the databases, read past the services: rows, not promises."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from deploy.chaos.orders import KEY_PREFIX, SOURCE
from deploy.services import WITH_TABLES, tables_of
from shared.runtime.sealed_columns import SealedColumn
from shared.runtime.sealing import Sealer, sealer_of
from shared.runtime.settings import Settings

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The rows that say what happened; each list is one question to the tables."""

    # key of the order, incident id in its answer
    answers: list[Row]
    # id, title
    incidents: list[Row]
    # incident id, step
    steps: list[Row]
    # number, of all incidents
    matter_nos: list[Row]
    # event id, aggregate, sequence
    told: list[Row]
    # event id, aggregate, sequence; as the dossiers have them
    entered: list[Row]
    # aggregate, sequence; as the live stream has them
    streamed: list[Row]
    # version; told by the registry, and heard by the consoles
    boundaries_told: list[Row]
    boundaries_heard: list[Row]
    # service, poison (or None), event type, reason
    letters: list[Row]
    # what the boards, the matters and the incidents do not agree on
    miscounted: list[Row]


# A board is the sums of its days and what is noted and not added up yet.
_MISCOUNTED = """
    WITH counted AS (
        SELECT (reported_at AT TIME ZONE 'Asia/Shanghai')::date AS day, state, count(*) AS matters
        FROM command.matter GROUP BY 1, 2
    ), moved AS (
        SELECT first_day AS day, name AS state, number::int AS matters
        FROM command.board_sum, json_each_text(counts->'state') AS said (name, number)
        WHERE place_code = '*' AND span = 'day'
        UNION ALL SELECT day, entered_state, 1 FROM command.board_change WHERE entered_state IS NOT NULL
        UNION ALL SELECT day, left_state, -1 FROM command.board_change WHERE left_state IS NOT NULL
    ), shown AS (
        SELECT day, state, sum(matters) AS matters FROM moved GROUP BY 1, 2 HAVING sum(matters) <> 0
    )
    SELECT 'board', day::text, state, matters::text FROM (
        (SELECT * FROM counted EXCEPT SELECT * FROM shown)
        UNION ALL (SELECT * FROM shown EXCEPT SELECT * FROM counted)
    ) AS boards
    UNION ALL
    SELECT 'matter', coalesce(i.id, m.subject_id), i.state, m.state
    FROM patrol.incident AS i FULL JOIN command.matter AS m ON m.subject_id = i.id
    WHERE i.state IS DISTINCT FROM m.state OR i.matter_no IS DISTINCT FROM m.matter_no
"""
# What is only noted yet counts as if it were added up.
_BOARDS = """
    SELECT place_code, span, first_day, kind, name, sum(matters) FROM (
        SELECT place_code, span, first_day, kind, name, number::int AS matters
        FROM command.board_sum,
            json_each(counts) AS kinds (kind, named),
            json_each_text(named) AS said (name, number)
        UNION ALL
        SELECT place_code, span, date_trunc(span, day)::date, kind, name, moved
        FROM command.board_change,
            json_array_elements_text(codes) AS place_code,
            (VALUES ('day'), ('month'), ('year')) AS spans (span),
            LATERAL (VALUES
                ('state', left_state, -1),
                ('state', entered_state, 1),
                ('category', category, (left_state IS NULL)::int - (entered_state IS NULL)::int)
            ) AS moves (kind, name, moved)
        WHERE name IS NOT NULL
    ) AS boards
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(matters) <> 0
"""
_READ_MODELS = {
    "matter": "SELECT * FROM command.matter",
    "dossier_entry": "SELECT * FROM command.dossier_entry",
    "boards": _BOARDS,
    "place": "SELECT * FROM command.place",
    "search_entry": "SELECT * FROM command.search_entry",
}


_SEALED = {
    column.type.at
    for service in WITH_TABLES
    for table in tables_of(service).sorted_tables
    for column in table.c
    if isinstance(column.type, SealedColumn)
}


class Tables:
    """All services' tables, as their administrator sees them who has the keys as well."""

    def __init__(self, admin_url: str, data: Path) -> None:
        self._connection = psycopg2.connect(admin_url)
        self._connection.autocommit = True
        self._sealer: Sealer = sealer_of(Settings(data=data))

    def close(self) -> None:
        self._connection.close()

    def ask(self, question: str, *parameters: object) -> list[Row]:
        cursor = self._connection.cursor()
        cursor.execute(question, parameters or None)
        return list(cursor.fetchall())

    def opened(self, table: str, question: str, *parameters: object) -> list[Row]:
        """Return the rows of a question to one table, with what is sealed of it in clear."""
        cursor = self._connection.cursor()
        cursor.execute(question, parameters or None)
        places = [f"{table}.{column.name}" for column in cursor.description or ()]
        return [tuple(map(self._clear, places, row)) for row in cursor.fetchall()]

    def _clear(self, place: str, value: Any) -> Any:
        if not isinstance(value, memoryview):
            return value
        kept = bytes(value)
        return self._sealer.open(kept, place).decode() if place in _SEALED else kept

    def evidence(self) -> Evidence:
        """Return everything there is to be compared."""
        return Evidence(
            answers=[
                (key, json.loads(answer)["id"])
                for key, answer in self.opened(
                    "answered_command",
                    "SELECT substr(key, strpos(key, ':') + 1), answer"
                    " FROM patrol.answered_command WHERE key LIKE %s",
                    f"%:{KEY_PREFIX}%",
                )
            ],
            incidents=self.opened(
                "incident", "SELECT id, title FROM patrol.incident WHERE source = %s", SOURCE
            ),
            steps=self.ask(
                "SELECT incident_id, step FROM patrol.incident_step WHERE incident_id IN"
                " (SELECT id FROM patrol.incident WHERE source = %s)",
                SOURCE,
            ),
            matter_nos=self.ask("SELECT matter_no FROM patrol.incident"),
            told=self.ask(
                "SELECT event_id, aggregate_id, sequence FROM patrol.outbox"
                " WHERE event_type LIKE 'patrol.incident.%'"
            ),
            entered=self.ask(
                "SELECT event_id, subject_id, sequence FROM command.dossier_entry"
                " JOIN command.matter USING (matter_no)"
            ),
            streamed=self.ask(
                "SELECT said->>'incident_id', (said->>'sequence')::int FROM command.stream_entry"
                " WHERE topic = 'incident'"
            ),
            boundaries_told=self.ask(
                "SELECT payload->>'version' FROM grid.outbox WHERE event_type = 'grid.boundary.activated.v1'"
            ),
            boundaries_heard=self.ask(
                "SELECT said->>'version' FROM command.stream_entry WHERE topic = 'boundary'"
            ),
            letters=self._of_each(
                "SELECT '{0}', headers->>'poison', event_type, reason FROM {0}.dead_letter",
                WITH_TABLES,
            ),
            miscounted=self.ask(_MISCOUNTED),
        )

    def read_models(self) -> set[Row]:
        """Return every row of the read models, with its table's name."""
        return {
            (table, *map(str, row))
            for table, rows in _READ_MODELS.items()
            for row in self.opened(table, rows)
        }

    def unsent(self) -> int:
        """Return how many events wait in the outboxes."""
        return self._sum("SELECT count(*) FROM {0}.outbox WHERE published_at IS NULL")

    def half_done(self) -> int:
        """Return how many commands were kept without their answer."""
        return self._sum("SELECT count(*) FROM {0}.answered_command WHERE answer IS NULL")

    def letters(self) -> int:
        return self._sum("SELECT count(*) FROM {0}.dead_letter")

    def not_followed(self) -> int:
        """Return how many of patrol's events of incidents have not reached the dossiers."""
        [(count,)] = self.ask(
            "SELECT count(*) FROM patrol.outbox AS o"
            " WHERE event_type LIKE 'patrol.incident.%' AND NOT EXISTS"
            " (SELECT FROM command.dossier_entry AS d WHERE d.event_id = o.event_id)"
        )
        return int(count)

    def in_progress(self, longer_than_s: float) -> list[Row]:
        """Return the services' sessions that have been at one transaction for longer than that."""
        return self.ask(
            "SELECT application_name, state, left(query, 100) FROM pg_stat_activity"
            " WHERE application_name LIKE 'wangge-%%' AND xact_start < now() - %s * interval '1 s'",
            longer_than_s,
        )

    def _sum(self, question: str) -> int:
        return sum(int(row[0]) for row in self._of_each(question, WITH_TABLES))

    def _of_each(self, question: str, services: Iterable[str]) -> list[Row]:
        return [row for service in services for row in self.ask(question.format(service))]
