"""A call to another service has an end, and its answer says who could not keep it."""

import time
from contextlib import suppress
from typing import Any

import eventlet
import pytest
from pydantic_core import to_jsonable_python

from shared.kernel.actor import Actor
from shared.kernel.errors import FieldError, Invalid, Refusal, Unavailable
from shared.kernel.rights import Permission, Role
from shared.runtime import rpc_client
from shared.runtime.call import Call
from shared.runtime.doors import Doors, rpc
from shared.runtime.identity import EDGE, identity_of
from shared.runtime.rpc_client import RpcCaller, caller_for
from tests.brokers import eventually
from tests.component.running import Running

CALL = Call(actor=Actor.of("zhang", Role.MEDIATOR, place_code="420802"))


class Answerer(Doors):
    name = "answerer"
    done: list[str]

    @rpc(Permission.OWN_SIGN_IN)
    def echo(self, word: str, after_s: float = 0) -> str:
        time.sleep(after_s)
        type(self).done.append(word)
        return word

    @rpc(Permission.OWN_SIGN_IN)
    def who_asks(self) -> dict[str, Any]:
        return {"actor": self.call.actor, "call_id": self.call.call_id}

    @rpc(Permission.OWN_SIGN_IN)
    def refuse(self) -> None:
        raise Invalid(
            code="invalid",
            zh="错",
            en="Wrong.",
            errors=(FieldError(field="lon", code="wrong", zh="错", en="wrong"),),
        )

    @rpc(Permission.OWN_SIGN_IN)
    def fail(self) -> None:
        raise ValueError("张三 owes 5,000 yuan")

    @rpc(Permission.OWN_SIGN_IN)
    def answer_nonsense(self) -> Any:
        return object()

    @rpc(Permission.OWN_SIGN_IN)
    def ask_myself(self, word: str) -> Any:
        return self.neighbours.call("answerer", "who_asks")


def vouched(running: Running) -> Call:
    """Return the call as the edge sends it."""
    return identity_of(running.settings, EDGE).vouched(CALL)


@pytest.fixture
def answering(talking: Running) -> Running:
    Answerer.done = []
    talking.start(Answerer, workers=5)
    talking.ask("answerer", "who_asks")  # once connected, it takes no time worth naming
    return talking


def refusal_of(running: Running, service: str, method: str, **arguments: Any) -> Unavailable:
    with pytest.raises(Unavailable) as refusal:
        running.ask(service, method, **arguments)
    assert service in refusal.value.zh
    assert service in refusal.value.en
    return refusal.value


class TestAnswer:
    def test_is_what_the_service_returns(self, answering: Running) -> None:
        assert answering.ask("answerer", "echo", word="你好") == "你好"

    def test_goes_to_who_asked(self, answering: Running) -> None:
        pool = eventlet.GreenPool(20)

        answers = list(
            pool.imap(
                lambda n: answering.ask(
                    "answerer", "echo", word=str(n), after_s=(20 - n) % 5 * 0.002
                ),
                range(50),
            )
        )

        assert answers == [str(n) for n in range(50)]

    def test_knows_who_asks_and_under_which_call(self, answering: Running) -> None:
        caller = caller_for(answering.settings.broker_url)

        told = caller.call("answerer", "who_asks", {}, call=vouched(answering), timeout_s=5)

        assert told == {
            "actor": to_jsonable_python(CALL.actor),
            "call_id": CALL.call_id,
        }

    def test_of_a_neighbour_is_asked_under_the_same_call(self, answering: Running) -> None:
        caller = caller_for(answering.settings.broker_url)

        told = caller.call(
            "answerer", "ask_myself", {"word": ""}, call=vouched(answering), timeout_s=5
        )

        assert told["call_id"] == CALL.call_id
        assert told["actor"]["account"] == "zhang"

    def test_may_be_a_refusal_with_each_wrong_field(self, answering: Running) -> None:
        with pytest.raises(Invalid) as refusal:
            answering.ask("answerer", "refuse")

        assert refusal.value.to_wire() == {
            "kind": "invalid",
            "code": "invalid",
            "zh": "错",
            "en": "Wrong.",
            "errors": [{"field": "lon", "code": "wrong", "zh": "错", "en": "wrong"}],
        }


class TestServiceThatIsAway:
    def test_is_known_at_once(self, answering: Running) -> None:
        began = time.monotonic()

        refusal = refusal_of(answering, "nobody", "echo", word="")

        assert refusal.code == "service_away"
        assert time.monotonic() - began < 2


class TestServiceThatIsSlow:
    def test_is_given_up_in_time(self, answering: Running) -> None:
        began = time.monotonic()

        refusal = refusal_of(answering, "answerer", "echo", word="a", after_s=0.5, timeout_s=0.1)

        assert refusal.code == "service_slow"
        assert 0.1 <= time.monotonic() - began < 0.45

    def test_disturbs_no_later_call_with_its_answer(self, answering: Running) -> None:
        refusal_of(answering, "answerer", "echo", word="late", after_s=0.15, timeout_s=0.05)

        assert answering.ask("answerer", "echo", word="next", after_s=0.2) == "next"
        assert Answerer.done == ["late", "next"]

    def test_does_not_do_later_what_nobody_waits_for(self, talking: Running) -> None:
        Answerer.done = []
        talking.start(Answerer, workers=1)
        talking.ask("answerer", "echo", word="before")
        first = eventlet.spawn(talking.ask, "answerer", "echo", word="first", after_s=0.3)
        time.sleep(0.05)

        refusal_of(talking, "answerer", "echo", word="expired", timeout_s=0.1)
        first.wait()
        assert talking.ask("answerer", "echo", word="last") == "last"

        assert Answerer.done == ["before", "first", "last"]

    def test_leaves_no_place_waiting_for_ever(self, answering: Running) -> None:
        caller = caller_for(answering.settings.broker_url)
        for method in ("echo", "nothing of that name"):
            with suppress(Refusal):
                caller.call(
                    "answerer", method, {"word": "", "after_s": 0.2}, call=CALL, timeout_s=0.05
                )

        assert caller._waiting == {}


class TestServiceThatFails:
    @pytest.mark.parametrize("method", ["fail", "answer_nonsense", "no_such_method"])
    def test_says_under_which_number_and_not_why(self, answering: Running, method: str) -> None:
        caller = caller_for(answering.settings.broker_url)

        with pytest.raises(Unavailable) as refusal:
            caller.call("answerer", method, {}, call=vouched(answering), timeout_s=5)

        assert refusal.value.code == "service_fault"
        for text in (refusal.value.zh, refusal.value.en):
            assert CALL.call_id in text
            assert "张三" not in text
            assert "5,000" not in text

    def test_goes_on_answering(self, answering: Running) -> None:
        for _ in range(8):
            refusal_of(answering, "answerer", "fail")

        assert answering.ask("answerer", "echo", word="still here") == "still here"


class TestBroker:
    def test_that_lost_everybody_is_found_again(self, answering: Running) -> None:
        answering.ask("answerer", "echo", word="before")

        answering.lose_broker()

        eventually(lambda: _is_answered(answering))

    def test_that_cannot_be_reached_is_a_service_that_is_away(
        self, running: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rpc_client, "in_background", lambda *_: None)  # it would try for ever
        caller = RpcCaller("amqp://guest:guest@127.0.0.1:9/")

        with pytest.raises(Unavailable) as refusal:
            caller.call("patrol", "ready", {}, call=CALL, timeout_s=0.1)

        assert refusal.value.code == "service_away"


def _is_answered(running: Running) -> bool:
    try:
        return bool(running.ask("answerer", "echo", word="after", timeout_s=0.2) == "after")
    except Unavailable:
        return False


class TestCallerFor:
    def test_is_one_for_the_whole_process(self, running: Running) -> None:
        url = running.settings.broker_url

        assert caller_for(url) is caller_for(url)
