"""Time limits, delivery limits and dead letters: the same on both brokers."""

import time
from datetime import datetime
from typing import Any

import amqp
import pytest
from kombu import Connection, Producer

from tests.brokers import QUIET_S, Connect, declare, eventually, get, waiting

DEAD = {"dead_letter_exchange": "", "dead_letter_routing_key": "dead"}


@pytest.fixture
def channel(connect: Connect) -> Any:
    return connect().default_channel


@pytest.fixture
def producer(channel: Any) -> Producer:
    return Producer(channel)


@pytest.fixture
def dead(channel: Any) -> str:
    return declare(channel, "dead")


def deaths(message: Any) -> list[tuple[str, str, int, str, list[str]]]:
    return [
        (death["queue"], death["reason"], death["count"], death["exchange"], death["routing-keys"])
        for death in message.headers["x-death"]
    ]


class TestDeadLetters:
    def test_rejected_message_moves_on_with_its_story(
        self, channel: Any, producer: Producer, dead: str
    ) -> None:
        declare(channel, "work", **DEAD)
        channel.queue_bind("work", "amq.topic", "a.*")
        producer.publish(
            "x", exchange="amq.topic", routing_key="a.b", message_id="m", headers={"own": 1}
        )

        get(channel, "work").reject()

        message = get(channel, dead)
        assert message.body == "x"
        assert message.properties["message_id"] == "m"
        assert message.headers["own"] == 1
        assert deaths(message) == [("work", "rejected", 1, "amq.topic", ["a.b"])]
        assert isinstance(message.headers["x-death"][0]["time"], datetime)
        assert message.headers["x-first-death-queue"] == "work"
        assert message.headers["x-first-death-reason"] == "rejected"
        assert message.headers["x-first-death-exchange"] == "amq.topic"
        assert message.delivery_info["exchange"] == ""
        assert message.delivery_info["routing_key"] == "dead"
        assert message.delivery_info["redelivered"] is False

    def test_keeps_its_routing_key_unless_told_another(
        self, channel: Any, producer: Producer, dead: str
    ) -> None:
        channel.exchange_declare("letters", "topic", durable=True, auto_delete=False)
        channel.queue_bind(dead, "letters", "#")
        declare(channel, "work", dead_letter_exchange="letters")
        producer.publish("x", routing_key="work")

        get(channel, "work").reject()

        assert get(channel, dead).delivery_info["routing_key"] == "work"

    @pytest.mark.parametrize("exchange", ["", "nowhere"])
    def test_is_dropped_when_it_leads_nowhere(
        self, channel: Any, producer: Producer, exchange: str
    ) -> None:
        declare(channel, "work", dead_letter_exchange=exchange, dead_letter_routing_key="nobody")
        producer.publish("x", routing_key="work")

        get(channel, "work").reject()

        time.sleep(QUIET_S)
        assert waiting(channel, "work") == 0

    def test_too_long_a_queue_gives_up_its_oldest(
        self, channel: Any, producer: Producer, dead: str
    ) -> None:
        declare(channel, "work", max_length=2, **DEAD)

        for body in "abc":
            producer.publish(body, routing_key="work")

        message = get(channel, dead)
        assert message.body == "a"
        assert deaths(message) == [("work", "maxlen", 1, "", ["work"])]
        assert [get(channel, "work").body for _ in range(2)] == ["b", "c"]


class TestDeliveryLimit:
    def test_message_that_keeps_failing_is_given_up(
        self, channel: Any, producer: Producer, dead: str
    ) -> None:
        declare(channel, "work", queue_type="quorum", delivery_limit=2, **DEAD)
        producer.publish("poison", routing_key="work")

        seen = []
        for _ in range(3):
            message = get(channel, "work")
            seen.append(
                (message.headers.get("x-delivery-count", 0), message.delivery_info["redelivered"])
            )
            message.requeue()

        assert seen == [(0, False), (1, True), (2, True)]
        assert deaths(get(channel, dead)) == [("work", "delivery_limit", 1, "", ["work"])]

    def test_counts_a_consumer_that_dies(
        self, connect: Connect, channel: Any, producer: Producer, dead: str
    ) -> None:
        declare(channel, "work", queue_type="quorum", delivery_limit=1, **DEAD)
        producer.publish("poison", routing_key="work")

        for _ in range(2):
            mortal = connect()
            get(mortal.default_channel, "work")
            mortal.release()

        assert get(channel, dead).body == "poison"

    def test_goes_back_before_the_others(self, channel: Any, producer: Producer) -> None:
        declare(channel, "work", queue_type="quorum", delivery_limit=5)
        for body in "ab":
            producer.publish(body, routing_key="work")

        get(channel, "work").requeue()

        eventually(lambda: waiting(channel, "work") == 2)
        assert get(channel, "work").body == "a"

    def test_classic_queue_knows_no_limit(self, channel: Any, producer: Producer) -> None:
        declare(channel, "work", **DEAD)
        producer.publish("x", routing_key="work")

        for _ in range(5):
            get(channel, "work").requeue()

        message = get(channel, "work")
        assert "x-delivery-count" not in message.headers


class TestTimeLimits:
    def test_message_rests_and_falls_back_into_the_work_queue(
        self, channel: Any, producer: Producer
    ) -> None:
        declare(channel, "work")
        declare(
            channel,
            "rest",
            queue_type="quorum",
            message_ttl=200,
            dead_letter_exchange="",
            dead_letter_routing_key="work",
        )
        began = time.monotonic()

        for body in "abc":
            producer.publish(body, routing_key="rest", message_id=body)

        messages = [get(channel, "work") for _ in range(3)]
        assert 0.19 < time.monotonic() - began < 2.0
        assert [message.body for message in messages] == ["a", "b", "c"]
        assert deaths(messages[0]) == [("rest", "expired", 1, "", ["rest"])]

    def test_each_round_of_rejection_and_rest_is_counted(
        self, channel: Any, producer: Producer
    ) -> None:
        rest = {"dead_letter_exchange": "", "dead_letter_routing_key": "rest"}
        work = {"dead_letter_exchange": "", "dead_letter_routing_key": "work"}
        declare(channel, "work", queue_type="quorum", **rest)
        declare(channel, "rest", message_ttl=50, **work)
        producer.publish("x", routing_key="work")

        for _ in range(2):
            get(channel, "work").reject()

        message = get(channel, "work")
        assert deaths(message) == [
            ("rest", "expired", 2, "", ["rest"]),
            ("work", "rejected", 2, "", ["work"]),
        ]
        assert message.headers["x-first-death-queue"] == "work"

    def test_message_that_goes_round_untouched_is_dropped(
        self, channel: Any, producer: Producer
    ) -> None:
        declare(
            channel,
            "circle",
            message_ttl=50,
            dead_letter_exchange="",
            dead_letter_routing_key="circle",
        )

        producer.publish("x", routing_key="circle")

        assert waiting(channel, "circle") == 1
        eventually(lambda: waiting(channel, "circle") == 0)
        time.sleep(QUIET_S)
        assert waiting(channel, "circle") == 0

    def test_delivery_limit_does_not_save_from_being_dropped_in_a_circle(
        self, channel: Any, producer: Producer
    ) -> None:
        """Only `rejected` counts as touched: a retry queue behind a delivery limit loses messages."""
        rest = {"dead_letter_exchange": "", "dead_letter_routing_key": "rest"}
        work = {"dead_letter_exchange": "", "dead_letter_routing_key": "work"}
        declare(channel, "work", queue_type="quorum", delivery_limit=0, **rest)
        declare(channel, "rest", message_ttl=50, **work)
        producer.publish("x", routing_key="work")

        get(channel, "work").requeue()

        time.sleep(2 * QUIET_S)
        assert (waiting(channel, "work"), waiting(channel, "rest")) == (0, 0)

    def test_message_brings_its_own_limit_and_loses_it_when_it_dies(
        self, channel: Any, producer: Producer, dead: str
    ) -> None:
        declare(channel, "work", **DEAD)

        producer.publish("x", routing_key="work", expiration=0.05)

        message = get(channel, dead)
        assert "expiration" not in message.properties
        assert message.headers["x-death"][0]["original-expiration"] == "50"
        assert deaths(message) == [("work", "expired", 1, "", ["work"])]

    def test_shorter_limit_counts(self, channel: Any, producer: Producer, dead: str) -> None:
        declare(channel, "work", message_ttl=60_000, **DEAD)

        producer.publish("x", routing_key="work", expiration=0.05)

        assert get(channel, dead).body == "x"

    def test_expires_only_at_the_head_of_the_queue(
        self, channel: Any, producer: Producer, dead: str
    ) -> None:
        declare(channel, "work", **DEAD)
        producer.publish("long", routing_key="work")
        producer.publish("short", routing_key="work", expiration=0.05)

        time.sleep(QUIET_S)
        assert waiting(channel, "work") == 2

        get(channel, "work").ack()
        assert get(channel, dead).body == "short"

    def test_what_is_with_a_consumer_does_not_expire(
        self, channel: Any, producer: Producer, dead: str
    ) -> None:
        declare(channel, "work", message_ttl=100, **DEAD)
        producer.publish("x", routing_key="work")
        message = get(channel, "work")

        time.sleep(QUIET_S)
        assert waiting(channel, dead) == 0

        message.requeue()
        assert get(channel, dead).body == "x"

    def test_no_time_at_all_is_enough_for_a_consumer_that_stands_ready(
        self, connect: Connect, channel: Any, producer: Producer
    ) -> None:
        declare(channel, "now", message_ttl=0)
        producer.publish("nobody there", routing_key="now")
        connection: Connection = connect()
        bodies: list[str] = []
        connection.default_channel.basic_consume(
            "now", callback=lambda message: bodies.append(message.body)
        )

        producer.publish("there", routing_key="now")
        connection.drain_events(timeout=5)

        assert bodies == ["there"]

    def test_unused_queue_goes_and_a_used_one_stays(self, connect: Connect, channel: Any) -> None:
        declare(channel, "used", expires=300)
        declare(channel, "unused", expires=300)
        user = connect().default_channel
        user.basic_consume("used", "tag", callback=print)

        time.sleep(1)
        assert channel.queue_declare("used", passive=True).consumer_count == 1
        with pytest.raises(amqp.NotFound):
            channel.queue_declare("unused", passive=True)

        user.basic_cancel("tag")
        time.sleep(1)
        with pytest.raises(amqp.NotFound):
            channel.queue_declare("used", passive=True)
