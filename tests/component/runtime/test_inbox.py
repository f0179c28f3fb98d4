"""The inbox: an event delivered twice takes effect once, and a handler may keep the order."""

from datetime import timedelta
from typing import Any

import pytest
from kombu import Connection
from kombu.pools import producers
from sqlalchemy import select

from shared.kernel.clock import china_now
from shared.runtime.database import ServiceDatabase
from shared.runtime.identity import identity_of
from shared.runtime.inbox import (
    Delivery,
    Early,
    EnvelopeBroken,
    Inbox,
    delivery_from,
    forget_handler,
    forget_taken,
)
from shared.runtime.relay import envelope
from shared.runtime.tables import dead_letter, inbox, inbox_position, outbox
from shared.runtime.topology import events_exchange
from tests.brokers import eventually
from tests.component.running import Running
from tests.component.talkers import Teller, a_listener, done

HANDLER = "listener.hear_word"


@pytest.fixture
def database(talking: Running) -> ServiceDatabase:
    return talking.database("listener")


def a_delivery(event_id: str = "e-1", who: str = "wang", sequence: int = 1) -> Delivery:
    return Delivery(
        event_id=event_id,
        event_type="teller.word.said.v1",
        aggregate_id=who,
        sequence=sequence,
        occurred_at=china_now(),
    )


def take(database: ServiceDatabase, delivery: Delivery, *, keeps_order: bool = False) -> bool:
    with database.writing() as connection:
        return Inbox(connection, HANDLER, keeps_order=keeps_order).take(delivery)


class TestInbox:
    def test_takes_an_event_once(self, database: ServiceDatabase) -> None:
        assert take(database, a_delivery())
        assert not take(database, a_delivery())

    def test_takes_it_again_when_its_transaction_was_not_kept(
        self, database: ServiceDatabase
    ) -> None:
        with database.writing() as connection:
            Inbox(connection, HANDLER, keeps_order=False).take(a_delivery())
            connection.rollback()

        assert take(database, a_delivery())

    def test_takes_it_for_each_handler(self, database: ServiceDatabase) -> None:
        take(database, a_delivery())

        with database.writing() as connection:
            assert Inbox(connection, "listener.other", keeps_order=False).take(a_delivery())

    def test_takes_events_in_any_order_when_it_keeps_none(self, database: ServiceDatabase) -> None:
        taken = [take(database, a_delivery(f"e-{n}", sequence=n)) for n in (3, 1, 2)]

        assert taken == [True, True, True]


class TestInboxThatKeepsTheOrder:
    def test_takes_events_in_the_order_of_their_numbers(self, database: ServiceDatabase) -> None:
        for number in (1, 2, 3):
            assert take(database, a_delivery(f"e-{number}", sequence=number), keeps_order=True)

    def test_says_what_is_missing_before_an_early_one(self, database: ServiceDatabase) -> None:
        take(database, a_delivery(), keeps_order=True)

        with pytest.raises(Early, match="wang: event 3 came after event 1") as early:
            take(database, a_delivery("e-3", sequence=3), keeps_order=True)

        assert early.value.taken == 1

    def test_waits_for_the_first_of_an_aggregate_it_does_not_know(
        self, database: ServiceDatabase
    ) -> None:
        with pytest.raises(Early) as early:
            take(database, a_delivery(sequence=2), keeps_order=True)

        assert early.value.taken == 0

    def test_passes_over_a_late_one(self, database: ServiceDatabase) -> None:
        for number in (1, 2):
            take(database, a_delivery(f"e-{number}", sequence=number), keeps_order=True)

        assert not take(database, a_delivery("e-1", sequence=1), keeps_order=True)
        assert not take(database, a_delivery("e-2", sequence=2), keeps_order=True)

    def test_keeps_the_order_of_each_aggregate_apart(self, database: ServiceDatabase) -> None:
        take(database, a_delivery("e-1"), keeps_order=True)

        assert take(database, a_delivery("e-2", who="li"), keeps_order=True)
        assert take(database, a_delivery("e-3", sequence=2), keeps_order=True)


class TestForgetting:
    def test_a_handler_lets_it_take_everything_again_and_nobody_else(
        self, database: ServiceDatabase
    ) -> None:
        take(database, a_delivery("e-1"))
        take(database, a_delivery("e-2", who="li"), keeps_order=True)
        with database.writing() as connection:
            assert forget_handler(connection, HANDLER) == {"li": 1}
            assert forget_handler(connection, HANDLER) == {}
            assert forget_handler(connection, "other.hear_word") == {"wang": 99}

        assert take(database, a_delivery("e-1"))
        assert take(database, a_delivery("e-2", who="li"), keeps_order=True)

    def test_old_entries_leaves_the_new(self, database: ServiceDatabase) -> None:
        take(database, a_delivery("e-1"))
        cut = china_now()
        take(database, a_delivery("e-2"))

        with database.writing() as connection:
            gone = forget_taken(connection, cut)

        assert gone == 6  # with the five of other people
        assert take(database, a_delivery("e-1"))
        assert not take(database, a_delivery("e-2"))


class TestDeliveryFrom:
    def test_reads_the_envelope(self) -> None:
        now = china_now()

        read = delivery_from(
            {
                "event_id": "e-1",
                "event_type": "teller.word.said.v1",
                "aggregate_id": "wang",
                "sequence": 7,
                "occurred_at": now.isoformat(),
                "tries": 2,
                "call_id": "another's",
            }
        )

        assert (read.event_id, read.sequence, read.occurred_at) == ("e-1", 7, now)
        assert read.occurred_at.utcoffset() == timedelta(hours=8)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("event_id", None),
            ("event_id", "x" * 37),
            ("event_id", "a\x00b"),
            ("aggregate_id", china_now()),
            ("sequence", True),
            ("sequence", 0),
            ("sequence", 2**31),
            ("occurred_at", "2026-11-28T00:00:00"),
        ],
    )
    def test_refuses_what_is_no_envelope_without_quoting_it(self, name: str, value: Any) -> None:
        headers = {
            "event_id": "e-1",
            "event_type": "teller.word.said.v1",
            "aggregate_id": "wang",
            "sequence": 7,
            "occurred_at": china_now().isoformat(),
        }

        with pytest.raises(EnvelopeBroken) as broken:
            delivery_from(headers | {name: value})

        assert str(value) not in str(broken.value)


def publish(running: Running, *sequences: int) -> None:
    """Send some of what the teller told of wang, as its relay would, in this order."""
    wanted = {
        row.sequence: row
        for row in running.rows("teller", select(outbox).where(outbox.c.aggregate_id == "wang"))
    }
    with producers[Connection(running.settings.broker_url)].acquire() as producer:
        for sequence in sequences:
            row = wanted[sequence]
            producer.publish(
                row.payload,
                exchange=events_exchange("teller"),
                routing_key=row.event_type,
                headers=identity_of(running.settings, "teller").sign(envelope(row), row.payload),
                serializer="json",
                message_id=row.event_id,
            )


def heard(running: Running) -> list[str]:
    words = select(done.c.word).where(done.c.who == "wang").order_by(done.c.id)
    return [row.word for row in running.rows("listener", words)]


class TestOverTheBus:
    """The teller's relay stands still; each test sends what it wants, when it wants."""

    def start(self, talking: Running, *, keeps_order: bool, words: str = "abcd") -> None:
        talking.start(Teller, a_listener(keeps_order=keeps_order), relays=False)
        talking.ask("teller", "say", who="wang", words=list(words))

    @pytest.mark.parametrize("keeps_order", [True, False])
    def test_delivered_twice_is_done_once(self, talking: Running, keeps_order: bool) -> None:
        self.start(talking, keeps_order=keeps_order)

        publish(talking, 1, 1, 2, 1, 2, 3)

        eventually(lambda: "c" in heard(talking))
        publish(talking, 4)
        eventually(lambda: "d" in heard(talking))
        assert sorted(heard(talking)) == ["a", "b", "c", "d"]

    def test_an_early_one_waits_for_those_that_are_on_their_way(self, talking: Running) -> None:
        self.start(talking, keeps_order=True)

        publish(talking, 2, 3, 1)

        eventually(lambda: len(heard(talking)) == 3)
        assert heard(talking) == ["a", "b", "c"]

    def test_what_is_missing_is_asked_for(self, talking: Running) -> None:
        self.start(talking, keeps_order=True)

        publish(talking, 3)

        eventually(lambda: len(heard(talking)) == 3)
        assert heard(talking) == ["a", "b", "c"]

    def test_what_comes_late_is_passed_over(self, talking: Running) -> None:
        self.start(talking, keeps_order=True)
        publish(talking, 3)
        eventually(lambda: len(heard(talking)) == 3)

        publish(talking, 1, 2, 3, 4)

        eventually(lambda: len(heard(talking)) == 4)
        assert heard(talking) == ["a", "b", "c", "d"]

    def test_two_with_the_same_gap_fill_it_once(self, talking: Running) -> None:
        self.start(talking, keeps_order=True)

        publish(talking, 3, 4)

        eventually(lambda: len(heard(talking)) == 4)
        assert heard(talking) == ["a", "b", "c", "d"]

    def test_a_listener_who_comes_late_hears_from_the_beginning(self, talking: Running) -> None:
        talking.start(Teller, relays=False)
        talking.ask("teller", "say", who="wang", words=list("abcd"))
        talking.crash()

        talking.start(Teller, a_listener(keeps_order=True), relays=False)
        publish(talking, 4)

        eventually(lambda: len(heard(talking)) == 4)
        assert heard(talking) == ["a", "b", "c", "d"]

    def test_a_gap_that_nobody_can_fill_for_now_is_filled_later(self, talking: Running) -> None:
        talking.start(Teller, relays=False)
        talking.ask("teller", "say", who="wang", words=list("ab"))
        talking.crash()
        listener = a_listener(keeps_order=True)
        talking.settings.rpc_timeout_s = 0.1
        talking.settings.retry_delays_s = (0.1, 5)
        talking.start(listener)

        publish(talking, 2)  # the teller is away

        eventually(lambda: _was_put_off(talking))
        assert heard(talking) == []
        talking.start(Teller, relays=False)
        eventually(lambda: heard(talking) == ["a", "b"])
        assert talking.count("listener", dead_letter, dead_letter.c.replayed_at.is_(None)) == 0

    def test_the_order_is_kept_among_many(self, talking: Running) -> None:
        talking.start(Teller, a_listener(keeps_order=True))
        for turn in range(10):
            for who in ("wang", "li", "zhao"):
                talking.ask("teller", "say", who=who, words=[str(turn * 2), str(turn * 2 + 1)])

        eventually(lambda: talking.count("listener", done, done.c.who != "noise") == 60)

        for who in ("wang", "li", "zhao"):
            words = select(done.c.word).where(done.c.who == who).order_by(done.c.id)
            assert [word for (word,) in talking.rows("listener", words)] == [
                str(n) for n in range(20)
            ]
        positions = talking.rows(
            "listener", select(inbox_position).where(inbox_position.c.handler == HANDLER)
        )
        assert {row.aggregate_id: row.sequence for row in positions} == dict.fromkeys(
            ("wang", "li", "zhao"), 20
        )

    def test_effect_and_entry_are_one_transaction(self, talking: Running) -> None:
        self.start(talking, keeps_order=False)

        publish(talking, 1, 2)

        eventually(lambda: len(heard(talking)) == 2)
        assert talking.count("listener", inbox, inbox.c.handler == HANDLER) == 2


def _was_put_off(running: Running) -> bool:
    """Tell whether the event rests before its second try: in a queue that is made for it."""
    return running.has_queue(f"evt--{HANDLER}.retry.100ms")
