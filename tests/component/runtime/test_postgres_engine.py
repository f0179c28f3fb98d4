"""What a service waits for in PostgreSQL and for how long, and what it makes of a server that goes away."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import eventlet
import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from deploy.postgres import PrivatePostgres
from shared.runtime.database import ServiceDatabase
from shared.runtime.database_errors import is_away, refusal_of, sqlstate, was_beaten
from shared.runtime.postgres_engine import SPARE_CONNECTIONS
from shared.runtime.settings import Settings
from tests.databases import connected, needs_postgres, reachable_folder

ONE = text("select 1")
Open = Callable[..., ServiceDatabase]


@pytest.fixture
def opened(empty_schemas: Settings) -> Iterator[Open]:
    """Open patrol's database with other settings; it has the table `thing` with the rows 1 and 2."""
    databases = []

    def open_with(**changed: Any) -> ServiceDatabase:
        settings = empty_schemas.model_copy(update=changed)
        databases.append(ServiceDatabase(settings, "patrol"))
        return databases[-1]

    with open_with().writing() as connection:
        connection.execute(text("create table thing (id int primary key, word text)"))
        connection.execute(text("insert into thing values (1, 'one'), (2, 'two')"))
    yield open_with
    for database in databases:
        database.close()


@pytest.fixture
def mortal() -> Iterator[PrivatePostgres]:
    """Give a server of the test's own, to be killed."""
    with reachable_folder() as folder, PrivatePostgres().start(folder, fast=True) as postgres:
        with connected(postgres.url) as say:
            say("create schema patrol")
        yield postgres


@pytest.fixture
def at_risk(mortal: PrivatePostgres, tmp_path: Path) -> Iterator[ServiceDatabase]:
    """Give a database on the server that will be killed."""
    database = ServiceDatabase(Settings(data=tmp_path, database_url=mortal.url), "patrol")
    yield database
    database.close()


def failure_of(act: Callable[[], object]) -> SQLAlchemyError:
    with pytest.raises(SQLAlchemyError) as failure:
        act()
    return failure.value


def say(database: ServiceDatabase, statement: str) -> Any:
    with database.reading() as connection:
        return connection.scalar(text(statement))


def write(database: ServiceDatabase, statement: str, *, then_wait_s: float = 0) -> None:
    with database.writing() as connection:
        connection.execute(text(statement))
        time.sleep(then_wait_s)


class TestGreenThreads:
    def test_go_on_while_one_waits_for_the_database(self, opened: Open) -> None:
        database = opened()
        began = time.monotonic()

        waiting = [eventlet.spawn(say, database, "select pg_sleep(0.5)") for _ in range(5)]
        for one in waiting:
            one.wait()

        assert time.monotonic() - began < 2


class TestTransactions:
    def test_that_read_see_one_state_and_cannot_write(self, opened: Open) -> None:
        database = opened()

        with database.reading() as connection:
            assert connection.scalar(text("show transaction_isolation")) == "repeatable read"
            refused = failure_of(lambda: connection.execute(text("delete from thing")))

        assert "read-only" in str(refused)
        assert not is_away(refused)

    def test_that_write_see_what_the_one_they_waited_for_has_left(self, opened: Open) -> None:
        database = opened()

        def count_up() -> None:
            with database.writing() as connection:
                held = text("select word from thing where id = 1 for update")
                word = connection.scalar(held)
                time.sleep(0.005)
                connection.execute(
                    text("update thing set word = :w where id = 1"), {"w": f"{word}+"}
                )

        for one in [eventlet.spawn(count_up) for _ in range(10)]:
            one.wait()

        assert say(database, "select word from thing where id = 1") == "one" + "+" * 10

    def test_find_their_schema_and_say_whose_they_are(self, opened: Open) -> None:
        database = opened()

        assert say(database, "select current_schema()::text") == "patrol"
        assert say(database, "show application_name") == "wangge-patrol"
        assert say(database, "show idle_in_transaction_session_timeout") == "1min"


class TestWaiting:
    def test_for_a_lock_ends(self, opened: Open) -> None:
        database = opened(lock_timeout_s=0.1)
        holder = eventlet.spawn(write, database, "delete from thing", then_wait_s=0.6)
        time.sleep(0.2)

        refused = failure_of(lambda: write(database, "update thing set word = 'x'"))
        holder.wait()

        assert (sqlstate(refused), is_away(refused)) == ("55P03", True)

    def test_for_a_statement_ends(self, opened: Open) -> None:
        database = opened(statement_timeout_s=0.1)

        refused = failure_of(lambda: say(database, "select pg_sleep(5)"))

        assert (sqlstate(refused), is_away(refused)) == ("57014", True)
        assert say(database, "select 1") == 1

    def test_for_each_other_ends_for_one_and_goes_well_for_the_other(self, opened: Open) -> None:
        database = opened()

        def lock(first: int, second: int) -> SQLAlchemyError | None:
            hold = text("select 1 from thing where id = :id for update")
            try:
                with database.writing() as connection:
                    connection.execute(hold, {"id": first})
                    time.sleep(0.1)
                    connection.execute(hold, {"id": second})
            except SQLAlchemyError as refused:
                return refused
            return None

        ends = [eventlet.spawn(lock, 1, 2), eventlet.spawn(lock, 2, 1)]
        [refused] = [end for one in ends if (end := one.wait()) is not None]

        assert (sqlstate(refused), is_away(refused), was_beaten(refused)) == ("40P01", True, True)

    def test_of_a_client_inside_a_transaction_ends(self, opened: Open) -> None:
        database = opened(idle_in_transaction_timeout_s=0.1)

        def dawdle() -> None:
            with database.writing() as connection:
                connection.execute(text("delete from thing"))
                time.sleep(0.4)
                connection.execute(ONE)

        assert is_away(failure_of(dawdle))
        assert say(database, "select count(*) from thing") == 2

    def test_for_a_connection_ends_and_there_are_no_more_than_fit_the_workers(
        self, opened: Open
    ) -> None:
        database = opened(workers=2, lock_timeout_s=0.2)
        holders = [
            eventlet.spawn(say, database, "select pg_sleep(1.5)")
            for _ in range(2 + SPARE_CONNECTIONS)
        ]
        time.sleep(0.5)

        refused = failure_of(lambda: say(database, "select 1"))
        for holder in holders:
            holder.wait()

        assert isinstance(refused, PoolExhausted)
        assert is_away(refused)

    @pytest.mark.parametrize(
        "statement",
        [
            "insert into thing values (1)",
            "insert into thing values ('x')",
            "select nonsense",
            "selct",
        ],
    )
    def test_again_is_no_help_for_what_is_wrong(self, opened: Open, statement: str) -> None:
        assert not is_away(failure_of(lambda: write(opened(), statement)))

    def test_is_no_help_for_what_does_not_fit(self, opened: Open) -> None:
        write(opened(), "create table short (word varchar(3))")

        refused = failure_of(lambda: write(opened(), "insert into short values ('long')"))

        told = refusal_of(refused)
        assert told is not None
        assert told.code == "does_not_fit"

    def test_helps_where_another_was_first(self, opened: Open) -> None:
        refused = failure_of(lambda: write(opened(), "insert into thing values (1)"))

        assert was_beaten(refused)
        assert not was_beaten(failure_of(lambda: write(opened(), "insert into thing values ('x')")))


@needs_postgres
class TestServerThatGoesAway:
    @pytest.mark.parametrize("ends", ["kill", "stop"])
    def test_and_comes_back_is_not_noticed_by_whoever_asks_then(
        self, mortal: PrivatePostgres, at_risk: ServiceDatabase, ends: str
    ) -> None:
        for one in [eventlet.spawn(say, at_risk, "select pg_sleep(0.1)") for _ in range(5)]:
            one.wait()
        folder, port = mortal.folder, mortal.port
        getattr(mortal, ends)()
        mortal.start(folder, port, fast=True)

        assert [say(at_risk, "select 1") for _ in range(6)] == [1] * 6

    def test_is_away_for_whoever_asks_meanwhile(
        self, mortal: PrivatePostgres, at_risk: ServiceDatabase
    ) -> None:
        assert say(at_risk, "select 1") == 1
        mortal.kill()

        assert [is_away(failure_of(lambda: say(at_risk, "select 1"))) for _ in range(3)] == [
            True
        ] * 3

    @pytest.mark.parametrize("ends", ["kill", "stop"])
    def test_is_away_for_whoever_it_leaves_in_the_middle(
        self, mortal: PrivatePostgres, at_risk: ServiceDatabase, ends: str
    ) -> None:
        asked = eventlet.spawn(failure_of, lambda: say(at_risk, "select pg_sleep(30)"))

        def write_late() -> None:
            with at_risk.writing() as connection:
                connection.execute(ONE)
                time.sleep(1)
                connection.execute(ONE)

        writing = eventlet.spawn(failure_of, write_late)
        time.sleep(0.3)

        getattr(mortal, ends)()

        assert is_away(asked.wait())
        assert is_away(writing.wait())

    def test_is_away_while_it_recovers(self, mortal: PrivatePostgres) -> None:
        starting = _error_of_one_that_starts(mortal)

        assert all(is_away(error) for error in starting)


def _error_of_one_that_starts(mortal: PrivatePostgres) -> list[BaseException]:
    """Ask all the time while the server is killed and starts anew; return what failed."""
    database = ServiceDatabase(Settings(database_url=mortal.url), "patrol")
    with database.writing() as connection:
        connection.execute(text("create table big as select generate_series(1, 300000) n"))
    folder, port = mortal.folder, mortal.port
    failed: list[BaseException] = []
    asking = True

    def ask() -> None:
        while asking:
            try:
                say(database, "select 1")
            except Exception as error:
                failed.append(error)
            time.sleep(0.001)

    asker = eventlet.spawn(ask)
    mortal.kill()
    mortal.start(folder, port, fast=True)
    asking = False
    asker.wait()
    database.close()
    assert failed
    return failed
