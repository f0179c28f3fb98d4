"""A command is done once and answered twice the same, whatever happens on the way."""

import time
from datetime import timedelta
from functools import partial
from typing import Any

import eventlet
import pytest
from greenlet import GreenletExit
from sqlalchemy import Connection, event, insert, select

from shared.kernel.clock import china_now
from shared.kernel.errors import Invalid, RuleBroken, Unavailable
from shared.kernel.rights import Permission
from shared.runtime.call import CommandKey
from shared.runtime.database import ServiceDatabase
from shared.runtime.doors import command
from shared.runtime.tables import answered_command, outbox
from shared.runtime.work import AnsweredBefore, Work, forget_answers
from tests.component.running import Running
from tests.component.talkers import Teller, done

KEY = CommandKey(key="k-1", fingerprint="f-1")


@pytest.fixture
def teller(talking: Running) -> Running:
    talking.start(Teller)
    return talking


@pytest.fixture
def database(talking: Running) -> ServiceDatabase:
    return talking.database("teller")


def words_of(running: Running, who: str) -> list[str]:
    return [row.word for row in running.rows("teller", select(done).where(done.c.who == who))]


def do(database: ServiceDatabase, key: CommandKey | None, answer: Any, who: str = "wang") -> Any:
    """Do a command as a door does."""
    work = Work(database, key)
    try:
        work.raise_if_answered()
        with work.begin():
            work.connection.execute(insert(done).values(who=who, word="once", sequence=0))
        work.keep(answer)
    except AnsweredBefore as before:
        return before.answer
    finally:
        work.close()
    return answer


class TestCommandKey:
    def test_gives_the_same_answer_again_and_does_nothing(self, teller: Running) -> None:
        first = teller.ask("teller", "say", key="k-1", who="wang", words=["hello"])

        again = teller.ask("teller", "say", key="k-1", who="wang", words=["hello"])

        assert again == first
        assert words_of(teller, "wang") == ["hello"]
        assert teller.count("teller", outbox, outbox.c.aggregate_id == "wang") == 1

    def test_is_refused_for_another_request(self, teller: Running) -> None:
        teller.ask("teller", "say", key="k-1", who="wang", words=["hello"])

        with pytest.raises(Invalid) as refusal:
            teller.ask(
                "teller", "say", key="k-1", fingerprint="another body", who="wang", words=["bye"]
            )

        assert refusal.value.code == "idempotency_key_reused"
        assert words_of(teller, "wang") == ["hello"]

    def test_leaves_commands_of_other_keys_and_of_none_alone(self, teller: Running) -> None:
        answers = [
            teller.ask("teller", "say", key=key, who="wang", words=["hello"])
            for key in ("k-1", "k-2", None, None)
        ]

        assert len({answer["answer_id"] for answer in answers}) == 4
        assert words_of(teller, "wang") == ["hello"] * 4

    def test_is_free_again_after_a_refusal(self, teller: Running) -> None:
        with pytest.raises(RuleBroken, match="not_now"):
            teller.ask("teller", "say", key="k-1", who="wang", words=["hello"], fails=True)
        assert words_of(teller, "wang") == []

        teller.ask("teller", "say", key="k-1", who="wang", words=["hello"])

        assert words_of(teller, "wang") == ["hello"]

    def test_of_a_command_that_answers_nothing_counts_too(self, database: ServiceDatabase) -> None:
        for _ in range(2):
            assert do(database, KEY, None) is None

        with database.reading() as connection:
            assert len(connection.execute(select(done).where(done.c.who == "wang")).all()) == 1

    def test_has_one_effect_when_two_come_at_once(self, talking: Running) -> None:
        class SlowTeller(Teller):
            @command(Permission.OWN_SIGN_IN)
            def say_slowly(self, who: str) -> dict[str, str]:
                time.sleep(0.05)  # all of them have looked for the key by now
                with self.work.begin():
                    self.work.connection.execute(insert(done).values(who=who, word="", sequence=0))
                return {"by": self.call.call_id}

        talking.start(SlowTeller)
        asked = [
            eventlet.spawn(talking.ask, "teller", "say_slowly", key="k-1", who="wang")
            for _ in range(5)
        ]

        answers = [one.wait() for one in asked]

        assert answers == [answers[0]] * 5
        assert words_of(talking, "wang") == [""]

    def test_survives_a_worker_that_dies_between_commit_and_answer(self, talking: Running) -> None:
        class DyingTeller(Teller):
            dies = True

            @command(Permission.OWN_SIGN_IN)
            def say_and_die(self, who: str) -> dict[str, str]:
                with self.work.begin():
                    self.work.connection.execute(insert(done).values(who=who, word="", sequence=0))
                if DyingTeller.dies:
                    self.work.after_keep("die", _die)
                return {"by": self.call.call_id}

        talking.start(DyingTeller)
        with pytest.raises(Unavailable) as lost:
            talking.ask("teller", "say_and_die", key="k-1", who="wang", timeout_s=0.2)
        assert lost.value.code == "service_slow"
        assert words_of(talking, "wang") == [""]
        DyingTeller.dies = False

        answers = [talking.ask("teller", "say_and_die", key="k-1", who="wang") for _ in range(2)]

        assert answers[0] == answers[1]
        assert words_of(talking, "wang") == [""]


def _die() -> None:
    raise GreenletExit


def _add(connection: Connection, rows: list[dict[str, Any]]) -> None:
    connection.execute(insert(done), rows)


def _waiting_to_write(database: ServiceDatabase, word: str, key: str | None = None) -> Work:
    """Return a work with nothing but a row that waits."""
    work = Work(database, None if key is None else CommandKey(key=key, fingerprint="f-1"))
    with work.begin():
        work.write(_add, {"who": "wang", "word": word, "sequence": 0})
    return work


def _words(database: ServiceDatabase) -> list[str]:
    with database.reading() as connection:
        return sorted(connection.scalars(select(done.c.word).where(done.c.who == "wang")))


class TestRowsThatWait:
    def test_are_seen_by_the_next_statement(self, database: ServiceDatabase) -> None:
        work = _waiting_to_write(database, "one")

        seen = work.connection.scalars(select(done.c.word).where(done.c.who == "wang")).all()

        assert seen == ["one"]
        work.close()
        assert _words(database) == []

    def test_are_gone_when_the_work_is_not_kept(self, database: ServiceDatabase) -> None:
        work = _waiting_to_write(database, "one")

        work.close()
        work.keep()

        assert _words(database) == []

    def test_of_many_works_are_kept_in_few_transactions(self, database: ServiceDatabase) -> None:
        commits: list[Connection] = []
        event.listen(database.engine, "commit", commits.append)
        works = [_waiting_to_write(database, f"{number:02}", f"k-{number}") for number in range(20)]

        for keeping in [eventlet.spawn(work.keep, "answer") for work in works]:
            keeping.wait()

        assert _words(database) == [f"{number:02}" for number in range(20)]
        assert len(commits) <= 2  # whoever came first did not wait, all others came together

    def test_of_a_command_kept_before_are_left_out_alone(self, database: ServiceDatabase) -> None:
        _waiting_to_write(database, "before", "k-3").keep("then")
        works = [_waiting_to_write(database, f"{number}", f"k-{number}") for number in range(6)]
        answers: dict[str, Any] = {}

        def keep(number: int, work: Work) -> None:
            try:
                work.keep("now")
                answers[f"k-{number}"] = "now"
            except AnsweredBefore as before:
                answers[f"k-{number}"] = before.answer

        for keeping in [eventlet.spawn(keep, *numbered) for numbered in enumerate(works)]:
            keeping.wait()

        assert answers == {f"k-{number}": "then" if number == 3 else "now" for number in range(6)}
        assert _words(database) == ["0", "1", "2", "4", "5", "before"]

    def test_that_cannot_be_written_harm_no_others(self, database: ServiceDatabase) -> None:
        works = [_waiting_to_write(database, f"{number}") for number in range(6)]
        works[4].write(_fail, "anything")
        failed: list[int] = []

        def keep(number: int, work: Work) -> None:
            try:
                work.keep()
            except ZeroDivisionError:
                failed.append(number)

        for keeping in [eventlet.spawn(keep, *numbered) for numbered in enumerate(works)]:
            keeping.wait()

        assert failed == [4]
        assert _words(database) == ["0", "1", "2", "3", "5"]

    def test_are_in_doubt_when_the_worker_that_keeps_them_is_ended(
        self, database: ServiceDatabase
    ) -> None:
        works = [_waiting_to_write(database, f"{number}") for number in range(4)]
        works[0].write(_wait_a_moment, "anything")
        first, ended, joined = (eventlet.spawn(work.keep) for work in works[:3])
        eventlet.sleep(0.02)

        ended.kill()

        with pytest.raises(Unavailable) as doubt:
            joined.wait()
        assert doubt.value.code == "cut_short"
        first.wait()
        works[3].keep()
        assert _words(database) == ["0", "3"]


def _fail(_connection: Connection, _rows: list[Any]) -> None:
    raise ZeroDivisionError


def _wait_a_moment(_connection: Connection, _rows: list[Any]) -> None:
    eventlet.sleep(0.2)


class TestWork:
    def test_keeps_nothing_that_was_not_kept(self, database: ServiceDatabase) -> None:
        work = Work(database, KEY)
        with work.begin():
            work.connection.execute(insert(done).values(who="wang", word="", sequence=0))

        work.close()

        with database.reading() as connection:
            assert not connection.execute(select(done).where(done.c.who == "wang")).all()
            keys = connection.scalars(select(answered_command.c.key)).all()
        assert keys == ["noise"]

    def test_begun_inside_itself_is_the_same_transaction(self, database: ServiceDatabase) -> None:
        work = Work(database, KEY)
        with work.begin():
            work.connection.execute(insert(done).values(who="wang", word="outer", sequence=0))
            with work.begin():
                work.connection.execute(insert(done).values(who="wang", word="inner", sequence=0))
            with database.reading() as other:
                assert not other.execute(select(done).where(done.c.who == "wang")).all()

        work.keep("answer")

        with database.reading() as other:
            words = other.scalars(select(done.c.word).where(done.c.who == "wang")).all()
        assert words == ["outer", "inner"]

    def test_sees_in_its_transaction_what_was_kept_since_it_last_read(
        self, database: ServiceDatabase
    ) -> None:
        work = Work(database)
        wangs = select(done).where(done.c.who == "wang")
        assert not work.connection.execute(wangs).all()
        do(database, None, None)

        with work.begin():
            seen = work.connection.execute(wangs).all()
        work.close()

        assert len(seen) == 1

    def test_acts_after_it_is_kept_and_once_for_each_name(self, database: ServiceDatabase) -> None:
        acts: list[str] = []
        work = Work(database)
        with work.begin():
            for act in ("first", "second"):
                work.after_keep("hint", partial(acts.append, act))
            work.after_keep("other", lambda: acts.append("other"))
            assert acts == []

        work.keep()

        assert acts == ["second", "other"]

    def test_does_not_act_when_it_is_not_kept(self, database: ServiceDatabase) -> None:
        acts: list[str] = []
        work = Work(database)
        with work.begin():
            work.after_keep("hint", lambda: acts.append("hint"))

        work.close()
        work.keep()

        assert acts == []

    def test_can_be_closed_twice_and_used_again(self, database: ServiceDatabase) -> None:
        work = Work(database)
        work.close()
        work.close()

        with work.begin():
            work.connection.execute(insert(done).values(who="wang", word="", sequence=0))
        work.keep()

        with database.reading() as connection:
            assert connection.execute(select(done).where(done.c.who == "wang")).all()


def words(connection: Connection) -> list[str]:
    wanted = select(done.c.word).where(done.c.who == "wang").order_by(done.c.id)
    return list(connection.scalars(wanted))


def say(database: ServiceDatabase, word: str) -> None:
    with database.writing() as connection:
        connection.execute(insert(done).values(who="wang", word=word, sequence=0))


class TestLook:
    def test_sees_what_was_kept_before(self, database: ServiceDatabase) -> None:
        work = Work(database)
        before = work.look(words)
        say(database, "hello")

        assert (before, work.look(words)) == ([], ["hello"])

    def test_needs_no_transaction_of_its_own(self, database: ServiceDatabase) -> None:
        work = Work(database)
        with work.begin():
            work.write(lambda connection, rows: say(database, *rows), "later")
            assert work.look(words) == []
        work.close()

    def test_sees_in_a_transaction_what_is_not_kept_yet(self, database: ServiceDatabase) -> None:
        work = Work(database)
        with work.begin():
            work.connection.execute(insert(done).values(who="wang", word="mine", sequence=0))
            assert work.look(words) == ["mine"]
        work.close()

        assert Work(database).look(words) == []

    def test_is_done_once_for_those_who_look_together(self, database: ServiceDatabase) -> None:
        reads: list[list[str]] = []

        def slowly(connection: Connection) -> list[str]:
            eventlet.sleep(0.05)  # as long as others need to come
            reads.append(words(connection))
            return reads[-1]

        say(database, "hello")
        pool = eventlet.GreenPool(12)
        found = list(pool.imap(lambda _: Work(database).look(slowly), range(12)))

        assert found == [["hello"]] * 12
        assert len(reads) <= 3

    def test_tells_each_of_them_of_a_failure(self, database: ServiceDatabase) -> None:
        def fails(connection: Connection) -> None:
            eventlet.sleep(0.05)
            raise LookupError("not readable")

        def one(_: int) -> str:
            try:
                Work(database).look(fails)
            except LookupError as error:
                return str(error)
            return "nothing"

        assert set(eventlet.GreenPool(4).imap(one, range(4))) == {"not readable"}
        assert Work(database).look(words) == []


class TestForgetAnswers:
    def test_deletes_those_too_old_to_be_asked_for_again(self, database: ServiceDatabase) -> None:
        do(database, KEY, "new")

        with database.writing() as connection:
            gone = forget_answers(connection, china_now() - timedelta(days=1))

        with database.reading() as connection:
            kept = connection.scalars(select(answered_command.c.key)).all()
        assert (gone, kept) == (1, ["k-1"])
