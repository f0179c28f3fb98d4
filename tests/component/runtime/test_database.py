"""A service's database: one writer at a time, who never keeps the others waiting for ever."""

import sqlite3
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Any

import eventlet
import pytest
from eventlet import patcher, tpool
from sqlalchemy import Column, Integer, MetaData, Table, insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from shared.kernel.clock import CHINA
from shared.kernel.errors import Invalid, Unavailable
from shared.kernel.rights import Permission
from shared.runtime import database as database_module
from shared.runtime.columns import Instant
from shared.runtime.database import ServiceDatabase, database_of
from shared.runtime.database_errors import NotStorable, does_not_fit, refusal_of
from shared.runtime.doors import Doors, rpc
from tests.brokers import eventually
from tests.component.running import OwnBroker, Running
from tests.component.talkers import Teller, done
from tests.profiles import only_embedded, only_production

moments = MetaData()
moment = Table("moment", moments, Column("id", Integer, primary_key=True), Column("at", Instant))


@pytest.fixture
def database(talking: Running) -> ServiceDatabase:
    talking.make_tables("teller", moments)
    return talking.database("teller")


def write(database: ServiceDatabase, who: str = "wang", *, pause_s: float = 0) -> None:
    with database.writing() as connection:
        connection.execute(insert(done).values(who=who, word="", sequence=0))
        time.sleep(pause_s)


def count_of(database: ServiceDatabase, who: str = "wang") -> int:
    with database.reading() as connection:
        return len(connection.execute(select(done).where(done.c.who == who)).all())


class TestWriters:
    def test_take_turns_however_many_come_at_once(self, database: ServiceDatabase) -> None:
        def write_some(number: int) -> None:
            for _ in range(5):
                write(database, f"writer {number}", pause_s=0.0005)

        writers = [eventlet.spawn(write_some, number) for number in range(20)]
        for writer in writers:
            writer.wait()

        assert [count_of(database, f"writer {number}") for number in range(20)] == [5] * 20

    @only_embedded("PostgreSQL has many writers; who reads to write holds the row")
    def test_read_and_write_in_one_transaction_lose_no_update(
        self, database: ServiceDatabase
    ) -> None:
        def count_up() -> None:
            with database.writing() as connection:
                last = connection.scalar(select(done.c.sequence).where(done.c.who == "wang")) or 0
                time.sleep(0.001)
                connection.execute(text("delete from done where who = 'wang'"))
                connection.execute(insert(done).values(who="wang", word="", sequence=last + 1))

        for writer in [eventlet.spawn(count_up) for _ in range(20)]:
            writer.wait()

        with database.reading() as connection:
            assert connection.scalar(select(done.c.sequence).where(done.c.who == "wang")) == 20

    def test_do_not_wait_for_one_that_was_killed(self, database: ServiceDatabase) -> None:
        holder = eventlet.spawn(write, database, "killed", pause_s=60)
        time.sleep(0.01)
        waiting = eventlet.spawn(write, database, "waiting")
        time.sleep(0.01)

        holder.kill()
        waiting.wait()

        assert (count_of(database, "killed"), count_of(database, "waiting")) == (0, 1)

    @only_embedded("writers do not queue for PostgreSQL")
    def test_do_not_wait_for_one_that_was_killed_in_the_queue(
        self, database: ServiceDatabase
    ) -> None:
        holder = eventlet.spawn(write, database, "holder", pause_s=0.05)
        time.sleep(0.01)
        killed = eventlet.spawn(write, database, "killed")
        last = eventlet.spawn(write, database, "last")
        time.sleep(0.01)

        killed.kill()
        for writer in (holder, last):
            writer.wait()

        assert (count_of(database, "killed"), count_of(database, "last")) == (0, 1)

    def test_do_not_wait_for_one_that_was_killed_while_it_committed(
        self, database: ServiceDatabase
    ) -> None:
        writers = [eventlet.spawn(write, database, "killed") for _ in range(30)]
        for number, writer in enumerate(writers):
            time.sleep(0)
            eventlet.spawn_after(number % 7 * 0.0002, writer.kill)

        eventually(lambda: all(writer.dead for writer in writers))
        write(database, "after")

        assert count_of(database, "after") == 1

    @only_embedded("no native thread waits for PostgreSQL")
    def test_that_are_killed_while_they_commit_stay_until_the_disk_has_it(
        self, database: ServiceDatabase
    ) -> None:
        order: list[str] = []

        def write_down(statement: str) -> None:
            if statement.startswith("COMMIT"):
                order.append("committed")

        def write_and_commit() -> None:
            try:
                with database.writing() as connection:
                    driver: Any = connection.connection.driver_connection
                    driver.set_trace_callback(write_down)
                    connection.execute(insert(done).values(who="wang", word="", sequence=0))
            finally:
                order.append("let go")

        # Every native thread is taken for a while: the commit has to wait for one.
        taken = [
            eventlet.spawn(tpool.execute, patcher.original("time").sleep, 0.1) for _ in range(20)
        ]
        writer = eventlet.spawn(write_and_commit)
        time.sleep(0.02)

        writer.kill()
        eventually(lambda: writer.dead and all(one.dead for one in taken))

        assert order == ["committed", "let go"]

    @only_embedded("it is about the file")
    def test_hold_off_other_processes_from_their_first_read_on(
        self, database: ServiceDatabase, own: OwnBroker
    ) -> None:
        file = sqlite3.connect(own.data / "teller.sqlite", timeout=0)

        with database.writing() as connection:
            connection.execute(select(done)).all()
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                file.execute("delete from done")
            connection.execute(insert(done).values(who="wang", word="", sequence=0))
        file.close()

        assert count_of(database) == 1

    @only_embedded("on PostgreSQL nobody waits for a turn, but for a lock; see below")
    def test_are_told_to_come_again_when_it_takes_too_long(
        self, database: ServiceDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(database_module, "WRITER_PATIENCE_S", 0.02)
        holder = eventlet.spawn(write, database, "holder", pause_s=0.1)
        time.sleep(0.01)

        with pytest.raises(Unavailable) as refusal:
            write(database)
        holder.wait()

        assert refusal.value.code == "database_busy"
        assert (count_of(database), count_of(database, "holder")) == (0, 1)

    @only_embedded("no native thread waits for PostgreSQL")
    def test_wait_for_the_disk_in_another_thread_and_nowhere_else(
        self, database: ServiceDatabase
    ) -> None:
        here = patcher.original("_thread").get_ident()
        seen: dict[str, int] = {}

        def trace(statement: str) -> None:
            seen[statement.split()[0]] = patcher.original("_thread").get_ident()

        with database.writing() as connection:
            driver: Any = connection.connection.driver_connection
            driver.set_trace_callback(trace)
            connection.execute(insert(done).values(who="wang", word="", sequence=0))
        driver.set_trace_callback(None)

        assert seen["INSERT"] == here
        assert seen["COMMIT"] != here


class TestWorkerOfAService:
    def test_that_is_killed_gives_its_turn_to_the_next(self, talking: Running) -> None:
        class Hanging(Teller):
            @rpc(Permission.SERVICE_RECORDS)
            def hang(self) -> None:
                with self.work.begin():
                    self.work.connection.execute(
                        insert(done).values(who="hanging", word="", sequence=0)
                    )
                    time.sleep(60)

        talking.start(Hanging)
        asked = eventlet.spawn(_ask_in_vain, talking)
        [container] = talking.containers()
        eventually(lambda: container._worker_threads)
        time.sleep(0.02)

        for thread in list(container._worker_threads.values()):
            thread.kill()
        talking.ask("teller", "say", who="wang", words=["hello"])
        asked.wait()

        database = talking.database("teller")
        assert (count_of(database, "hanging"), count_of(database)) == (0, 1)


def _ask_in_vain(running: Running) -> None:
    with suppress(Unavailable):
        running.ask("teller", "hang", timeout_s=0.2)


class TestReading:
    def test_sees_one_state_while_others_write(self, database: ServiceDatabase) -> None:
        with database.reading() as connection:
            before = connection.execute(select(done)).all()
            write(database)
            assert connection.execute(select(done)).all() == before

        assert count_of(database) == 1

    def test_does_not_wait_for_a_writer(self, database: ServiceDatabase) -> None:
        with database.writing() as writing:
            writing.execute(insert(done).values(who="wang", word="", sequence=0))

            assert count_of(database) == 0


class TestErrors:
    def test_do_not_quote_what_was_to_be_written(self, database: ServiceDatabase) -> None:
        row = {"id": 1000, "who": "张三", "word": "secret", "sequence": 0}

        with pytest.raises(IntegrityError) as error, database.writing() as connection:
            connection.execute(insert(done), [row, row])

        assert "secret" not in str(error.value)
        assert "张三" not in str(error.value)
        assert "done" in str(error.value)


class TestWhatNoDatabaseHolds:
    @only_production("SQLite keeps NUL characters")
    def test_is_told_from_a_fault_of_ours_when_it_is_a_text(
        self, database: ServiceDatabase
    ) -> None:
        with pytest.raises(NotStorable) as error:
            write(database, "a\x00b")

        assert str(error.value) == "ValueError"
        assert str(refusal_of(error.value)) == str(does_not_fit())

    @only_embedded("PostgreSQL compares numbers of any length")
    def test_is_refused_when_it_is_a_number(self, talking: Running) -> None:
        talking.start(Teller)

        with pytest.raises(Invalid, match="does_not_fit"):
            talking.ask("teller", "events_after", row=2**63)


class TestInstant:
    @pytest.mark.parametrize(
        "at",
        [
            datetime(2026, 11, 23, 8, 0, 0, 123456, tzinfo=CHINA),
            datetime(2026, 11, 22, 16, 0, tzinfo=UTC),
            datetime(2026, 11, 22, 23, 0, tzinfo=timezone(timedelta(hours=-9, minutes=-30))),
        ],
    )
    def test_is_kept_to_the_microsecond_and_given_back_in_chinas_time(
        self, database: ServiceDatabase, at: datetime
    ) -> None:
        with database.writing() as connection:
            connection.execute(insert(moment).values(id=1, at=at))
            kept = connection.scalar(select(moment.c.at))

        assert kept == at
        assert kept.utcoffset() == timedelta(hours=8)

    def test_sorts_as_time_does(self, database: ServiceDatabase) -> None:
        first = datetime(2026, 11, 23, 7, 59, tzinfo=CHINA)
        second = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
        with database.writing() as connection:
            connection.execute(insert(moment), [{"id": 1, "at": second}, {"id": 2, "at": first}])

            assert connection.scalars(select(moment.c.id).order_by(moment.c.at)).all() == [2, 1]
            assert connection.scalars(select(moment.c.id).where(moment.c.at < second)).all() == [2]

    def test_is_none_when_it_is_none(self, database: ServiceDatabase) -> None:
        with database.writing() as connection:
            connection.execute(insert(moment).values(id=1, at=None))

            assert connection.scalar(select(moment.c.at)) is None

    def test_refuses_a_time_without_an_offset(self, database: ServiceDatabase) -> None:
        naive = datetime(2026, 11, 23)  # noqa: DTZ001 – that is what is refused

        with (
            pytest.raises(StatementError, match="without an offset"),
            database.writing() as connection,
        ):
            connection.execute(insert(moment).values(id=1, at=naive))


class TestDatabaseOf:
    def test_is_one_for_all_who_ask(self, talking: Running) -> None:
        settings = talking.settings

        assert database_of(settings, "teller") is database_of(settings, "teller")
        assert database_of(settings, "teller") is not database_of(settings, "listener")

    def test_tells_every_listener(self, database: ServiceDatabase) -> None:
        told: list[int] = []
        for number in (1, 2):
            database.on_told(partial(told.append, number))

        database.told()

        assert told == [1, 2]


class TestDoorsOnADatabaseWithoutTables:
    def test_say_that_it_is_busy(self, talking: Running) -> None:
        class Lost(Doors):
            name = "teller"

            @rpc(Permission.SERVICE_RECORDS)
            def look(self) -> None:
                self.work.connection.execute(select(moment))

        talking.start(Lost)

        with pytest.raises(Unavailable) as refusal:
            talking.ask("teller", "look")

        assert refusal.value.code == "database_busy"
