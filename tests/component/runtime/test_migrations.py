"""What the migrations make is what the models say, and they may run twice."""

import io
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import alembic.command
import pytest
from alembic.config import Config
from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    String,
    Table,
    column,
    insert,
    inspect,
    select,
    table,
    text,
)

from services.patrol.domain.incident import Incident
from services.patrol.queries.incidents import find_incidents
from services.patrol.store.rows import row_of
from services.patrol.store.tables import incident_table, named_file_table, step_table
from shared.contracts.patrol import IncidentFilter
from shared.kernel.audit_chain import BEGINNING, FIELDS, digest_of
from shared.kernel.ids import new_id
from shared.kernel.personal_data import plain
from shared.kernel.trail_check import flaws
from shared.runtime import audit
from shared.runtime.call import Call
from shared.runtime.database import ServiceDatabase
from shared.runtime.migrations import SERVICES as SCRIPTS
from shared.runtime.migrations import differs_from_models, migrate
from shared.runtime.partitions import make_partitions_ahead
from shared.runtime.sealed_columns import SealedColumn
from shared.runtime.settings import Settings
from shared.runtime.tables import audit_entry, machinery
from shared.runtime.work import Work
from tests.builders.incident import NOW, an_incident
from tests.component.running import EVERYBODY, OwnBroker

# The incidents of before anything was sealed or closed off, and before there were contacts.
ADDED_SINCE = {
    "is_closed_off",
    "workers",
    "reopen_count",
    "arbitrated_level",
    "joint",
    "supervisions",
    "asked_delay",
    "satisfaction",
    "score",
    "routing",
    "set_aside",
    "conversion",
    "catalogue_version",
}
AS_IT_WAS = Table(
    "incident",
    MetaData(),
    *(
        Column(column.name, String() if isinstance(column.type, SealedColumn) else column.type)
        for column in incident_table.c
        if not column.name.startswith("contact_") and column.name not in ADDED_SINCE
    ),
)


SERVICES = ("patrol", "command")


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest, migrated: None) -> str:
    """Give a service whose database was migrated."""
    name: str = request.param
    return name


def run(own: OwnBroker, service: str, statement: str) -> None:
    database = ServiceDatabase(own, service)
    with database.writing() as connection:
        connection.execute(text(statement))
    database.close()


class TestMigrations:
    def test_make_what_the_models_say(self, own: OwnBroker, service: str) -> None:
        assert not differs_from_models(own, service)

    @pytest.mark.parametrize(
        "drift",
        [
            "alter table outbox add column forgotten integer",
            "drop index ix_outbox_unpublished",
            "drop table dead_letter",
            "create table forgotten (id integer)",
        ],
    )
    def test_are_told_apart_from_models_that_drifted(
        self, own: OwnBroker, service: str, drift: str
    ) -> None:
        run(own, service, drift)

        assert differs_from_models(own, service)

    def test_change_nothing_the_second_time(self, own: OwnBroker, service: str) -> None:
        run(
            own,
            service,
            "insert into answered_command (key, fingerprint, answered_at) values ('k', 'f', '2026-11-23')",
        )

        migrate(own, service)

        database = ServiceDatabase(own, service)
        with database.reading() as connection:
            assert connection.scalar(text("select count(*) from answered_command")) == 1
        database.close()

    def test_bring_the_machinery_to_every_service(self, own: OwnBroker, service: str) -> None:
        database = ServiceDatabase(own, service)

        tables = set(inspect(database.engine).get_table_names())

        assert set(machinery.tables) < tables
        assert f"alembic_version_{service}" in tables
        database.close()


class TestPatrolsMigrations:
    def test_bring_the_catalogue_of_categories(self, own: OwnBroker, migrated: None) -> None:
        database = ServiceDatabase(own, "patrol")

        with database.reading() as connection:
            codes = connection.scalars(text("select code from category order by code")).all()
        database.close()

        assert codes == [f"{number:02}" for number in range(1, 16)]

    def test_keep_the_incidents_of_before_they_were_listed_by_id(self, tmp_path: Path) -> None:
        settings = Settings(data=tmp_path)
        upgrade(settings, "patrol", "0001")
        # Seeded afterwards: the id is made later than the report it stands for.
        before = [
            an_incident(
                incident_id=new_id(), matter_no=f"P-{day}", reported_at=NOW - timedelta(day)
            )
            for day in (2, 1)
        ]
        database = ServiceDatabase(settings, "patrol")
        with database.writing() as connection:
            connection.execute(insert(AS_IT_WAS), [_as_it_was(incident) for incident in before])

        migrate(settings, "patrol")

        assert not differs_from_models(settings, "patrol")
        where = IncidentFilter(
            reported_from=NOW - timedelta(days=3), reported_to=NOW - timedelta(hours=36)
        )
        with database.reading() as connection:
            both = find_incidents(connection, IncidentFilter(), EVERYBODY, limit=9, cursor=None)
            one = find_incidents(connection, where, EVERYBODY, limit=9, cursor=None)
        database.close()
        assert [item["title"] for item in both["items"]] == ["垃圾成堆"] * 2
        assert [item["matter_no"] for item in both["items"]] == ["P-1", "P-2"]
        assert [item["matter_no"] for item in one["items"]] == ["P-2"]

    @pytest.mark.parametrize("revision", ["0001", "0002"])
    def test_go_back_to_where_they_came_from(self, empty_schemas: Settings, revision: str) -> None:
        upgrade(empty_schemas, "patrol", "0002")

        downgrade(empty_schemas, "patrol", revision)
        migrate(empty_schemas, "patrol")

        assert not differs_from_models(empty_schemas, "patrol")


class TestTheTrailsMigration:
    @pytest.mark.parametrize("where", ["sqlite", "postgresql"])
    def test_keeps_a_trail_whole_and_files_each_row_under_its_month(
        self, where: str, tmp_path: Path, request: pytest.FixtureRequest
    ) -> None:
        settings = (
            Settings(data=tmp_path)
            if where == "sqlite"
            else request.getfixturevalue("empty_schemas")
        )
        upgrade(settings, "patrol", "0004")
        # In China the second is of April already, and the third, of a clock that was behind, follows it.
        moments = ["2026-03-31T15:59:59", "2026-03-31T16:00:00", "2026-03-31T15:00:00"]
        _enter_as_before(settings, moments)

        migrate(settings, "patrol")

        database = ServiceDatabase(settings, "patrol")
        work = Work(database)
        audit.note(work, Call(), "patrol.take_step", reason="案件核查")
        work.keep()
        with database.reading() as connection:
            rows = list(audit.trail(connection))
            months = connection.scalars(
                select(audit_entry.c.month).order_by(audit_entry.c.number)
            ).all()
        database.close()
        assert list(flaws(rows)) == []
        assert [month.isoformat()[:7] for month in months[:3]] == ["2026-03", "2026-04", "2026-04"]
        assert not differs_from_models(settings, "patrol")


def _enter_as_before(settings: Settings, moments: list[str]) -> None:
    """Write a trail as the platform did before its rows were filed by months."""
    database, previous = ServiceDatabase(settings, "patrol"), BEGINNING
    columns = [audit_entry.c[name] for name in (*FIELDS, "digest")]
    before = table("audit_entry", *(column(each.name, each.type) for each in columns))
    with database.writing() as connection:
        for number, moment in enumerate(moments, start=1):
            at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
            row: dict[str, Any] = dict.fromkeys(FIELDS, "x") | {
                "number": number,
                "roles": [],
                "place_code": None,
                "algorithm": "sha256",
            }
            previous = digest_of(previous, row | {"at": at.isoformat(timespec="microseconds")})
            connection.execute(insert(before).values(**row | {"at": at, "digest": previous}))
    database.close()


class TestTheListOfNamedFiles:
    @pytest.mark.parametrize("where", ["sqlite", "postgresql"])
    def test_holds_what_was_named_before_but_for_what_was_anonymised(
        self, where: str, tmp_path: Path, request: pytest.FixtureRequest
    ) -> None:
        settings = (
            Settings(data=tmp_path)
            if where == "sqlite"
            else request.getfixturevalue("empty_schemas")
        )
        upgrade(settings, "patrol", "0015")
        database = ServiceDatabase(settings, "patrol")
        make_partitions_ahead(database)
        with database.writing() as connection:
            _enter_with_files(connection)
            if where == "postgresql":
                _take_a_month_out(connection)

        migrate(settings, "patrol")

        with database.reading() as connection:
            named = {tuple(row) for row in connection.execute(select(named_file_table))}
        database.close()
        of_steps = {(f"s-{number}", "open") for number in range(MANY)} | {("before", "open")}
        of_incidents = {("a", "open"), ("b", "open"), ("a", "ended"), ("m", "month")}
        assert named == of_incidents | of_steps


# More than are entered at once.
MANY = 5_001


def _enter_with_files(connection: Connection) -> None:
    """Write incidents and steps as they were before it was noted which files they name."""
    sealed = {"title": b"-", "description": b"-", "anonymised_at": None}
    files = {"open": ["a", "b"], "ended": ["a"], "none": [], "anonymised": ["c"], "month": ["m"]}
    incidents = [
        _as_it_was(an_incident(incident_id=name, matter_no=f"P-{name}"))
        | sealed
        | {"files": of, "anonymised_at": NOW if name == "anonymised" else None}
        for name, of in files.items()
    ]
    connection.execute(insert(AS_IT_WAS), incidents)
    step = {"step": "feedback", "from_state": "handling", "to_state": "feedback", "at": NOW}
    step |= {"by": "li", "note": b"-", "details": None, "files": []}
    steps: list[dict[str, Any]] = [
        step | {"id": f"{number:06}", "incident_id": "open", "files": [f"s-{number}"]}
        for number in range(MANY)
    ]
    steps += [
        step | {"id": "b", "incident_id": "open", "details": {"before": ["before", "x" * 37]}},
        step | {"id": "d", "incident_id": "open", "details": {"ground": "approved_suspension"}},
        step | {"id": "c", "incident_id": "anonymised", "files": ["c"]},
    ]
    names = ("id", "incident_id", "step", "from_state", "to_state", "at", "by", "files", "details")
    columns = [column(name, step_table.c[name].type) for name in names]
    connection.execute(insert(table("incident_step", *columns, column("note"))), steps)


def _take_a_month_out(connection: Connection) -> None:
    for statement in (
        "CREATE TABLE incident_y2020m01 AS SELECT * FROM incident WHERE id = 'month'",
        "ALTER TABLE incident_y2020m01 DROP COLUMN anonymised_at",
        "DELETE FROM incident WHERE id = 'month'",
    ):
        connection.execute(text(statement))


class TestSeveralCopiesThatStartAtOnce:
    def test_migrate_once(self, empty_schemas: Settings) -> None:
        environment = os.environ | {"WANGGE_CREDENTIALS": str(empty_schemas.credentials)}
        command = [sys.executable, "-m", "deploy.cli", "migrate", "patrol"]
        copies = [
            subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            for _ in range(4)
        ]
        said = [copy.communicate(timeout=120) for copy in copies]

        assert [copy.returncode for copy in copies] == [0] * 4, said
        database = ServiceDatabase(empty_schemas, "patrol")
        with database.reading() as connection:
            assert connection.scalar(text("select count(*) from category")) == 15
            assert connection.scalar(text("select count(*) from alembic_version_patrol")) == 1
        database.close()


def _as_it_was(incident: Incident) -> dict[str, Any]:
    row = {name: value for name, value in row_of(incident).items() if name in AS_IT_WAS.c}
    return row | {"title": plain(incident.title), "description": plain(incident.description)}


def upgrade(settings: Settings, service: str, revision: str) -> None:
    alembic.command.upgrade(scripts_of(settings, service), revision)


def downgrade(settings: Settings, service: str, revision: str) -> None:
    alembic.command.downgrade(scripts_of(settings, service), revision)


def scripts_of(settings: Settings, service: str) -> Config:
    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", str(SCRIPTS / service / "migrations"))
    config.attributes["settings"] = settings
    return config
