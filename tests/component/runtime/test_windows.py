"""A window of messages is sent at once, and the fate of each is known."""

from collections.abc import Iterator
from typing import Any

import amqp
import pytest
from kombu import Exchange, Queue
from kombu.exceptions import OperationalError

from deploy.rabbitmq import PrivateRabbit
from shared.runtime.publishing import Outgoing, Window
from tests.brokers import Connect, get, waiting

TOLD = Exchange("teller.events", type="topic", durable=True)


@pytest.fixture
def channel(connect: Connect) -> Any:
    return connect().channel()


@pytest.fixture
def window(broker: str) -> Iterator[Window]:
    window = Window(broker, TOLD)
    yield window
    window.close()


def hears(channel: Any, key: str, **arguments: Any) -> str:
    queue = Queue(f"hears-{key}", TOLD, routing_key=key, queue_arguments=arguments)
    queue(channel).declare()
    return str(queue.name)


def message(number: int, key: str = "said", *, must_arrive: bool = True) -> Outgoing:
    return Outgoing(
        message_id=f"m-{number}",
        routing_key=key,
        headers={"number": number},
        body={"word": f"第{number}"},
        must_arrive=must_arrive,
    )


class TestWindow:
    def test_sends_all_in_their_order(self, window: Window, channel: Any) -> None:
        queue = hears(channel, "said")

        fates = window.send([message(number) for number in range(50)])

        assert fates.taken == [f"m-{number}" for number in range(50)]
        come = [get(channel, queue, no_ack=True) for _ in range(50)]
        assert [one.headers["number"] for one in come] == list(range(50))
        assert come[7].payload == {"word": "第7"}
        assert come[7].properties["message_id"] == "m-7"

    def test_tells_which_no_queue_wanted(self, window: Window, channel: Any) -> None:
        hears(channel, "said")

        fates = window.send([message(1), message(2, "whispered"), message(3)])

        assert fates.taken == ["m-1", "m-3"]
        assert fates.returned == ["m-2"]

    def test_lets_go_what_need_not_be_heard(self, window: Window) -> None:
        fates = window.send([message(1, "whispered", must_arrive=False)])

        assert (fates.taken, fates.returned) == (["m-1"], [])

    def test_is_one_of_many(self, window: Window, channel: Any) -> None:
        queue = hears(channel, "said")

        for number in range(3):
            assert window.send([message(number)]).taken == [f"m-{number}"]

        assert waiting(channel, queue) == 3

    def test_opens_anew_after_it_was_closed(self, window: Window, channel: Any) -> None:
        hears(channel, "said")
        window.send([message(1)])
        window.close()

        assert window.send([message(2)]).taken == ["m-2"]


class TestOnRabbitMQ:
    def test_tells_which_a_full_queue_refused(self, rabbit: PrivateRabbit) -> None:
        uri = rabbit.add_vhost("window-refused")
        with amqp.Connection(uri.rsplit("@")[1].split("/")[0], virtual_host="window-refused") as to:
            terms = {"x-max-length": 2, "x-overflow": "reject-publish"}
            hears_two = to.channel()
            hears_two.exchange_declare(TOLD.name, "topic", durable=True, auto_delete=False)
            hears_two.queue_declare("full", durable=True, auto_delete=False, arguments=terms)
            hears_two.queue_bind("full", TOLD.name, "said")
            window = Window(uri, TOLD)

            fates = window.send([message(number) for number in range(6)])

            window.close()
        assert sorted([*fates.taken, *fates.refused]) == [f"m-{number}" for number in range(6)]
        assert len(fates.taken) >= 2
        assert fates.refused

    def test_raises_when_the_broker_is_away(self) -> None:
        window = Window("amqp://guest:guest@127.0.0.1:1//", TOLD)

        with pytest.raises(OperationalError):
            window.send([message(1)])
