"""Who gets a message, when, and what becomes of it: the same on both brokers."""

import threading
import time
from typing import Any

import amqp
import pytest
from amqp.exceptions import ConsumerCancelled
from kombu import Connection, Producer

from tests.brokers import Connect, declare, drain, eventually, get, waiting


@pytest.fixture
def connection(connect: Connect) -> Connection:
    return connect()


@pytest.fixture
def channel(connection: Connection) -> Any:
    return connection.default_channel


@pytest.fixture
def queue(channel: Any) -> str:
    return declare(channel, "q")


def publish(channel: Any, queue: str, *bodies: str) -> None:
    for body in bodies:
        Producer(channel).publish(body, routing_key=queue)


class Listener:
    """A consumer that remembers what it was sent, and acknowledges nothing by itself."""

    def __init__(
        self, connection: Connection, queue: str, *, prefetch: int = 0, no_ack: bool = False
    ) -> None:
        self.connection = connection
        self.channel = connection.channel()
        self.channel.basic_qos(0, prefetch, False)
        self.messages: list[Any] = []
        self.tag = self.channel.basic_consume(queue, no_ack=no_ack, callback=self.take)

    def take(self, message: Any) -> None:
        self.messages.append(self.channel.message_to_python(message))

    @property
    def bodies(self) -> list[str]:
        return [message.body for message in self.messages]

    def drain(self, count: int) -> None:
        """Take what is sent: so many messages in all, and whatever comes then."""
        drain(self.connection, until=lambda: len(self.messages) >= count)


class TestOrder:
    def test_is_first_in_first_out(self, channel: Any, queue: str) -> None:
        publish(channel, queue, *"abcde")

        assert [get(channel, queue).body for _ in range(5)] == list("abcde")

    def test_consumers_take_turns(self, connect: Connect, channel: Any, queue: str) -> None:
        first, second = Listener(connect(), queue), Listener(connect(), queue)

        publish(channel, queue, *"abcdef")
        for listener in (first, second):
            listener.drain(3)

        assert sorted([first.bodies, second.bodies]) == [["a", "c", "e"], ["b", "d", "f"]]

    @pytest.mark.parametrize("returning", ["ab", "ba"])
    def test_rejected_message_returns_to_its_place(
        self, channel: Any, queue: str, returning: str
    ) -> None:
        publish(channel, queue, *"abcd")
        out = {body: get(channel, queue) for body in "ab"}

        for body in returning:
            out[body].requeue()

        again = [get(channel, queue) for _ in range(4)]
        assert [message.body for message in again] == list("abcd")
        assert [message.body for message in again if message.delivery_info["redelivered"]] == [
            "a",
            "b",
        ]

    def test_rejected_message_returns_to_its_own_queue_only(self, channel: Any) -> None:
        for name in ("a", "b"):
            channel.queue_bind(declare(channel, name), "amq.fanout", "")
        Producer(channel).publish("x", exchange="amq.fanout")

        get(channel, "a").requeue()

        assert get(channel, "a").delivery_info["redelivered"] is True
        assert waiting(channel, "a") == 0
        assert waiting(channel, "b") == 1


class TestAcknowledging:
    def test_acknowledged_message_is_gone(
        self, connection: Connection, connect: Connect, channel: Any, queue: str
    ) -> None:
        publish(channel, queue, "x")
        get(channel, queue).ack()

        connection.release()

        assert waiting(connect().default_channel, queue) == 0

    def test_rejected_message_is_gone_when_nobody_wants_dead_letters(
        self, connection: Connection, connect: Connect, channel: Any, queue: str
    ) -> None:
        publish(channel, queue, "x")
        get(channel, queue).reject()

        connection.release()

        assert waiting(connect().default_channel, queue) == 0

    def test_acknowledges_several_at_once(
        self, connection: Connection, connect: Connect, channel: Any, queue: str
    ) -> None:
        publish(channel, queue, *"abc")
        messages = [get(channel, queue) for _ in range(3)]

        messages[1].ack(multiple=True)
        connection.release()

        other = connect().default_channel
        eventually(lambda: waiting(other, queue) == 1)
        assert get(other, queue).body == "c"

    def test_acknowledging_twice_is_an_error(self, channel: Any, queue: str) -> None:
        publish(channel, queue, "x")
        message = get(channel, queue)
        message.ack()

        def acknowledge_again() -> None:
            channel.basic_ack(message.delivery_tag)
            waiting(channel, queue)  # RabbitMQ complains in its own time

        with pytest.raises(amqp.PreconditionFailed, match="unknown delivery tag 1"):
            acknowledge_again()

    def test_get_without_ack_takes_the_message_away(
        self, connection: Connection, connect: Connect, channel: Any, queue: str
    ) -> None:
        publish(channel, queue, "x")
        assert get(channel, queue, no_ack=True).body == "x"
        assert channel.basic_get(queue) is None

        connection.release()

        assert waiting(connect().default_channel, queue) == 0

    @pytest.mark.parametrize("closes", ["channel", "connection"])
    def test_what_was_not_acknowledged_returns_in_order_at_the_end(
        self, connect: Connect, channel: Any, queue: str, closes: str
    ) -> None:
        publish(channel, queue, *"abcd")
        listener = Listener(connect(), queue, prefetch=3)
        listener.drain(3)
        assert listener.bodies == list("abc")
        listener.messages[1].ack()

        if closes == "channel":
            listener.channel.close()
        else:
            listener.connection.release()

        eventually(lambda: waiting(channel, queue) == 3)
        again = [get(channel, queue) for _ in range(3)]
        assert [message.body for message in again] == ["a", "c", "d"]
        # "d" was on its way when the listener left: RabbitMQ marks that, too, as redelivered.
        assert [message.delivery_info["redelivered"] for message in again[:2]] == [True, True]

    def test_recover_sends_everything_again(
        self, connection: Connection, channel: Any, queue: str
    ) -> None:
        publish(channel, queue, *"ab")
        listener = Listener(connection, queue)
        listener.drain(2)

        listener.channel.basic_recover(requeue=True)
        listener.drain(4)

        assert listener.bodies == ["a", "b", "a", "b"]


class TestPrefetch:
    def test_holds_back_what_a_consumer_has_no_room_for(
        self, connection: Connection, channel: Any, queue: str
    ) -> None:
        publish(channel, queue, *"abcde")
        listener = Listener(connection, queue, prefetch=2)

        listener.drain(2)
        assert listener.bodies == ["a", "b"]
        assert waiting(channel, queue) == 3

        listener.messages[0].ack()
        listener.drain(3)
        assert listener.bodies == ["a", "b", "c"]

        listener.messages[1].reject()
        listener.drain(4)
        assert listener.bodies == ["a", "b", "c", "d"]

    def test_counts_each_consumer_of_a_channel_for_itself(
        self, connection: Connection, channel: Any, queue: str
    ) -> None:
        publish(channel, queue, *"abcdef")
        bodies: list[str] = []
        channel.basic_qos(0, 2, False)
        for tag in ("one", "two"):
            channel.basic_consume(
                queue, consumer_tag=tag, callback=lambda message: bodies.append(message.body)
            )

        drain(connection, until=lambda: len(bodies) >= 4)

        assert bodies == list("abcd")

    def test_global_limit_holds_for_the_whole_channel(
        self, connection: Connection, channel: Any, queue: str
    ) -> None:
        publish(channel, queue, *"abcdef")
        messages: list[Any] = []
        channel.basic_qos(0, 3, True)
        for tag in ("one", "two"):
            channel.basic_consume(queue, consumer_tag=tag, callback=messages.append)
        drain(connection, until=lambda: len(messages) >= 3)
        assert len(messages) == 3

        channel.basic_ack(messages[0].delivery_tag)
        drain(connection, until=lambda: len(messages) >= 4)

        assert len(messages) == 4

    def test_room_in_a_channel_is_room_for_each_of_its_queues(
        self, connection: Connection, channel: Any
    ) -> None:
        messages: list[Any] = []
        channel.basic_qos(0, 1, True)
        for name in ("a", "b"):
            channel.basic_consume(declare(channel, name), callback=messages.append)
            publish(channel, name, name)
        drain(connection, until=lambda: messages)
        assert [message.body for message in messages] == ["a"]

        channel.basic_ack(messages[0].delivery_tag)
        drain(connection, until=lambda: len(messages) >= 2)

        assert [message.body for message in messages] == ["a", "b"]

    def test_passes_over_a_consumer_without_room(
        self, connect: Connect, channel: Any, queue: str
    ) -> None:
        busy, free = Listener(connect(), queue, prefetch=1), Listener(connect(), queue)

        publish(channel, queue, *"abcd")
        busy.drain(1)
        free.drain(3)

        assert len(busy.bodies) == 1
        assert len(free.bodies) == 3

    def test_does_not_hold_back_from_one_who_never_acknowledges(
        self, connection: Connection, channel: Any, queue: str
    ) -> None:
        publish(channel, queue, *"abc")
        listener = Listener(connection, queue, prefetch=1, no_ack=True)

        eventually(lambda: waiting(channel, queue) == 0)
        listener.drain(3)

        assert listener.bodies == ["a", "b", "c"]
        listener.channel.close()
        assert waiting(channel, queue) == 0


class TestCancelling:
    def test_consumer_gets_nothing_more(
        self, connection: Connection, channel: Any, queue: str
    ) -> None:
        listener = Listener(connection, queue)
        publish(channel, queue, "a")
        listener.drain(1)

        listener.channel.basic_cancel(listener.tag)
        publish(channel, queue, "b")
        listener.drain(1)

        assert listener.bodies == ["a"]
        assert channel.queue_declare(queue, passive=True)[1:] == (1, 0)

    def test_may_still_acknowledge_what_he_has(
        self, connection: Connection, connect: Connect, channel: Any, queue: str
    ) -> None:
        publish(channel, queue, "a")
        listener = Listener(connection, queue)
        listener.drain(1)
        listener.channel.basic_cancel(listener.tag)

        listener.messages[0].ack()
        connection.release()

        assert waiting(connect().default_channel, queue) == 0

    def test_auto_delete_queue_goes_with_its_last_consumer(
        self, connection: Connection, channel: Any
    ) -> None:
        channel.queue_declare("short", durable=True, auto_delete=True)
        first, second = Listener(connection, "short"), Listener(connection, "short")

        first.channel.basic_cancel(first.tag)
        assert channel.queue_declare("short", passive=True).consumer_count == 1

        second.channel.close()
        with pytest.raises(amqp.NotFound):
            channel.queue_declare("short", passive=True)

    def test_consumers_without_a_name_get_names_of_their_own(
        self, channel: Any, queue: str
    ) -> None:
        first, second = (channel.basic_consume(queue, callback=print) for _ in range(2))
        channel.basic_cancel(first)

        third = channel.basic_consume(queue, callback=print)

        assert len({first, second, third}) == 3
        assert channel.queue_declare(queue, passive=True).consumer_count == 2

    def test_consumer_learns_that_its_queue_was_deleted(
        self, connect: Connect, channel: Any, queue: str
    ) -> None:
        listener = Listener(connect(), queue)

        channel.queue_delete(queue)

        with pytest.raises(ConsumerCancelled):
            listener.drain(1)

    def test_consumer_may_ask_to_be_told_of_that_quietly(
        self, connection: Connection, connect: Connect, channel: Any, queue: str
    ) -> None:
        told: list[str] = []
        other = connect().default_channel
        channel.basic_consume(queue, "tag", callback=print, on_cancel=told.append)

        other.queue_delete(queue)
        drain(connection, until=lambda: told)

        assert told == ["tag"]


class TestDraining:
    def test_times_out(self, connection: Connection, channel: Any, queue: str) -> None:
        Listener(connection, queue)
        began = time.monotonic()

        with pytest.raises(TimeoutError):
            connection.drain_events(timeout=0.2)

        assert 0.19 < time.monotonic() - began < 2.0

    def test_looks_once_when_it_may_not_wait(self, connection: Connection, queue: str) -> None:
        Listener(connection, queue)

        with pytest.raises(TimeoutError):
            connection.drain_events(timeout=0)

    def test_publishing_wakes_who_waits(self, connect: Connect, channel: Any, queue: str) -> None:
        listener = Listener(connect(), queue)
        woken_at: list[float] = []

        def wait() -> None:
            listener.connection.drain_events(timeout=5)
            woken_at.append(time.monotonic())

        waiter = threading.Thread(target=wait)
        waiter.start()
        time.sleep(0.1)
        published_at = time.monotonic()
        publish(channel, queue, "x")
        waiter.join()

        assert listener.bodies == ["x"]
        assert woken_at[0] - published_at < 0.5

    def test_closed_connection_can_be_used_no_more(
        self, connection: Connection, channel: Any, queue: str
    ) -> None:
        publish(channel, queue, "x")
        message = get(channel, queue)

        connection.release()

        assert message.channel.connection is None  # how nameko learns that it need not acknowledge
        with pytest.raises(amqp.RecoverableConnectionError):
            message.ack()


class TestSingleActiveConsumer:
    """Of a queue declared so, one consumer takes and the others stand by."""

    @pytest.fixture
    def one_at_a_time(self, channel: Any) -> str:
        terms = {"queue_type": "quorum", "single_active_consumer": True}
        return declare(channel, "one-at-a-time", **terms)

    def test_is_who_came_first(self, connect: Connect, channel: Any, one_at_a_time: str) -> None:
        first = Listener(connect(), one_at_a_time)
        second = Listener(connect(), one_at_a_time)

        publish(channel, one_at_a_time, "a", "b", "c")

        first.drain(3)
        second.drain(0)
        assert (first.bodies, second.bodies) == (["a", "b", "c"], [])

    def test_is_not_relieved_while_it_has_no_room(
        self, connect: Connect, channel: Any, one_at_a_time: str
    ) -> None:
        first = Listener(connect(), one_at_a_time, prefetch=1)
        second = Listener(connect(), one_at_a_time)

        publish(channel, one_at_a_time, "a", "b")

        first.drain(1)
        second.drain(0)
        assert (first.bodies, second.bodies) == (["a"], [])
        assert waiting(channel, one_at_a_time) == 1

    def test_that_goes_leaves_what_it_held_to_the_next(
        self, connect: Connect, channel: Any, one_at_a_time: str
    ) -> None:
        first = Listener(connect(), one_at_a_time)
        second = Listener(connect(), one_at_a_time)
        third = Listener(connect(), one_at_a_time)
        publish(channel, one_at_a_time, "a", "b", "c")
        first.drain(3)
        first.messages[0].ack()

        first.connection.release()

        second.drain(2)
        publish(channel, one_at_a_time, "d")
        second.drain(3)
        third.drain(0)
        assert second.bodies == ["b", "c", "d"]
        assert third.bodies == []

    def test_that_cancels_is_followed_before_it_has_settled(
        self, connect: Connect, channel: Any, one_at_a_time: str
    ) -> None:
        first = Listener(connect(), one_at_a_time, prefetch=1)
        second = Listener(connect(), one_at_a_time)
        publish(channel, one_at_a_time, "a", "b")
        first.drain(1)

        first.channel.basic_cancel(first.tag)

        second.drain(1)
        assert second.bodies == ["b"]
        first.messages[0].reject(requeue=True)
        second.drain(2)
        assert second.bodies == ["b", "a"]

    def test_that_stood_by_and_went_is_passed_over(
        self, connect: Connect, channel: Any, one_at_a_time: str
    ) -> None:
        first = Listener(connect(), one_at_a_time)
        second = Listener(connect(), one_at_a_time)
        third = Listener(connect(), one_at_a_time)
        second.connection.release()
        first.connection.release()

        publish(channel, one_at_a_time, "a")

        third.drain(1)
        assert third.bodies == ["a"]
