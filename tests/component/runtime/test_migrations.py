"""What the migrations make is what the models say, and they may run twice."""

import pytest
from sqlalchemy import inspect, text

from shared.runtime.database import ServiceDatabase
from shared.runtime.migrations import differs_from_models, migrate
from shared.runtime.tables import machinery
from tests.component.running import OwnBroker

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
        run(own, service, "insert into answered_command values ('k', 'f', 'null', '2026-11-23')")

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
