"""What others must hear is written with the rows, and in the order it happened."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import eventlet
import pytest
from sqlalchemy import select

from shared.contracts.event import aggregate_id
from shared.kernel.actor import Actor
from shared.kernel.clock import china_now
from shared.kernel.errors import RuleBroken
from shared.kernel.rights import Role
from shared.runtime.call import Call, CommandKey
from shared.runtime.database import ServiceDatabase
from shared.runtime.outbox import SHARDS, ContractBroken, Outbox, told_from
from shared.runtime.tables import outbox
from shared.runtime.work import Work
from tests.component.running import Running
from tests.component.talkers import Teller, WordSaid

CALL = Call(
    call_id="call-1",
    actor=Actor.of("zhang", Role.MEDIATOR, place_code="420802"),
    matter_no="P20261123-0000018",
    command=CommandKey(key="k-1", fingerprint="f-1"),
)


@pytest.fixture
def database(talking: Running) -> ServiceDatabase:
    return talking.database("teller")


def rows_of(database: ServiceDatabase, aggregate: str = "wang") -> list[Any]:
    with database.reading() as connection:
        of_aggregate = select(outbox).where(outbox.c.aggregate_id == aggregate)
        return list(connection.execute(of_aggregate.order_by(outbox.c.id)))


def put(database: ServiceDatabase, *told: Any, call: Call = CALL, **more: Any) -> None:
    work = Work(database)
    with work.begin():
        for event in told:
            Outbox(work, call).put(event, **more)
    work.keep()


class TestOutbox:
    def test_holds_the_event_and_its_envelope(self, database: ServiceDatabase) -> None:
        before = china_now()

        put(database, WordSaid(who="wang", word="你好"))

        [row] = rows_of(database)
        assert (row.event_type, row.aggregate_id, row.sequence) == (
            "teller.word.said.v1",
            "wang",
            1,
        )
        assert "his secret" not in str(row.payload)
        assert database.sealer.opened_body(row.event_type, row.payload) == {
            "who": "wang",
            "word": "你好",
            "personal": {"secret": "his secret"},
        }
        assert before <= row.occurred_at <= china_now()
        assert row.published_at is None

    def test_says_whose_doing_it_was_but_not_under_which_key(
        self, database: ServiceDatabase
    ) -> None:
        put(database, WordSaid(who="wang", word=""))

        [row] = rows_of(database)
        assert row.headers == {
            "nameko.call_id": "call-1",
            "nameko.account": "zhang",
            "nameko.rights": ["mediator@420802"],
            "nameko.matter_no": "P20261123-0000018",
        }

    def test_does_not_say_whose_doing_it_was_when_he_is_to_stay_unnamed(
        self, database: ServiceDatabase
    ) -> None:
        put(database, WordSaid(who="wang", word=""), unnamed=True)

        [row] = rows_of(database)
        assert "zhang" not in str(row)
        assert row.headers["nameko.call_id"] == "call-1"

    def test_takes_the_time_it_happened_when_it_is_told(self, database: ServiceDatabase) -> None:
        happened = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)

        put(database, WordSaid(who="wang", word=""), occurred_at=happened)

        assert [row.occurred_at for row in rows_of(database)] == [happened]

    def test_numbers_the_events_of_each_aggregate_from_one(self, database: ServiceDatabase) -> None:
        put(database, *(WordSaid(who=who, word="") for who in ("wang", "li", "wang")))
        put(database, WordSaid(who="wang", word=""))

        assert [row.sequence for row in rows_of(database, "wang")] == [1, 2, 3]
        assert [row.sequence for row in rows_of(database, "li")] == [1]
        assert [row.sequence for row in rows_of(database, "noise")] == [1, 2, 3, 4, 5]

    def test_leaves_no_gap_when_a_transaction_is_not_kept(self, database: ServiceDatabase) -> None:
        put(database, WordSaid(who="wang", word="1"))
        lost = Work(database)
        with lost.begin():
            Outbox(lost, CALL).put(WordSaid(who="wang", word="lost"))
        lost.close()

        put(database, WordSaid(who="wang", word="2"))

        assert [(r.sequence, r.payload["word"]) for r in rows_of(database)] == [(1, "1"), (2, "2")]

    def test_numbers_on_when_two_tell_of_one_aggregate_at_once(
        self, database: ServiceDatabase
    ) -> None:
        first = Work(database)
        with first.begin():
            Outbox(first, CALL).put(WordSaid(who="wang", word="first"))
        assert first.connection.scalar(select(1)) == 1  # before it, what waited is written
        second = eventlet.spawn(put, database, WordSaid(who="wang", word="second"))
        eventlet.sleep(0.05)
        assert not second.dead

        first.keep()
        second.wait()

        assert [row.sequence for row in rows_of(database)] == [1, 2]

    def test_puts_all_events_of_an_aggregate_into_one_shard(
        self, database: ServiceDatabase
    ) -> None:
        people = [f"person {number}" for number in range(100)]
        put(database, *(WordSaid(who=who, word=word) for who in people for word in ("a", "b")))

        shards = {who: {row.shard for row in rows_of(database, who)} for who in people}

        assert all(len(of_one) == 1 for of_one in shards.values())
        assert set().union(*shards.values()) == set(range(SHARDS))

    def test_wakes_the_relay_once_it_is_kept_and_not_before(
        self, database: ServiceDatabase
    ) -> None:
        told: list[int] = []
        database.on_told(lambda: told.append(len(rows_of(database))))
        work = Work(database)
        with work.begin():
            Outbox(work, CALL).put(WordSaid(who="wang", word=""))
            Outbox(work, CALL).put(WordSaid(who="wang", word=""))
            assert told == []

        work.keep()

        assert told == [2]

    def test_stays_empty_when_the_command_is_refused(self, talking: Running) -> None:
        talking.start(Teller)

        with pytest.raises(RuleBroken):
            talking.ask("teller", "say", who="wang", words=["a", "b"], fails=True)

        assert talking.count("teller", outbox, outbox.c.aggregate_id == "wang") == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterMoved:
    event_type: ClassVar[str] = "teller.matter.moved.v1"
    aggregate: ClassVar[str] = "matter_id"

    matter_id: int
    matter_no: str


class TestMatterNo:
    def test_of_the_event_is_on_its_envelope(self, database: ServiceDatabase) -> None:
        put(database, MatterMoved(matter_id=7, matter_no="P20261124-0000010"))

        [row] = rows_of(database, "7")
        assert row.headers["nameko.matter_no"] == "P20261124-0000010"

    def test_is_the_calls_when_the_event_has_none(self, database: ServiceDatabase) -> None:
        put(database, WordSaid(who="wang", word=""))

        [row] = rows_of(database)
        assert row.headers["nameko.matter_no"] == "P20261123-0000018"


class TestToldFrom:
    def test_reads_what_was_put(self) -> None:
        told = WordSaid(who="wang", word="你好")
        payload = {"who": "wang", "word": "你好", "personal": {"secret": "his secret"}}

        assert told_from(WordSaid, payload) == told
        assert aggregate_id(told) == "wang"

    def test_passes_over_fields_from_tomorrow(self) -> None:
        payload = {"who": "wang", "word": "", "mood": "good", "personal": {"secret": "", "age": 3}}

        assert told_from(WordSaid, payload).word == ""  # type: ignore[attr-defined]

    def test_names_what_is_wrong_without_quoting_it(self) -> None:
        payload = {"who": ["张三"], "personal": {"secret": {"of": "张三"}}}

        with pytest.raises(ContractBroken) as broken:
            told_from(WordSaid, payload)

        assert str(broken.value) == (
            "teller.word.said.v1: who string_type, word missing, personal.secret string_type"
        )
