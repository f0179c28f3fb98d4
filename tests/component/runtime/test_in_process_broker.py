"""What only the broker in this process does: settlement, resets, refusals, and how it waits."""

import gc
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import amqp
import pytest
from kombu import Connection, Producer

from shared.runtime.in_process.broker import Broker, broker_of, reset
from tests.brokers import declare, drain, eventually, get, waiting

ROOT = Path(__file__).parents[3]
DEAD = {"dead_letter_exchange": "", "dead_letter_routing_key": "dead"}


@pytest.fixture
def uri() -> Iterator[str]:
    uri = f"inprocess://test-{uuid.uuid4().hex}/"
    yield uri
    broker_of(uri).reset()


@pytest.fixture
def broker(uri: str) -> Broker:
    return broker_of(uri)


@pytest.fixture
def connection(uri: str) -> Iterator[Connection]:
    with Connection(uri, transport_options={"confirm_publish": True}) as connection:
        yield connection


@pytest.fixture
def channel(connection: Connection) -> Any:
    return connection.default_channel


@pytest.fixture
def settled(broker: Broker) -> list[str]:
    """Watch the message "m"; the list gets an entry when it is settled."""
    settled: list[str] = []
    broker.when_settled("m", lambda: settled.append("m"))
    return settled


def publish(channel: Any, *queues: str, **properties: Any) -> None:
    for queue in queues:
        Producer(channel).publish("x", routing_key=queue, message_id="m", **properties)


def alarm_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.endswith("broker-alarms")}


class TestSettlement:
    def test_waits_for_the_last_copy(self, channel: Any, settled: list[str]) -> None:
        for queue in ("a", "b"):
            channel.queue_bind(declare(channel, queue), "amq.fanout", "")
        Producer(channel).publish("x", exchange="amq.fanout", message_id="m")

        get(channel, "a").ack()
        assert settled == []

        get(channel, "b").ack()
        assert settled == ["m"]

    def test_comes_at_once_when_no_queue_wants_the_message(
        self, channel: Any, settled: list[str]
    ) -> None:
        assert settled == []

        publish(channel, "nobody")

        assert settled == ["m"]

    def test_comes_once(self, channel: Any, settled: list[str]) -> None:
        for _ in range(2):
            publish(channel, "nobody")

        assert settled == ["m"]

    def test_is_told_to_all_who_asked(
        self, broker: Broker, channel: Any, settled: list[str]
    ) -> None:
        broker.when_settled("m", lambda: settled.append("also"))

        publish(channel, "nobody")

        assert settled == ["m", "also"]

    def test_does_not_mix_messages_up(self, channel: Any, settled: list[str]) -> None:
        declare(channel, "q")
        publish(channel, "q")
        Producer(channel).publish("x", routing_key="nobody", message_id="other")
        Producer(channel).publish("x", routing_key="nobody")

        assert settled == []

    def test_counts_copies_that_were_there_before_anyone_asked(
        self, broker: Broker, channel: Any
    ) -> None:
        settled: list[str] = []
        declare(channel, "q")
        publish(channel, "q")
        broker.when_settled("m", lambda: settled.append("m"))
        publish(channel, "q")

        get(channel, "q").ack()
        assert settled == []

        get(channel, "q").ack()
        assert settled == ["m"]

    @pytest.mark.parametrize(
        "drop",
        [
            lambda channel: get(channel, "q").reject(),
            lambda channel: get(channel, "q", no_ack=True),
            lambda channel: channel.queue_purge("q"),
            lambda channel: channel.queue_delete("q"),
            lambda channel: (channel.basic_get("q"), channel.queue_delete("q")),
        ],
        ids=["reject", "no_ack", "purge", "delete", "delete while out"],
    )
    def test_comes_when_the_message_is_dropped(
        self, channel: Any, settled: list[str], drop: Callable[[Any], object]
    ) -> None:
        declare(channel, "q")
        publish(channel, "q")
        assert settled == []

        drop(channel)

        assert settled == ["m"]

    @pytest.mark.parametrize(
        "arguments",
        [
            {"message_ttl": 50},
            {"message_ttl": 50, "dead_letter_exchange": "nowhere"},
            {"message_ttl": 50, "dead_letter_exchange": "", "dead_letter_routing_key": "q"},
            {"max_length": 0},
            {"expires": 50},
        ],
        ids=["expired", "no such exchange", "in a circle", "too long", "queue expired"],
    )
    def test_comes_when_the_queue_gives_up(
        self, channel: Any, settled: list[str], arguments: dict[str, Any]
    ) -> None:
        declare(channel, "q", **arguments)

        publish(channel, "q")

        eventually(lambda: settled == ["m"])

    @pytest.mark.parametrize("terms", [{"exclusive": True}, {"auto_delete": True}])
    def test_comes_when_the_queue_goes_with_its_connection(
        self, channel: Any, connection: Connection, settled: list[str], terms: dict[str, Any]
    ) -> None:
        channel.queue_declare("q", **terms)
        channel.basic_consume("q", callback=lambda message: None)
        publish(channel, "q")

        connection.release()

        assert settled == ["m"]

    def test_does_not_come_when_a_message_goes_back(
        self, channel: Any, connection: Connection, settled: list[str]
    ) -> None:
        declare(channel, "q")
        publish(channel, "q")

        get(channel, "q").requeue()
        get(channel, "q")
        connection.release()

        assert settled == []

    def test_waits_for_the_dead_letter(self, channel: Any, settled: list[str]) -> None:
        declare(channel, "dead")
        declare(channel, "work", **DEAD)
        publish(channel, "work")

        get(channel, "work").reject()
        assert settled == []

        get(channel, "dead").ack()
        assert settled == ["m"]

    def test_waits_for_what_rests_between_two_tries(self, channel: Any, settled: list[str]) -> None:
        declare(channel, "work")
        declare(
            channel,
            "rest",
            message_ttl=50,
            dead_letter_exchange="",
            dead_letter_routing_key="work",
        )
        publish(channel, "work")
        first_try = get(channel, "work")
        publish(channel, "rest")
        first_try.ack()

        second_try = get(channel, "work")
        assert settled == []

        second_try.ack()
        assert settled == ["m"]

    def test_callback_may_use_the_broker(self, broker: Broker, channel: Any) -> None:
        declare(channel, "q")
        broker.when_settled("m", lambda: Producer(channel).publish("next", routing_key="q"))

        publish(channel, "nobody")

        assert get(channel, "q").body == "next"

    def test_failing_callback_does_not_hurt_the_consumer(
        self, broker: Broker, channel: Any, settled: list[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail() -> None:
            raise ValueError("of no concern to the consumer")

        broker.when_settled("m", fail)
        broker.when_settled("m", lambda: settled.append("after"))
        declare(channel, "q")
        publish(channel, "q")

        get(channel, "q").ack()

        assert settled == ["m", "after"]
        assert "of no concern to the consumer" in caplog.text


class TestBrokerOf:
    def test_name_and_vhost_separate_brokers(self) -> None:
        uris = ["inprocess://", "inprocess://one/", "inprocess://one/v", "inprocess://two/v"]

        assert len({broker_of(uri) for uri in uris}) == 4
        assert broker_of("inprocess://one/v") is broker_of("inprocess://one/v")
        reset()

    def test_finds_the_broker_of_a_connection(self, uri: str, connection: Connection) -> None:
        assert broker_of(connection) is broker_of(uri)

    def test_refuses_another_scheme(self) -> None:
        with pytest.raises(ValueError, match=r"inprocess://.*请使用"):
            broker_of("amqp://guest:secret@localhost//")


class TestReset:
    def test_forgets_everything_and_settles_nothing(
        self, uri: str, broker: Broker, connection: Connection, settled: list[str]
    ) -> None:
        declare(connection.default_channel, "q")
        publish(connection.default_channel, "q")

        broker.reset()

        assert settled == []
        with Connection(uri) as again, pytest.raises(amqp.NotFound):
            again.default_channel.queue_declare("q", passive=True)

    def test_cuts_connections_which_then_connect_anew(
        self, broker: Broker, connection: Connection
    ) -> None:
        old = connection.default_channel
        declare(old, "q")
        publish(old, "q")
        message = get(old, "q")

        broker.reset()

        assert message.channel.connection is None
        with pytest.raises(amqp.RecoverableConnectionError):
            declare(old, "q")
        declare(connection.default_channel, "q")
        publish(connection.default_channel, "q")
        assert waiting(connection.default_channel, "q") == 1

    def test_producer_that_retries_survives(self, broker: Broker, connection: Connection) -> None:
        producer = Producer(connection)
        producer.publish("x", exchange="amq.topic", routing_key="k")

        broker.reset()
        producer.publish("x", exchange="amq.topic", routing_key="k", retry=True)

        assert connection.connected


class TestRefusals:
    @pytest.mark.parametrize(
        "arguments",
        [{"x-max-priority": 9}, {"x-queue-master-locator": "random"}],
    )
    def test_refuses_an_argument_that_it_would_not_obey(
        self, channel: Any, arguments: dict[str, Any]
    ) -> None:
        [name] = arguments

        with pytest.raises(amqp.PreconditionFailed, match=f"'q', {name}.*不在可用参数之列"):
            channel.queue_declare("q", arguments=arguments)

    def test_refuses_to_refuse_what_a_full_queue_gets(self, channel: Any) -> None:
        arguments = {"x-max-length": 1, "x-overflow": "reject-publish"}

        with pytest.raises(amqp.PreconditionFailed, match="x-overflow"):
            channel.queue_declare("q", arguments=arguments)

    @pytest.mark.parametrize(
        "ask",
        [
            lambda channel: channel.exchange_declare("x", "headers"),
            lambda channel: channel.exchange_declare(
                "x", "topic", arguments={"alternate-exchange": "y"}
            ),
            lambda channel: channel.exchange_bind("amq.topic", "amq.direct", "k"),
            lambda channel: channel.basic_consume("q", callback=print, exclusive=True),
            lambda channel: channel.basic_consume("q", callback=print, arguments={"x-priority": 1}),
        ],
        ids=["headers", "alternate exchange", "exchange binding", "exclusive", "priority"],
    )
    def test_refuses_what_it_does_not_do(self, channel: Any, ask: Callable[[Any], object]) -> None:
        declare(channel, "q")

        with pytest.raises(amqp.AMQPNotImplementedError, match="不支持"):
            ask(channel)

    def test_refuses_a_consumer_tag_twice(self, channel: Any) -> None:
        declare(channel, "q")
        channel.basic_consume("q", "tag", callback=print)

        with pytest.raises(amqp.NotAllowed, match="'tag'"):
            channel.basic_consume("q", "tag", callback=print)


class TestDelivery:
    def test_what_nobody_saw_was_never_delivered(self, uri: str, channel: Any) -> None:
        declare(channel, "q", queue_type="quorum", delivery_limit=0)
        publish(channel, "q")
        with Connection(uri) as blind:
            blind.default_channel.basic_consume("q", callback=print)
            assert waiting(channel, "q") == 0

        message = get(channel, "q")

        assert message.delivery_info["redelivered"] is False

    def test_returned_on_cancelling_in_order(self, connection: Connection, channel: Any) -> None:
        declare(channel, "q")
        for number in range(3):
            Producer(channel).publish(str(number), routing_key="q")
        tag = channel.basic_consume("q", callback=print)

        channel.basic_cancel(tag)

        assert [get(channel, "q").body for _ in range(3)] == ["0", "1", "2"]
        with pytest.raises(TimeoutError):
            connection.drain_events(timeout=0)

    def test_one_who_always_finds_something_lets_others_run(
        self, connection: Connection, channel: Any
    ) -> None:
        declare(channel, "q")
        for _ in range(100):
            publish(channel, "q")
        channel.basic_consume("q", callback=lambda message: None)
        turns: list[int] = []
        is_over = False

        def take_turns() -> None:
            while not is_over:
                turns.append(1)
                time.sleep(0)

        other = threading.Thread(target=take_turns)
        other.start()
        for _ in range(100):
            connection.drain_events(timeout=1)
        is_over = True
        other.join()

        assert len(turns) >= 100


class TestEffort:
    def test_waiting_costs_nothing(self, uri: str) -> None:
        connections = [Connection(uri) for _ in range(20)]
        for number, connection in enumerate(connections):
            channel = connection.default_channel
            declare(channel, f"q{number}", message_ttl=60_000)
            channel.basic_consume(f"q{number}", callback=print)
        publish(connections[0].default_channel, "q0")
        began = time.process_time()

        with pytest.raises(TimeoutError):
            connections[1].drain_events(timeout=1)

        assert time.process_time() - began < 0.05
        for connection in connections:
            connection.release()

    def test_wakes_for_what_is_due_first_and_ends_when_nothing_is(
        self, broker: Broker, channel: Any
    ) -> None:
        others = alarm_threads()
        declare(channel, "late", message_ttl=60_000)
        declare(channel, "soon", message_ttl=50)
        for queue in ("late", "soon"):
            publish(channel, queue)

        eventually(lambda: waiting(channel, "soon") == 0)
        assert waiting(channel, "late") == 1
        assert alarm_threads() - others

        broker.reset()
        eventually(lambda: not alarm_threads() - others)

    def test_alarms_do_not_pile_up(self, broker: Broker, channel: Any) -> None:
        declare(channel, "q", message_ttl=60_000, expires=120_000)

        for _ in range(100):
            publish(channel, "q")
            get(channel, "q").ack()

        assert len(broker.alarms) == 1
        channel.queue_delete("q")
        assert len(broker.alarms) == 0

    def test_nothing_grows(self, connection: Connection, channel: Any) -> None:
        """Each round leaves by another door; in the end the process holds no more than before."""
        declare(channel, "dead")
        declare(channel, "work", queue_type="quorum", delivery_limit=0, **DEAD)
        declare(channel, "rest", message_ttl=0, **DEAD)
        channel.queue_bind("work", "amq.topic", "#")
        got: list[Any] = []
        channel.basic_consume("dead", callback=got.append)

        def send(rounds: int) -> None:
            for number in range(rounds):
                Producer(channel).publish(
                    "x", exchange="amq.topic", routing_key=f"k.{number}", message_id=str(number)
                )
                message = get(channel, "work")
                [message.ack, message.reject, message.requeue][number % 3]()
                Producer(channel).publish("x", routing_key="rest", message_id=str(number))
                Producer(channel).publish("x", routing_key="nobody", message_id=str(number))
                channel.queue_delete(channel.queue_declare("", auto_delete=False).queue)
                drain(connection, quiet_s=0)
                while got:
                    channel.basic_ack(got.pop().delivery_tag)

        rounds = 700

        def growth() -> int:
            gc.collect()
            before = len(gc.get_objects())
            send(rounds)
            gc.collect()
            return len(gc.get_objects()) - before

        send(100)

        # Others in this process make objects of their own now and then; a leak shows every time, and
        # leaves something behind in every round, or in every third.
        assert min(growth() for _ in range(3)) < rounds / 3

    @pytest.mark.parametrize("case", ["plain_threads", "asyncio_hub"])
    def test_works_in_other_kinds_of_process(self, case: str) -> None:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", f"tests.component.runtime.{case}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        assert done.returncode == 0, done.stderr
        assert done.stdout == "ok\n"
