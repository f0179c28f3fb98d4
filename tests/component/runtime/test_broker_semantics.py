"""Exchanges, queues and publishing: the same on the broker in this process and on RabbitMQ."""

from typing import Any

import amqp
import pytest
from kombu import Connection, Producer

from tests.brokers import Connect, declare, drain, get, waiting

DURABLE = {"durable": True, "auto_delete": False}


@pytest.fixture
def connection(connect: Connect) -> Connection:
    return connect()


@pytest.fixture
def channel(connection: Connection) -> Any:
    return connection.default_channel


@pytest.fixture
def producer(channel: Any) -> Producer:
    return Producer(channel)


class TestRouting:
    @pytest.mark.parametrize(
        ("binding_key", "routing_key", "is_routed"),
        [
            ("a.b", "a.b", True),
            ("a.b", "a.c", False),
            ("a.*", "a.b", True),
            ("a.*", "a", False),
            ("a.*", "a.b.c", False),
            ("*.b", "a.b", True),
            ("#", "", True),
            ("*", "", False),
            ("*", "a", True),
            ("#", "a.b.c", True),
            ("a.#", "a", True),
            ("a.#", "a.b.c", True),
            ("a.#.z", "a.z", True),
            ("a.#.z", "a.b.c.z", True),
            ("a.#.z", "a.b.c", False),
            ("#.b.#", "b", True),
            ("#.b.#", "a.c", False),
            ("a.*.c", "a..c", True),
            ("a+.*", "aa.b", False),
        ],
    )
    def test_matches_topics_word_by_word(
        self, channel: Any, producer: Producer, binding_key: str, routing_key: str, is_routed: bool
    ) -> None:
        channel.exchange_declare("topics", "topic", **DURABLE)
        channel.queue_bind(declare(channel, "q"), "topics", binding_key)

        producer.publish("x", exchange="topics", routing_key=routing_key)

        assert waiting(channel, "q") == int(is_routed)

    def test_direct_exchange_compares_the_key(self, channel: Any, producer: Producer) -> None:
        channel.exchange_declare("direct", "direct", **DURABLE)
        channel.queue_bind(declare(channel, "one"), "direct", "one")
        channel.queue_bind(declare(channel, "star"), "direct", "*")

        producer.publish("x", exchange="direct", routing_key="one")

        assert (waiting(channel, "one"), waiting(channel, "star")) == (1, 0)

    def test_fanout_exchange_reaches_every_queue_once(
        self, channel: Any, producer: Producer
    ) -> None:
        channel.exchange_declare("all", "fanout", **DURABLE)
        for queue, key in [("a", ""), ("a", "again"), ("b", "other")]:
            channel.queue_bind(declare(channel, queue), "all", key)

        producer.publish("x", exchange="all", routing_key="anything")

        assert (waiting(channel, "a"), waiting(channel, "b")) == (1, 1)

    def test_default_exchange_leads_to_the_queue_of_that_name(
        self, channel: Any, producer: Producer
    ) -> None:
        declare(channel, "named")

        producer.publish("x", routing_key="named")

        assert waiting(channel, "named") == 1

    def test_queue_bound_twice_gets_one_copy(self, channel: Any, producer: Producer) -> None:
        channel.exchange_declare("topics", "topic", **DURABLE)
        for key in ("a.*", "*.b", "a.b"):
            channel.queue_bind(declare(channel, "q"), "topics", key)

        producer.publish("x", exchange="topics", routing_key="a.b")

        assert waiting(channel, "q") == 1

    def test_unbound_queue_gets_nothing_more(self, channel: Any, producer: Producer) -> None:
        channel.exchange_declare("topics", "topic", **DURABLE)
        for key in ("a.*", "b"):
            channel.queue_bind(declare(channel, "q"), "topics", key)
        channel.queue_unbind("q", "topics", "a.*")
        channel.queue_unbind("q", "topics", "never bound")

        for key in ("a.b", "b"):
            producer.publish(key, exchange="topics", routing_key=key)

        assert get(channel, "q").body == "b"
        assert waiting(channel, "q") == 0


class TestDeclaring:
    def test_tells_how_many_messages_and_consumers(self, channel: Any, producer: Producer) -> None:
        declare(channel, "q")
        for _ in range(3):
            producer.publish("x", routing_key="q")
        channel.basic_get("q")
        channel.basic_qos(0, 1, False)

        channel.basic_consume("q", "tag", callback=lambda message: None)

        name, messages, consumers = channel.queue_declare("q", passive=True)
        assert (name, messages, consumers) == ("q", 1, 1)

    def test_names_a_queue_that_has_no_name(self, channel: Any) -> None:
        first, second = (channel.queue_declare("", **DURABLE).queue for _ in range(2))

        assert first.startswith("amq.gen-")
        assert first != second

    def test_passive_declaration_wants_a_queue_or_exchange_that_is_there(
        self, channel: Any
    ) -> None:
        with pytest.raises(amqp.NotFound, match="NOT_FOUND - no queue 'nowhere'"):
            channel.queue_declare("nowhere", passive=True)
        with pytest.raises(amqp.NotFound, match="NOT_FOUND - no exchange 'nowhere'"):
            channel.exchange_declare("nowhere", "topic", passive=True)

    def test_second_declaration_must_say_the_same(self, channel: Any) -> None:
        declare(channel, "q", message_ttl=1000)
        declare(channel, "q", message_ttl=1000)
        channel.exchange_declare("x", "topic", **DURABLE)

        with pytest.raises(amqp.PreconditionFailed, match="inequivalent arg"):
            declare(channel, "q")
        with pytest.raises(amqp.PreconditionFailed, match="inequivalent arg"):
            channel.exchange_declare("x", "direct", **DURABLE)

    @pytest.mark.parametrize(
        ("terms", "arguments"),
        [
            (DURABLE, {"x-message-ttl": -1}),
            (DURABLE, {"x-message-ttl": "1000"}),
            (DURABLE, {"x-delivery-limit": 3}),
            (DURABLE, {"x-dead-letter-routing-key": "k"}),
            ({**DURABLE, "durable": False}, {"x-queue-type": "quorum"}),
            ({**DURABLE, "auto_delete": True}, {"x-queue-type": "quorum"}),
            ({**DURABLE, "exclusive": True}, {"x-queue-type": "quorum"}),
        ],
    )
    def test_refuses_what_does_not_go_together(
        self, channel: Any, terms: dict[str, Any], arguments: dict[str, Any]
    ) -> None:
        with pytest.raises(amqp.PreconditionFailed, match="'q'"):
            channel.queue_declare("q", arguments=arguments, **terms)

        with pytest.raises(amqp.NotFound):
            channel.queue_declare("q", passive=True)

    def test_purge_drops_what_waits_and_keeps_what_is_out(
        self, channel: Any, producer: Producer
    ) -> None:
        declare(channel, "q")
        for body in ("out", "waits", "waits"):
            producer.publish(body, routing_key="q")
        out = get(channel, "q")

        purged = channel.queue_purge("q")
        out.requeue()

        assert purged == 2
        assert get(channel, "q").body == "out"

    def test_deleted_queue_is_gone_with_its_bindings(
        self, channel: Any, producer: Producer
    ) -> None:
        channel.exchange_declare("topics", "topic", **DURABLE)
        channel.queue_bind(declare(channel, "q"), "topics", "#")
        producer.publish("x", routing_key="q")

        assert channel.queue_delete("q") == 1
        assert channel.queue_delete("q") == 0

        declare(channel, "q")
        producer.publish("x", exchange="topics", routing_key="k")
        assert waiting(channel, "q") == 0

    def test_deletes_only_what_is_unused_or_empty_when_told_so(
        self, channel: Any, producer: Producer
    ) -> None:
        channel.exchange_declare("topics", "topic", **DURABLE)
        channel.queue_bind(declare(channel, "q"), "topics", "#")
        producer.publish("x", routing_key="q")

        with pytest.raises(amqp.PreconditionFailed):
            channel.queue_delete("q", if_empty=True)
        with pytest.raises(amqp.PreconditionFailed):
            channel.exchange_delete("topics", if_unused=True)

        channel.exchange_delete("topics")
        with pytest.raises(amqp.NotFound):
            producer.publish("x", exchange="topics", routing_key="k")

    def test_nothing_is_bound_to_the_default_exchange_by_hand(self, channel: Any) -> None:
        declare(channel, "q")

        with pytest.raises(amqp.AccessRefused):
            channel.queue_bind("q", "", "other")

    def test_auto_delete_exchange_goes_with_its_last_binding(self, channel: Any) -> None:
        channel.exchange_declare("short", "topic", durable=True, auto_delete=True)
        channel.queue_bind(declare(channel, "q"), "short", "#")

        channel.queue_delete("q")

        with pytest.raises(amqp.NotFound):
            channel.exchange_declare("short", "topic", passive=True)


class TestExclusiveQueue:
    @pytest.mark.parametrize(
        "use",
        [
            lambda channel: channel.queue_declare("own", passive=True),
            lambda channel: channel.basic_consume("own", "tag", callback=print),
            lambda channel: channel.basic_get("own"),
            lambda channel: channel.queue_bind("own", "amq.topic", "#"),
            lambda channel: channel.queue_purge("own"),
            lambda channel: channel.queue_delete("own"),
        ],
        ids=["declare", "consume", "get", "bind", "purge", "delete"],
    )
    def test_is_closed_to_other_connections(self, channel: Any, connect: Connect, use: Any) -> None:
        channel.queue_declare("own", exclusive=True, auto_delete=True)

        with pytest.raises(amqp.ResourceLocked):
            use(connect().default_channel)

    def test_takes_messages_from_all_and_goes_with_its_connection(
        self, channel: Any, connection: Connection, connect: Connect
    ) -> None:
        channel.queue_declare("own", exclusive=True, auto_delete=True)
        other = connect().default_channel
        Producer(other).publish("x", routing_key="own")
        assert waiting(channel, "own") == 1

        connection.release()

        with pytest.raises(amqp.NotFound):
            other.queue_declare("own", passive=True)


class TestPublishing:
    def test_keeps_properties_and_headers(self, channel: Any, producer: Producer) -> None:
        declare(channel, "q")
        headers = {"n": 1, "list": ["a", 2], "map": {"yes": True}, "none": None, "text": "网格"}
        properties = {
            "correlation_id": "c",
            "reply_to": "r",
            "message_id": "m",
            "delivery_mode": 1,
            "priority": 3,
            "type": "t",
            "app_id": "a",
            "timestamp": 1_700_000_000,
        }

        producer.publish({"k": "值"}, routing_key="q", headers=headers, **properties)

        message = get(channel, "q")
        assert message.payload == {"k": "值"}
        assert message.headers == headers
        assert message.properties == properties | {
            "content_type": "application/json",
            "content_encoding": "utf-8",
            "application_headers": headers,
        }
        assert message.delivery_info["exchange"] == ""
        assert message.delivery_info["routing_key"] == "q"
        assert message.delivery_info["redelivered"] is False

    @pytest.mark.parametrize(
        ("body", "content_type", "content_encoding", "received"),
        [
            (b"\x00\xff", "application/octet-stream", "binary", b"\x00\xff"),
            ("网格", "text/plain", "utf-8", "网格"),
            ("网格".encode("gbk"), "text/plain", "gbk", "网格"),
            (b"\xff not utf-8", "text/plain", "utf-8", b"\xff not utf-8"),
            (b"", "application/octet-stream", "binary", ""),  # py-amqp's own reading
        ],
    )
    def test_keeps_the_body(
        self,
        channel: Any,
        producer: Producer,
        body: str | bytes,
        content_type: str,
        content_encoding: str,
        received: str | bytes,
    ) -> None:
        declare(channel, "q")

        producer.publish(
            body, routing_key="q", content_type=content_type, content_encoding=content_encoding
        )

        message = get(channel, "q")
        assert message.body == received
        assert (message.content_type, message.content_encoding) == (content_type, content_encoding)

    def test_consumers_of_two_queues_cannot_change_each_others_message(
        self, channel: Any, producer: Producer
    ) -> None:
        headers = {"list": [1]}
        for queue in ("a", "b"):
            channel.queue_bind(declare(channel, queue), "amq.fanout", "")
        producer.publish("x", exchange="amq.fanout", headers=headers)
        headers["list"].append(2)

        get(channel, "a").headers["list"].append(3)

        assert get(channel, "b").headers == {"list": [1]}

    def test_refuses_a_header_that_no_wire_carries(self, channel: Any, producer: Producer) -> None:
        declare(channel, "q")

        with pytest.raises(amqp.FrameSyntaxError):
            producer.publish("x", routing_key="q", headers={"thing": object()})

        assert waiting(channel, "q") == 0

    def test_refuses_an_unknown_exchange(self, producer: Producer) -> None:
        with pytest.raises(amqp.NotFound, match="NOT_FOUND - no exchange 'nowhere'"):
            producer.publish("x", exchange="nowhere", routing_key="k")

    def test_refuses_an_expiration_in_the_past(self, channel: Any, producer: Producer) -> None:
        declare(channel, "q")

        with pytest.raises(amqp.PreconditionFailed, match="invalid expiration '-1000'"):
            producer.publish("x", routing_key="q", expiration=-1)

    def test_without_a_queue_drops_the_message_silently(
        self, channel: Any, producer: Producer
    ) -> None:
        producer.publish("x", exchange="amq.topic", routing_key="nobody")

    def test_mandatory_without_a_queue_is_an_error_to_who_wants_confirms(
        self, channel: Any, producer: Producer
    ) -> None:
        with pytest.raises(amqp.ChannelError, match="NO_ROUTE") as refused:
            producer.publish("x", exchange="amq.topic", routing_key="nobody", mandatory=True)

        assert refused.value.reply_code == 312

        declare(channel, "q")
        producer.publish("x", routing_key="q", mandatory=True)
        assert waiting(channel, "q") == 1

    def test_mandatory_without_a_queue_comes_back_to_who_listens(self, connect: Connect) -> None:
        returned: list[tuple[Any, ...]] = []
        connection = connect(confirms=False)
        producer = Producer(
            connection.default_channel,
            on_return=lambda error, exchange, key, message: returned.append(
                (error.reply_code, exchange, key, message.body)
            ),
        )

        producer.publish("x", exchange="amq.topic", routing_key="nobody", mandatory=True)
        drain(connection, until=lambda: returned)

        assert returned == [(312, "amq.topic", "nobody", "x")]

    def test_confirms_a_window_of_messages(self, connect: Connect) -> None:
        connection = connect(confirms=False)
        channel = connection.default_channel
        declare(channel, "q")
        confirmed: set[int] = set()
        channel.events["basic_ack"].add(
            lambda tag, multiple: confirmed.update(range(1, tag + 1) if multiple else [tag])
        )

        channel.confirm_select()
        for _ in range(5):
            Producer(channel).publish("x", routing_key="q")
        drain(connection, until=lambda: len(confirmed) >= 5)

        assert confirmed == {1, 2, 3, 4, 5}
        assert waiting(channel, "q") == 5
