"""A call from asyncio's loop ends as one from anywhere else, whatever becomes of the broker."""

import asyncio
import socket
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic_core import to_jsonable_python

from deploy.rabbitmq import PrivateRabbit
from shared.kernel.actor import Actor
from shared.kernel.errors import Invalid, Unavailable
from shared.kernel.rights import Role
from shared.runtime.aio_caller import AioCaller
from shared.runtime.aio_hints import AioHints
from shared.runtime.call import Call
from shared.runtime.identity import EDGE, identity_of
from shared.runtime.publishing import Publisher
from shared.runtime.topology import HINTS
from tests.brokers import eventually
from tests.component.running import Running, own_settings
from tests.component.runtime.test_rpc_client import Answerer
from tests.forwarder import Forwarder
from tests.platform import free_port
from tests.profiles import only_production
from tests.unit.gateway.loop import run, start

CALL = Call(actor=Actor.of("zhang", Role.MEDIATOR, place_code="420802"))


pytestmark = only_production("the edge without eventlet is production's alone")


@pytest.fixture(autouse=True)
def vouched(talking: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the calls be those of the edge."""
    call = identity_of(talking.settings, EDGE).vouched(CALL)
    monkeypatch.setattr(sys.modules[__name__], "CALL", call)


@pytest.fixture
def vhost(talking: Running) -> str:
    return talking.settings.broker


@pytest.fixture
def forwarder() -> Iterator[Forwarder]:
    forwarder = Forwarder()
    yield forwarder
    forwarder.close()


@pytest.fixture
def answering(talking: Running) -> Running:
    """Give the service that answers, on RabbitMQ."""
    Answerer.done = []
    talking.start(Answerer, workers=5)
    return talking


Ask = Callable[..., Any]


@pytest.fixture
def caller(vhost: str, forwarder: Forwarder) -> Iterator[AioCaller]:
    """Give a caller whose way to the broker may be cut."""
    caller = AioCaller(forwarder.url_of(vhost), "edge")
    yield caller
    run(caller.close())


@pytest.fixture
def ask(caller: AioCaller) -> Ask:
    def ask(service: str, method: str, *, timeout_s: float = 5, **arguments: Any) -> Any:
        return run(caller.call(service, method, arguments, call=CALL, timeout_s=timeout_s))

    return ask


def refusal_of(ask: Ask, service: str, method: str, **arguments: Any) -> Unavailable:
    with pytest.raises(Unavailable) as refusal:
        ask(service, method, **arguments)
    return refusal.value


def is_answered(ask: Ask) -> bool:
    try:
        return bool(ask("answerer", "echo", word="after", timeout_s=0.5) == "after")
    except Unavailable:
        return False


def waiting_in(caller: AioCaller) -> int:
    return 0 if caller._replies is None else len(caller._replies._waiting)


@pytest.mark.usefixtures("answering")
class TestAnswer:
    def test_is_what_the_service_returns(self, ask: Ask) -> None:
        assert ask("answerer", "echo", word="你好") == "你好"

    def test_goes_to_who_asked(self, caller: AioCaller) -> None:
        async def ask_many() -> list[Any]:
            return await asyncio.gather(
                *(
                    caller.call(
                        "answerer",
                        "echo",
                        {"word": str(n), "after_s": (20 - n) % 5 * 0.002},
                        call=CALL,
                        timeout_s=5,
                    )
                    for n in range(50)
                )
            )

        assert run(ask_many()) == [str(n) for n in range(50)]

    def test_knows_who_asks_and_under_which_call(self, ask: Ask) -> None:
        assert ask("answerer", "who_asks") == {
            "actor": to_jsonable_python(CALL.actor),
            "call_id": CALL.call_id,
        }

    def test_may_be_a_refusal_with_each_wrong_field(self, ask: Ask) -> None:
        with pytest.raises(Invalid) as refusal:
            ask("answerer", "refuse")

        assert [error.field for error in refusal.value.errors] == ["lon"]


@pytest.mark.usefixtures("answering")
class TestNoAnswer:
    def test_of_a_service_that_is_not_there_is_known_at_once(self, ask: Ask) -> None:
        ask("answerer", "echo", word="first")
        began = time.monotonic()

        assert refusal_of(ask, "nobody", "echo", word="").code == "service_away"
        assert time.monotonic() - began < 1

    def test_in_time_is_given_up_and_leaves_no_place_waiting(
        self, ask: Ask, caller: AioCaller
    ) -> None:
        refusal = refusal_of(ask, "answerer", "echo", word="a", after_s=0.5, timeout_s=0.1)

        assert refusal.code == "service_slow"
        assert waiting_in(caller) == 0
        assert ask("answerer", "echo", word="next") == "next"

    def test_is_waited_for_by_nobody_who_was_cancelled(self, caller: AioCaller) -> None:
        async def give_up() -> None:
            work = caller.call(
                "answerer", "echo", {"word": "", "after_s": 1}, call=CALL, timeout_s=5
            )
            async with asyncio.timeout(0.2):
                await work

        with pytest.raises(TimeoutError):
            run(give_up())

        assert waiting_in(caller) == 0

    @pytest.mark.parametrize("method", ["fail", "answer_nonsense", "no_such_method"])
    def test_of_a_service_that_fails_says_under_which_number(self, ask: Ask, method: str) -> None:
        refusal = refusal_of(ask, "answerer", method)

        assert refusal.code == "service_fault"
        assert CALL.call_id in refusal.en

    def test_does_not_let_a_service_do_later_what_nobody_waits_for(
        self, caller: AioCaller, ask: Ask
    ) -> None:
        busy = [
            start(
                caller.call(
                    "answerer", "echo", {"word": "busy", "after_s": 0.4}, call=CALL, timeout_s=5
                )
            )
            for _ in range(5)
        ]
        time.sleep(0.1)

        refusal_of(ask, "answerer", "echo", word="expired", timeout_s=0.1)
        for wait in busy:
            wait()
        ask("answerer", "echo", word="last")

        assert "expired" not in Answerer.done


class TestBroker:
    def test_that_is_away_is_waited_for_in_time(
        self, ask: Ask, forwarder: Forwarder, answering: Running
    ) -> None:
        forwarder.cut()
        began = time.monotonic()

        assert refusal_of(ask, "answerer", "echo", word="", timeout_s=0.3).code == "service_away"
        assert 0.3 <= time.monotonic() - began < 1

        forwarder.url_of(answering.settings.broker_url)
        assert ask("answerer", "echo", word="now") == "now"

    def test_that_goes_away_under_a_call_is_told_at_once(
        self, ask: Ask, caller: AioCaller, forwarder: Forwarder, answering: Running
    ) -> None:
        ask("answerer", "echo", word="before")
        pending = caller.call(
            "answerer", "echo", {"word": "", "after_s": 3}, call=CALL, timeout_s=9
        )
        wait = start(pending)
        time.sleep(0.1)
        began = time.monotonic()

        forwarder.cut()
        with pytest.raises(Unavailable) as refusal:
            wait()

        assert refusal.value.code == "service_away"
        assert time.monotonic() - began < 1
        assert waiting_in(caller) == 0
        forwarder.url_of(answering.settings.broker_url)
        eventually(lambda: is_answered(ask))

    def test_that_drops_the_reply_queue_gets_a_new_one(
        self, ask: Ask, caller: AioCaller, answering: Running
    ) -> None:
        ask("answerer", "echo", word="before")
        lost = caller._replies
        assert lost is not None

        run(_delete(lost))

        eventually(lambda: is_answered(ask))
        assert caller._replies is not lost

    def test_without_the_exchange_is_tried_until_a_service_has_made_it(
        self, ask: Ask, vhost: str, talking: Running
    ) -> None:
        assert refusal_of(ask, "answerer", "echo", word="", timeout_s=0.3).code == "service_away"
        Answerer.done = []
        running = Running(own_settings(talking.settings.data, broker=vhost))

        running.start(Answerer)

        eventually(lambda: is_answered(ask))
        running.crash()

    def test_that_lets_in_and_says_nothing_keeps_nobody(self) -> None:
        with socket.create_server(("127.0.0.1", free_port())) as silent:
            url = f"amqp://guest:guest@127.0.0.1:{silent.getsockname()[1]}/silent"
            caller = AioCaller(url, "edge")

            with pytest.raises(Unavailable) as refusal:
                run(caller.call("answerer", "echo", {}, call=CALL, timeout_s=0.3))
            run(caller.close())

        assert refusal.value.code == "service_away"


class TestRights:
    def test_of_the_edge_are_its_own_queues_and_two_exchanges(
        self, rabbit: PrivateRabbit, vhost: str, answering: Running
    ) -> None:
        own = r"(rpc\\.reply|hints)\\.edge\\..*"
        user = f"edge-{uuid.uuid4().hex[:8]}"
        as_binary = [f'<<"{text}">>' for text in (user, vhost.rpartition("/")[2])]
        rights = [
            f'<<"^({text})$">>' for text in (own, f"nameko-rpc|{own}", f"nameko-rpc|hints|{own}")
        ]
        rabbit._say(
            f'rabbit_auth_backend_internal:add_user(<<"{user}">>, <<"secret">>, <<"test">>),'
            "rabbit_auth_backend_internal:set_permissions("
            f'{", ".join([*as_binary, *rights])}, <<"test">>).\n'
        )
        Publisher(vhost).publish({}, exchange=HINTS, routing_key="news", declare=(HINTS,))
        url = vhost.replace("guest:guest", f"{user}:secret")
        heard: list[float] = []
        caller = AioCaller(url, "edge")
        hints = AioHints(url, "edge", "news", lambda: heard.append(1))

        run(_begin(hints))
        told = run(caller.call("answerer", "echo", {"word": "hello"}, call=CALL, timeout_s=5))
        eventually(lambda: heard)

        assert told == "hello"
        run(caller.close())
        run(hints.close())


class TestHints:
    def test_are_heard_again_after_the_broker_was_away(
        self, vhost: str, forwarder: Forwarder
    ) -> None:
        heard: list[float] = []
        publisher = Publisher(vhost)

        def say() -> None:
            publisher.publish({}, exchange=HINTS, routing_key="news", declare=(HINTS,))

        say()
        hints = AioHints(forwarder.url_of(vhost), "edge", "news", lambda: heard.append(1))
        run(_begin(hints))
        # The first is heard without being said: something may have been said before.
        eventually(lambda: heard)
        say()
        eventually(lambda: len(heard) == 2)

        forwarder.cut()
        forwarder.url_of(vhost)

        eventually(lambda: len(heard) == 3)
        say()
        eventually(lambda: len(heard) == 4)
        run(hints.close())


async def _begin(hints: AioHints) -> None:
    hints.start()


async def _delete(replies: Any) -> None:
    await replies._channel.queue_delete(replies._queue)
