"""The relay sends what lies in the outbox: all of it, in order, and again after a crash."""

import time
import uuid
from collections.abc import Iterator
from functools import partial
from typing import Any

import amqp
import pytest
from sqlalchemy import insert, select

from deploy.rabbitmq import PrivateRabbit
from shared.kernel.clock import china_now
from shared.kernel.ids import new_id
from shared.runtime import relay as relay_module
from shared.runtime.publishing import Outgoing, Window
from shared.runtime.relay import MOST_UNDER_WAY, WINDOW, Relay
from shared.runtime.tables import inbox_position, outbox
from tests.brokers import eventually
from tests.component.running import Ear, OwnBroker, Running, own_settings
from tests.component.talkers import Teller, WordSaid, a_listener, done
from tests.profiles import only_embedded, only_production

WAITING = outbox.c.published_at.is_(None)


@pytest.fixture(autouse=True)
def _marks_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the relay mark and sweep at once: a test has no seconds to wait."""
    monkeypatch.setattr(relay_module, "MARK_EVERY_S", 0.0)
    monkeypatch.setattr(relay_module, "SWEEP_S", 0.02)


@pytest.fixture
def ear(own: OwnBroker) -> Iterator[Ear]:
    ear = Ear(own, "teller")
    yield ear
    ear.close()


def say(running: Running, who: str, *words: object) -> None:
    running.ask("teller", "say", who=who, words=[str(word) for word in words])


def waiting(running: Running) -> int:
    return running.count("teller", outbox, WAITING)


def heard_of(running: Running, who: str) -> list[str]:
    heard = select(done.c.word).where(done.c.who == who).order_by(done.c.id)
    return [word for (word,) in running.rows("listener", heard)]


class TestSending:
    def test_keeps_the_order_over_several_windows(self, talking: Running, ear: Ear) -> None:
        talking.start(Teller)
        for turn in range(5):
            say(talking, "wang", *range(turn * 50, turn * 50 + 50))
            say(talking, "li", turn)

        told = ear.take(255)

        words = [message.payload for message in told]
        assert [w["word"] for w in words if w["who"] == "wang"] == [str(n) for n in range(250)]
        assert [w["word"] for w in words if w["who"] == "li"] == ["0", "1", "2", "3", "4"]
        sequences = [m.headers["sequence"] for m in told if m.headers["aggregate_id"] == "wang"]
        assert sequences == list(range(1, 251))

    def test_puts_the_envelope_into_the_headers(self, talking: Running, ear: Ear) -> None:
        talking.start(Teller)
        say(talking, "wang", "hello")

        [message] = ear.take(1)

        [row] = talking.rows("teller", select(outbox).where(outbox.c.aggregate_id == "wang"))
        assert message.properties["message_id"] == row.event_id
        assert message.properties["delivery_mode"] == 2
        assert message.delivery_info["routing_key"] == "teller.word.said.v1"
        envelope = {name: message.headers[name] for name in ("event_id", "event_type", "sequence")}
        assert envelope == {
            "event_id": row.event_id,
            "event_type": "teller.word.said.v1",
            "sequence": 1,
        }
        assert message.headers["occurred_at"] == row.occurred_at.isoformat()
        assert message.headers["nameko.account"] == "everybody"

    def test_sends_nothing_that_was_sent_before(self, talking: Running, ear: Ear) -> None:
        talking.start(Teller)
        say(talking, "wang", "hello")

        told = ear.take(1)

        assert [message.headers["aggregate_id"] for message in told] == ["wang"]
        assert ear.waiting() == 0

    def test_begins_at_the_commit_and_not_at_the_next_sweep(
        self, talking: Running, ear: Ear, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(relay_module, "SWEEP_S", 60)
        talking.start(Teller)
        say(talking, "wang", "first")
        ear.take(1)

        say(talking, "wang", "second")

        ear.take(1)

    def test_sweeps_what_another_process_left(self, talking: Running, ear: Ear) -> None:
        talking.start(Teller)
        with talking.database("teller").writing() as connection:
            connection.execute(
                insert(outbox).values(
                    event_id=new_id(),
                    event_type="teller.word.said.v1",
                    aggregate_id="wang",
                    sequence=1,
                    occurred_at=china_now(),
                    headers={},
                    payload={"who": "wang", "word": "left behind"},
                )
            )

        [message] = ear.take(1)

        assert message.payload["word"] == "left behind"

    def test_waits_until_every_service_stands_ready(self, talking: Running, ear: Ear) -> None:
        talking.start(Teller, relays=False)
        say(talking, "wang", "hello")
        time.sleep(0.05)
        assert ear.waiting() == 0

        talking.may_relay.set()

        ear.take(1)

    def test_stops_when_its_service_stops(self, talking: Running) -> None:
        relay = Relay(talking.settings, talking.database("teller"))
        relay.stop()

        relay.run()

        assert relay._stopping


class TestMarking:
    @only_embedded("RabbitMQ keeps what it has confirmed; the broker in the process forgets it")
    def test_waits_until_every_queue_has_done_with_it(self, talking: Running, ear: Ear) -> None:
        talking.start(Teller, a_listener())
        say(talking, "wang", "hello")
        [message] = ear.take(1)
        eventually(lambda: heard_of(talking, "wang") == ["hello"])
        time.sleep(0.05)
        assert waiting(talking) == 1

        message.ack()

        eventually(lambda: waiting(talking) == 0)

    @only_production("what RabbitMQ has confirmed is safe")
    def test_does_not_wait_for_any_queue_to_have_done_with_it(
        self, talking: Running, ear: Ear
    ) -> None:
        talking.start(Teller)
        say(talking, "wang", "hello")

        eventually(lambda: waiting(talking) == 0)

        assert ear.waiting() == 1

    def test_counts_an_event_as_safe_that_nobody_needs_to_hear(
        self, talking: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(relay_module, "UNHEARD", {WordSaid.event_type})
        talking.start(Teller)
        say(talking, "wang", *range(3))

        eventually(lambda: waiting(talking) == 0)

    def test_comes_a_window_at_a_time_or_when_it_is_due(
        self, talking: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(relay_module, "MARK_EVERY_S", 60)
        monkeypatch.setattr(relay_module, "RENEW_EVERY_S", 60)
        talking.start(Teller, a_listener())
        say(talking, "wang", "first")
        eventually(lambda: waiting(talking) == 0)
        say(talking, "wang", "second")
        time.sleep(0.06)
        assert waiting(talking) == 1

        say(talking, "wang", *range(WINDOW))

        eventually(lambda: waiting(talking) < WINDOW)


class TestCrash:
    def test_before_marking_sends_it_again_and_the_inbox_drops_it(
        self, talking: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        listener = a_listener()
        with monkeypatch.context() as crashing:
            crashing.setattr(Relay, "_mark_safe", lambda self: None)
            talking.start(Teller, listener)
            say(talking, "wang", "a", "b", "c")
            eventually(lambda: heard_of(talking, "wang") == ["a", "b", "c"])
            talking.crash()
        assert waiting(talking) == 3
        again = Ear(talking.settings, "teller")

        talking.start(Teller, listener)

        told = again.take(3)
        assert [message.payload["word"] for message in told] == ["a", "b", "c"]
        for message in told:
            message.ack()
        eventually(lambda: waiting(talking) == 0)
        assert heard_of(talking, "wang") == ["a", "b", "c"]
        again.close()

    def test_before_sending_loses_nothing(self, talking: Running) -> None:
        listener = a_listener()
        talking.start(Teller, listener, relays=False)
        say(talking, "wang", *range(130))
        talking.crash()

        talking.start(Teller, listener)

        eventually(lambda: len(heard_of(talking, "wang")) == 130)
        assert sorted(heard_of(talking, "wang"), key=int) == [str(n) for n in range(130)]

    def test_while_they_are_handled_loses_nothing_and_does_nothing_twice(
        self, talking: Running
    ) -> None:
        listener = a_listener(keeps_order=True)
        talking.start(Teller, listener)
        for some in (range(20), range(20, 40)):
            say(talking, "wang", *some)
            eventually(partial(_has_heard_a_part, talking, some))
            talking.crash()
            talking.start(Teller, listener)
        say(talking, "wang", *range(40, 60))

        eventually(lambda: len(heard_of(talking, "wang")) >= 60)

        assert heard_of(talking, "wang") == [str(n) for n in range(60)]
        [position] = talking.rows(
            "listener",
            select(inbox_position.c.sequence).where(
                inbox_position.c.handler == "listener.hear_word"
            ),
        )
        assert position == (60,)


def _has_heard_a_part(running: Running, words: range) -> bool:
    return len(heard_of(running, "wang")) > words.start + 5


class TestBrokerThatRefuses:
    def test_for_a_while_delays_the_events_and_loses_none(
        self, talking: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        refused: list[str] = []

        def refuse(_window: Window, messages: list[Outgoing]) -> None:
            refused.append(messages[0].body["word"])
            raise amqp.RecoverableConnectionError

        talking.start(Teller, a_listener(keeps_order=True), relays=False)
        say(talking, "wang", "a", "b")
        with monkeypatch.context() as refusing:
            refusing.setattr(Window, "send", refuse)
            talking.may_relay.set()
            eventually(lambda: len(refused) > 3)

        eventually(lambda: waiting(talking) == 0)

        assert set(refused) == {"a"}
        # RabbitMQ has confirmed them; hearing them may take a moment more.
        eventually(lambda: heard_of(talking, "wang") == ["a", "b"])


class TestEventThatNoQueueWants:
    @pytest.fixture(autouse=True)
    def _offers_soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(relay_module, "OFFER_AGAIN_S", 0.05)

    def test_stays_and_is_reported_until_one_does(self, talking: Running) -> None:
        talking.start(Teller)
        say(talking, "wang", *range(3))
        eventually(lambda: unsent(talking) == [("teller.word.said.v1", 3, 3)])
        assert waiting(talking) == 3

        talking.start(a_listener(keeps_order=True))

        eventually(lambda: heard_of(talking, "wang") == ["0", "1", "2"])
        eventually(lambda: unsent(talking) == [])

    def test_does_not_hold_up_others(
        self, talking: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(relay_module, "WINDOW", 5)
        talking.start(Teller, a_listener(), relays=False)
        with talking.database("teller").writing() as connection:
            connection.execute(insert(outbox), [lost_event(number) for number in range(1, 21)])
        say(talking, "wang", "hello")

        talking.may_relay.set()

        eventually(lambda: heard_of(talking, "wang") == ["hello"])
        eventually(lambda: ("other.thing.lost.v1", 20, 20) in unsent(talking))


def unsent(running: Running) -> list[tuple[str, int, int]]:
    return [
        (waiting["event_type"], waiting["events"], waiting["unroutable"])
        for waiting in running.ask("teller", "unsent_events")
    ]


def lost_event(number: int) -> dict[str, Any]:
    return {
        "event_id": new_id(),
        "event_type": "other.thing.lost.v1",
        "aggregate_id": "lost",
        "sequence": number,
        "occurred_at": china_now(),
        "headers": {},
        "payload": {},
    }


class TestUnderWay:
    @only_embedded("what RabbitMQ has confirmed is no longer under way")
    def test_has_an_end(self, talking: Running, ear: Ear) -> None:
        talking.start(Teller)
        for turn in range(8):
            say(talking, "wang", *range(turn * 100, turn * 100 + 100))
        told = ear.take(MOST_UNDER_WAY)
        time.sleep(0.1)
        assert ear.waiting() < WINDOW

        for message in told:
            message.ack()

        rest = ear.take(800 - MOST_UNDER_WAY)
        assert [m.headers["sequence"] for m in (*told, *rest)] == list(range(1, 801))


class TestOnRabbitMQ:
    @pytest.fixture
    def relayed(self, rabbit: PrivateRabbit, talking: Running) -> Iterator[Running]:
        """Give the teller on a broker whose only queue takes one message and refuses more."""
        broker = rabbit.add_vhost(f"relay-{uuid.uuid4().hex[:8]}")
        relayed = Running(own_settings(talking.settings.data, broker=broker))
        yield relayed
        relayed.crash()

    @pytest.fixture
    def full(self, relayed: Running) -> Iterator[Ear]:
        full = Ear(
            relayed.settings,
            "teller",
            queue_arguments={"x-max-length": 1, "x-overflow": "reject-publish"},
        )
        yield full
        full.close()

    def test_sends_again_what_the_broker_refused(self, relayed: Running, full: Ear) -> None:
        relayed.start(Teller)
        say(relayed, "wang", *range(3))
        eventually(lambda: full.waiting() == 1)
        time.sleep(0.1)
        assert waiting(relayed) == 2
        told: list[str] = []

        while len(set(told)) < 3:
            [message] = full.take(1)
            told.append(message.payload["word"])
            message.ack()

        eventually(lambda: waiting(relayed) == 0)

    def test_marks_nothing_that_the_broker_refused(self, relayed: Running, full: Ear) -> None:
        relayed.start(Teller, relays=False)
        say(relayed, "wang", *range(3))
        relay = Relay(relayed.settings, relayed.database("teller"))

        relay._send_all()

        assert waiting(relayed) == 2
