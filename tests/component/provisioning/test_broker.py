"""One user a service on the broker: what it needs it may, what is another's it may not."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from amqp import Message
from amqp.exceptions import AccessRefused, NotAllowed
from kombu import Connection, Queue

from deploy.data_folder import CannotStart
from deploy.provisioning.broker import VHOST, definitions
from deploy.provisioning.broker_http import send_definitions
from services.command.service import INCIDENT_EVENTS
from shared.contracts.conversion import ANSWERS
from shared.contracts.patrol import IncidentReported
from shared.runtime.topology import (
    DEAD_LETTERS,
    HINTS,
    RPC_EXCHANGE,
    call_queue,
    dead_letter_queue,
    events_exchange,
    handler_queue,
    hint_queue,
    reply_queue,
    retry_queue,
)
from tests.brokers import eventually
from tests.component.provisioning.managed import PASSWORDS, Broker


class TestAllowed:
    def test_a_service_declares_its_topology(self, broker: Broker) -> None:
        heard = handler_queue("command", "hears_incidents", INCIDENT_EVENTS)
        with broker.channel_of("command") as channel:
            for queue in (
                heard,
                retry_queue(heard.name, 0.2),
                dead_letter_queue("command"),
                call_queue("command"),
                reply_queue("command"),
                hint_queue("command", "stream.advanced"),
            ):
                queue.bind(channel).declare()

    def test_patrol_waits_for_answers_of_services_there_are_not_yet(self, broker: Broker) -> None:
        answers = handler_queue("patrol", "hears_answers", tuple(ANSWERS.values()))
        with broker.channel_of("patrol") as channel:
            answers.bind(channel).declare()

    def test_what_one_tells_another_hears(self, broker: Broker) -> None:
        heard = Queue("evt--command.hears", events_exchange("patrol"), routing_key="patrol.#")
        with broker.channel_of("command") as command, broker.channel_of("patrol") as patrol:
            heard.bind(command).declare()

            with Connection(broker.uri_of("patrol")).Producer() as producer:
                producer.publish(
                    {}, exchange=events_exchange("patrol"), routing_key=IncidentReported.event_type
                )

            eventually(lambda: heard.bind(command).get(no_ack=True))
            assert patrol.is_open

    def test_what_one_asks_another_answers(self, broker: Broker) -> None:
        reply = reply_queue("gateway")
        asked = call_queue("patrol")
        with broker.channel_of("gateway") as gateway, broker.channel_of("patrol") as patrol:
            reply.bind(gateway).declare()
            asked.bind(patrol).declare()

            say(gateway, RPC_EXCHANGE.name, "patrol.incidents")
            eventually(lambda: asked.bind(patrol).get(no_ack=True))
            say(patrol, RPC_EXCHANGE.name, str(reply.routing_key))
            eventually(lambda: reply.bind(gateway).get(no_ack=True))

    def test_everybody_gives_hints_and_gives_up(self, broker: Broker) -> None:
        with broker.channel_of("command") as channel:
            HINTS.bind(channel).declare()
            DEAD_LETTERS.bind(channel).declare()
            say(channel, HINTS.name, "stream.advanced")
            say(channel, DEAD_LETTERS.name, "command")


class TestRefused:
    @pytest.mark.parametrize("queue", ["evt--grid.hears", "rpc-grid"])
    @pytest.mark.parametrize("service", ["patrol", "gateway"])
    def test_another_services_queues_are_not_read(
        self, broker: Broker, service: str, queue: str
    ) -> None:
        with refused(broker, service) as channel:
            channel.basic_get(queue)

    @pytest.mark.parametrize("act", ["queue_purge", "queue_delete"])
    def test_another_services_queues_are_not_emptied(self, broker: Broker, act: str) -> None:
        with refused(broker, "patrol") as channel:
            getattr(channel, act)("rpc-grid")

    def test_nobody_tells_in_another_services_name(self, broker: Broker) -> None:
        with refused(broker, "patrol") as channel:
            say(channel, "grid.events", "grid.boundary.activated.v1")

    def test_nobody_tells_of_anothers_things_in_its_own_name(self, broker: Broker) -> None:
        with broker.channel_of("patrol") as channel:
            events_exchange("patrol").bind(channel).declare()
        with refused(broker, "patrol") as channel:
            say(channel, "patrol.events", "grid.boundary.activated.v1")

    @pytest.mark.parametrize("key", ["grid.*", "#", "*.locate"])
    def test_nobody_listens_to_what_is_asked_of_another(self, broker: Broker, key: str) -> None:
        with broker.channel_of("patrol") as channel:
            channel.queue_declare("evt--patrol.spies", durable=True, auto_delete=False)
        with refused(broker, "patrol") as channel:
            channel.queue_bind("evt--patrol.spies", RPC_EXCHANGE.name, key)

    def test_a_queue_of_another_name_is_not_made(self, broker: Broker) -> None:
        with refused(broker, "patrol") as channel:
            channel.queue_declare("evt--grid.more", durable=True, auto_delete=False)

    def test_the_default_vhost_is_closed(self, broker: Broker) -> None:
        with (
            pytest.raises(NotAllowed),
            Connection(broker.uri_of("patrol").replace(f"/{VHOST}", "//")) as connection,
        ):
            connection.connect()


class TestDefinitions:
    def test_are_the_same_each_time(self) -> None:
        assert definitions(PASSWORDS) == definitions(PASSWORDS)

    def test_may_be_sent_again(self, broker: Broker) -> None:
        send_definitions(broker.management, definitions(PASSWORDS))

        with broker.channel_of("grid") as channel:
            assert channel.queue_declare("rpc-grid", passive=True)

    def test_whom_the_plugin_does_not_let_in_is_told_so(self, broker: Broker) -> None:
        wrong = broker.management.replace("guest:guest", "guest:wrong")

        with pytest.raises(CannotStart, match="HTTP 401") as told:
            send_definitions(wrong, definitions(PASSWORDS))

        assert "wrong" not in str(told.value)

    def test_a_plugin_that_is_away_is_named(self) -> None:
        with pytest.raises(CannotStart, match="WANGGE_AMQP_ADMIN_URL"):
            send_definitions("http://guest:secret@127.0.0.1:1", definitions(PASSWORDS))

    def test_the_broker_keeps_no_password(self, broker: Broker) -> None:
        kept = httpx.get(f"{broker.management}/api/definitions").text

        assert '"name":"patrol"' in kept
        assert PASSWORDS["patrol"] not in kept


def say(channel: Any, exchange: str, key: str) -> None:
    """Publish, and see that the broker takes it."""
    channel.confirm_select()
    message = Message(b"{}", content_type="application/json", content_encoding="utf-8")
    channel.basic_publish_confirm(message, exchange, key)


@contextmanager
def refused(broker: Broker, service: str) -> Iterator[Any]:
    """Give a channel on which the next act must be refused."""
    with Connection(broker.uri_of(service)) as connection, pytest.raises(AccessRefused):
        yield connection.channel()
