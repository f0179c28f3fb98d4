"""An event whose handler fails is tried again, later each time, and then kept for a person."""

import time
from typing import Any

import eventlet
import pytest
from kombu import Connection
from kombu.pools import producers
from sqlalchemy import select

from deploy.rabbitmq import PrivateRabbit
from shared.kernel.errors import RuleBroken, Unavailable
from shared.runtime import silent_queues
from shared.runtime.doors import Doors
from shared.runtime.event_door import EventDoor
from shared.runtime.identity import identity_of
from shared.runtime.inbox import Delivery
from shared.runtime.tables import dead_letter, inbox
from shared.runtime.topology import events_exchange, retry_queue
from tests.brokers import eventually
from tests.component.running import Running, own_settings
from tests.component.silenced import silenced
from tests.component.talkers import Teller, WordSaid, a_listener, done, write_down
from tests.profiles import only_production

NAME = "张三"


class Fails:
    """A handler that fails until it is told not to, and notes when it was tried."""

    def __init__(self, error: Exception, *, times: int = 1_000_000, who: str = "wang") -> None:
        self.error = error
        self.times = times
        self.who = who
        self.tried_at: list[float] = []

    def __call__(self, service: Doors, told: WordSaid, delivery: Delivery) -> None:
        write_down(service, told, delivery)
        if told.who == self.who:
            self.tried_at.append(time.monotonic())
            if len(self.tried_at) <= self.times:
                raise self.error


def heard(running: Running, who: str = "wang") -> list[str]:
    words = select(done.c.word).where(done.c.who == who).order_by(done.c.id)
    return [row.word for row in running.rows("listener", words)]


def letters(running: Running) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = running.ask("listener", "dead_letters")
    return found


def say(running: Running, who: str, *words: str) -> None:
    running.ask("teller", "say", who=who, words=list(words))


class TestHandlerThatFails:
    def test_is_tried_again_later_each_time_and_then_rests_with_the_dead(
        self, talking: Running
    ) -> None:
        fails = Fails(ValueError(NAME))
        talking.settings.retry_delays_s = (0.05, 0.1, 0.2)
        talking.start(Teller, a_listener(fails))

        say(talking, "wang", "hello")
        eventually(lambda: letters(talking))

        pauses = [
            later - earlier
            for earlier, later in zip(fails.tried_at, fails.tried_at[1:], strict=False)
        ]
        assert len(pauses) == 3
        for pause, delay in zip(pauses, (0.05, 0.1, 0.2), strict=True):
            assert pause >= delay
        assert heard(talking) == []
        [letter] = letters(talking)
        assert letter["tries"] == 4

    def test_that_gets_through_at_last_has_one_effect_and_no_dead_letter(
        self, talking: Running
    ) -> None:
        talking.start(Teller, a_listener(Fails(ValueError(NAME), times=2)))

        say(talking, "wang", "hello")

        eventually(lambda: heard(talking) == ["hello"])
        time.sleep(0.05)
        assert heard(talking) == ["hello"]
        assert letters(talking) == []

    def test_leaves_nothing_of_a_try_that_failed(self, talking: Running) -> None:
        fails = Fails(ValueError(NAME))
        talking.start(Teller, a_listener(fails))

        say(talking, "wang", "hello")
        eventually(lambda: letters(talking))

        assert len(fails.tried_at) == 3
        assert heard(talking) == []
        assert talking.count("listener", inbox, inbox.c.handler == "listener.hear_word") == 0

    def test_does_not_hold_up_what_others_tell(self, talking: Running) -> None:
        talking.settings.retry_delays_s = (60,)
        talking.start(Teller, a_listener(Fails(ValueError(NAME)), keeps_order=True))

        say(talking, "wang", "poison", "and", "more")
        say(talking, "li", "a", "b", "c")

        eventually(lambda: heard(talking, "li") == ["a", "b", "c"])
        assert heard(talking) == []

    def test_does_not_let_later_events_overtake_it(self, talking: Running) -> None:
        fails = Fails(ValueError(NAME))
        talking.start(Teller, a_listener(fails, keeps_order=True))

        say(talking, "wang", "a", "b", "c")

        eventually(lambda: len(letters(talking)) == 3)
        assert heard(talking) == []

    def test_does_not_hold_up_another_handler_of_the_same_event(self, talking: Running) -> None:
        talking.make_tables("other", done.metadata)
        talking.start(Teller, a_listener(Fails(ValueError(NAME))), a_listener(name="other"))

        say(talking, "wang", "hello")

        eventually(lambda: talking.count("other", done, done.c.who == "wang") == 1)
        eventually(lambda: letters(talking))
        assert talking.count("other", done, done.c.who == "wang") == 1


class TestReason:
    @pytest.mark.parametrize(
        ("error", "reason"),
        [
            (
                RuleBroken(code="not_now", zh="现在不行", en="Not now."),
                "RuleBroken: not_now: Not now.",
            ),
            (
                Unavailable(code="service_away", zh="不在", en="It is away."),
                "Unavailable: service_away: It is away.",
            ),
        ],
    )
    def test_is_the_refusal_when_it_is_one(
        self, talking: Running, error: Exception, reason: str
    ) -> None:
        talking.start(Teller, a_listener(Fails(error)))

        say(talking, "wang", "hello")
        eventually(lambda: letters(talking))

        [letter] = letters(talking)
        assert letter["reason"] == reason

    def test_quotes_nothing_personal(self, talking: Running) -> None:
        talking.start(Teller, a_listener(Fails(ValueError(NAME))))

        say(talking, "wang", "hello")
        eventually(lambda: letters(talking))

        [letter] = letters(talking)
        assert letter["reason"].startswith("ValueError at ")
        assert "test_event_door" not in letter["reason"].partition(" at ")[0]
        kept = talking.rows("listener", select(dead_letter.c.reason, dead_letter.c.headers))
        assert NAME not in str(kept)


def publish(running: Running, payload: Any, **headers: Any) -> None:
    """Send an event as nobody should: with a body or an envelope that does not fit."""
    envelope = {
        "event_id": "e-1",
        "event_type": "teller.word.said.v1",
        "aggregate_id": "wang",
        "sequence": 1,
        "occurred_at": "2026-11-23T08:00:00+08:00",
    } | headers
    kept = {name: value for name, value in envelope.items() if value is not None}
    kept = identity_of(running.settings, "teller").sign(kept, payload)
    with producers[Connection(running.settings.broker_url)].acquire() as producer:
        producer.publish(
            payload,
            exchange=events_exchange("teller"),
            routing_key="teller.word.said.v1",
            headers=kept,
            serializer="json",
        )


class TestMessageThatDoesNotFit:
    def test_names_the_field_and_not_what_was_in_it(self, talking: Running) -> None:
        talking.start(Teller, a_listener())

        publish(talking, {"who": "wang", "personal": {"secret": [NAME]}})
        eventually(lambda: letters(talking))

        [letter] = letters(talking)
        assert letter["reason"] == (
            "ContractBroken: teller.word.said.v1: word missing, personal.secret string_type"
        )

    @pytest.mark.parametrize("payload", [None, [], "hello", 7, {"who": 3}])
    def test_of_any_form_dies_alone(self, talking: Running, payload: Any) -> None:
        talking.start(Teller, a_listener())

        publish(talking, payload)
        say(talking, "li", "hello")

        eventually(lambda: heard(talking, "li") == ["hello"])
        eventually(lambda: len(letters(talking)) == 1)

    @pytest.mark.parametrize(
        "headers",
        [
            {"event_id": None},
            {"event_type": "teller.word.said.v9"},
            {"event_type": "teller"},
            {"sequence": "many"},
            {"sequence": 2**40},
            {"occurred_at": "yesterday"},
            {"aggregate_id": "somebody else"},
            {"event_id": 7, "tries": "x", "queue": 5, "reason": []},
            {"event_id": None, "nameko.roles": 7, "nameko.call_id_stack": 7},
        ],
    )
    def test_in_its_envelope_dies_alone_too(
        self, talking: Running, headers: dict[str, Any]
    ) -> None:
        talking.start(Teller, a_listener())

        publish(talking, {"who": "wang", "word": "hello", "personal": {"secret": ""}}, **headers)
        say(talking, "li", "hello")

        eventually(lambda: heard(talking, "li") == ["hello"])
        eventually(lambda: len(letters(talking)) == 1)
        assert heard(talking) == []


class TestMessageThatCannotBeRead:
    @pytest.mark.parametrize(
        ("body", "content_type"),
        [(b"\xff\xfe{", "application/json"), (b"{", "application/json"), (b"hello", "text/plain")],
    )
    def test_is_kept_with_the_dead_and_holds_nobody_up(
        self, talking: Running, body: bytes, content_type: str
    ) -> None:
        talking.start(Teller, a_listener())

        with producers[Connection(talking.settings.broker_url)].acquire() as producer:
            producer.publish(
                body,
                exchange=events_exchange("teller"),
                routing_key="teller.word.said.v1",
                content_type=content_type,
                content_encoding="utf-8",
            )
        say(talking, "li", "hello")

        eventually(lambda: heard(talking, "li") == ["hello"])
        eventually(lambda: len(letters(talking)) == 1)
        [letter] = letters(talking)
        assert letter["reason"] == "its body could not be read"
        assert letter["queue"] == "evt--listener.hear_word"
        shown = talking.ask("listener", "dead_letter", letter_id=letter["id"])
        assert shown["payload"] == {"content_type": content_type, "unreadable": "***"}


def held_in_the_process(running: Running) -> int:
    doors = [
        entrypoint
        for container in running.containers()
        for entrypoint in container.entrypoints
        if isinstance(entrypoint, EventDoor)
    ]
    return sum(int(door._come.qsize()) for door in doors)


class TestManyAtOnce:
    def test_what_came_while_the_handler_was_busy_is_taken_together(self, talking: Running) -> None:
        is_free = eventlet.event.Event()
        workers: list[Doors] = []

        def hear(service: Doors, told: WordSaid, delivery: Delivery) -> None:
            if service not in workers:
                workers.append(service)
            is_free.wait()
            write_down(service, told, delivery)

        talking.start(Teller, a_listener(hear))
        say(talking, "wang", "first")
        eventually(lambda: workers)
        say(talking, "wang", *(str(number) for number in range(60)))
        eventually(lambda: held_in_the_process(talking) == 60)

        is_free.send()

        eventually(lambda: len(heard(talking)) == 61)
        assert len(workers) <= 3


@only_production("quorum queues have leaders, and may lose them")
class TestQueueThatIsSilent:
    def test_holds_nobody_up_and_its_messages_rest_in_another(
        self, talking: Running, rabbit: PrivateRabbit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(silent_queues, "ANSWERS_WITHIN_S", 0.5)
        talking.start(Teller, a_listener(Hesitates()))
        # Only of those that have published before the broker tells nothing at all.
        say(talking, "wang", "first")
        eventually(lambda: heard(talking) == ["first"])

        resting = retry_queue("evt--listener.hear_word", talking.settings.retry_delays_s[0])
        with silenced(rabbit, talking, resting.name):
            say(talking, "wang", "second")
            said_at = time.monotonic()
            say(talking, "li", "hello")

            eventually(lambda: heard(talking, "li") == ["hello"])
            # RabbitMQ itself gives up after five seconds, the third time or never.
            assert time.monotonic() - said_at < 4
            eventually(lambda: heard(talking) == ["first", "second"])
        assert letters(talking) == []


class Hesitates:
    """A handler that fails with every word of Wang's the first time."""

    def __init__(self) -> None:
        self.known: set[str] = set()

    def __call__(self, service: Doors, told: WordSaid, delivery: Delivery) -> None:
        if told.who == "wang" and told.word not in self.known:
            self.known.add(told.word)
            raise ValueError(NAME)
        write_down(service, told, delivery)


class TestMessageFromTomorrow:
    def test_of_somebody_in_a_role_unknown_today_is_taken(self, talking: Running) -> None:
        talking.start(Teller, a_listener())

        body = {"who": "wang", "word": "hello", "personal": {"secret": ""}}
        publish(talking, body, **{"nameko.roles": ["judge"]})

        eventually(lambda: heard(talking) == ["hello"])


class TestOnBothBrokers:
    def test_an_event_that_died_is_replayed_and_done_once(
        self, talking: Running, broker: str
    ) -> None:
        both = Running(own_settings(talking.settings.data, broker=broker))
        fails = Fails(ValueError(NAME), times=3)
        both.start(Teller, a_listener(fails))
        try:
            say(both, "wang", "hello")
            eventually(lambda: letters(both))
            [letter] = letters(both)
            assert (letter["tries"], heard(both)) == (3, [])

            both.ask("listener", "replay_dead_letter", letter_id=letter["id"])

            eventually(lambda: heard(both) == ["hello"])
            assert letters(both) == []
        finally:
            both.crash()
