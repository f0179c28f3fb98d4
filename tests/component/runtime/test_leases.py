"""A lease is one holder's at a time, and ends by itself."""

import time
from datetime import timedelta

import pytest

from shared.runtime.database import ServiceDatabase
from shared.runtime.leases import database_now, leases_under, let_go, take_lease
from tests.component.running import Running

LONG, SHORT = timedelta(seconds=60), timedelta(seconds=0.2)


@pytest.fixture
def database(talking: Running) -> ServiceDatabase:
    """Give a database in which somebody else holds a lease already."""
    database = talking.database("teller")
    take(database, "noise", by="somebody")
    return database


def take(database: ServiceDatabase, name: str, *, by: str, run: timedelta = LONG) -> bool:
    with database.writing() as connection:
        return take_lease(connection, name, by, run)


def running(database: ServiceDatabase, prefix: str = "") -> list[str]:
    with database.reading() as connection:
        return sorted(leases_under(connection, prefix))


def give_back(database: ServiceDatabase, *names: str, by: str) -> None:
    with database.writing() as connection:
        let_go(connection, names, by)


class TestLease:
    def test_goes_to_who_comes_first(self, database: ServiceDatabase) -> None:
        assert take(database, "timer", by="first")
        assert not take(database, "timer", by="second")
        assert take(database, "other timer", by="second")

    def test_is_renewed_by_its_holder(self, database: ServiceDatabase) -> None:
        take(database, "timer", by="first", run=SHORT)

        assert take(database, "timer", by="first", run=LONG)
        time.sleep(2 * SHORT.total_seconds())

        assert not take(database, "timer", by="second")

    def test_ends_by_itself_and_is_another_s_then(self, database: ServiceDatabase) -> None:
        take(database, "timer", by="first", run=SHORT)
        time.sleep(2 * SHORT.total_seconds())

        assert take(database, "timer", by="second")
        assert not take(database, "timer", by="first")

    def test_is_not_had_when_its_transaction_was_not_kept(self, database: ServiceDatabase) -> None:
        with database.writing() as connection:
            assert take_lease(connection, "timer", "first", LONG)
            connection.rollback()

        assert take(database, "timer", by="second")

    def test_is_free_at_once_when_it_is_given_back(self, database: ServiceDatabase) -> None:
        take(database, "timer", by="first")

        give_back(database, "timer", "never held", by="first")

        assert take(database, "timer", by="second")

    def test_is_given_back_by_its_holder_alone(self, database: ServiceDatabase) -> None:
        take(database, "timer", by="first")

        give_back(database, "timer", "noise", by="second")

        assert not take(database, "timer", by="second")
        assert not take(database, "noise", by="second")


class TestLeasesUnder:
    def test_are_those_that_run_and_begin_so(self, database: ServiceDatabase) -> None:
        with database.writing() as connection:
            take_lease(connection, "copy:1", "1", LONG)
            take_lease(connection, "copy:2", "2", SHORT)
            take_lease(connection, "shard:1", "1", LONG)
            assert sorted(leases_under(connection, "copy:")) == ["copy:1", "copy:2"]

        time.sleep(2 * SHORT.total_seconds())

        assert running(database, "copy:") == ["copy:1"]
        assert running(database) == ["copy:1", "noise", "shard:1"]


def test_the_databases_clock_is_what_counts(database: ServiceDatabase) -> None:
    with database.reading() as connection:
        first = database_now(connection)
    time.sleep(0.01)
    with database.reading() as connection:
        second = database_now(connection)

    assert first.utcoffset() is not None
    assert timedelta() <= second - first < timedelta(seconds=5)
