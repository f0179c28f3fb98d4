"""What a service holds when its connection breaks: it is finished, not acknowledged, and not done again."""

import threading
import time
from contextlib import suppress

import pytest
from sqlalchemy import select

from deploy.rabbitmq import PrivateRabbit
from shared.kernel.errors import Unavailable
from shared.kernel.rights import Permission
from shared.runtime import bus_consumer, silent_queues
from shared.runtime.doors import Doors, command
from shared.runtime.inbox import Delivery
from tests.brokers import eventually
from tests.component.running import Running
from tests.component.silenced import silenced
from tests.component.talkers import Teller, WordSaid, a_listener, done, write_down
from tests.profiles import only_production

pytestmark = only_production("no connection to the broker in the process ever breaks")


def heard(running: Running) -> list[str]:
    words = select(done.c.word).where(done.c.who == "wang").order_by(done.c.id)
    return [word for (word,) in running.rows("listener", words)]


def are_alive(running: Running) -> bool:
    return not any(container._being_killed for container in running.containers())


class TestConnectionThatBreaks:
    @pytest.mark.parametrize("keeps_order", [True, False], ids=["in order", "in any order"])
    def test_under_an_event_costs_no_effect_and_no_container(
        self, talking: Running, keeps_order: bool
    ) -> None:
        at_work, go_on = threading.Event(), threading.Event()

        def hear(service: Doors, told: WordSaid, delivery: Delivery) -> None:
            write_down(service, told, delivery)
            at_work.set()
            go_on.wait()

        talking.start(Teller, a_listener(hear, keeps_order=keeps_order))
        talking.ask("teller", "say", who="wang", words=list("abc"))
        at_work.wait()

        talking.lose_broker()
        go_on.set()

        eventually(lambda: heard(talking) == ["a", "b", "c"])
        eventually(lambda: _says(talking, "d"))
        eventually(lambda: "d" in heard(talking))
        assert heard(talking) == ["a", "b", "c", "d"]
        assert are_alive(talking)

    def test_under_a_call_costs_its_answer_and_no_container(self, talking: Running) -> None:
        at_work, go_on = threading.Event(), threading.Event()

        class Slow(Teller):
            @command(Permission.SERVICE_RECORDS)
            def take_time(self) -> str:
                at_work.set()
                go_on.wait()
                return "done"

        talking.start(Slow)
        asking = threading.Thread(target=_ask_in_vain, args=(talking,))
        asking.start()
        at_work.wait()

        talking.lose_broker()
        go_on.set()
        asking.join()

        eventually(lambda: _says(talking, "after"))
        assert are_alive(talking)

    def test_again_and_again_is_lived_through(self, talking: Running) -> None:
        talking.start(Teller, a_listener(keeps_order=True))
        for number in range(5):
            eventually(lambda: _says(talking, str(number)))  # noqa: B023 – asked at once
            talking.lose_broker()
            time.sleep(0.05)

        eventually(lambda: heard(talking) == [str(number) for number in range(5)])
        assert are_alive(talking)


def _says(running: Running, word: str) -> bool:
    """Let wang say a word, once however often it is asked; tell whether it was answered."""
    try:
        running.ask("teller", "say", key=word, who="wang", words=[word], timeout_s=0.5)
    except Unavailable:
        return False
    return True


def _ask_in_vain(running: Running) -> None:
    with suppress(Unavailable):
        running.ask("teller", "take_time", timeout_s=2)


class TestQueueThatIsSilent:
    @pytest.fixture(autouse=True)
    def _quickly(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(silent_queues, "ANSWERS_WITHIN_S", 0.5)
        monkeypatch.setattr(bus_consumer, "TRY_AGAIN_S", 1.0)

    def test_is_made_anew_when_it_holds_only_calls(
        self, talking: Running, rabbit: PrivateRabbit
    ) -> None:
        talking.start(Teller)
        eventually(lambda: _says(talking, "before"))

        with silenced(rabbit, talking, "rpc-teller"):
            talking.lose_broker()

            eventually(lambda: _says(talking, "after"))
        assert are_alive(talking)

    def test_stops_neither_calls_nor_a_start_and_is_heard_when_it_answers(
        self, talking: Running, rabbit: PrivateRabbit
    ) -> None:
        talking.start(Teller, a_listener())
        eventually(lambda: _says(talking, "first"))
        eventually(lambda: heard(talking) == ["first"])

        with silenced(rabbit, talking, "evt--listener.hear_word"):
            talking.lose_broker()

            eventually(lambda: _says(talking, "second"))
            assert talking.ask("listener", "ready")["ready"]
            assert heard(talking) == ["first"]

        eventually(lambda: heard(talking) == ["first", "second"])
        assert are_alive(talking)
