"""What every service's doors have in common: its timers, its hints, its record of what it told."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy import insert, select

from shared.kernel.clock import china_now
from shared.kernel.errors import Invalid, NotFound, Unavailable
from shared.kernel.rights import Permission
from shared.runtime.doors import Doors, command, every, rpc
from shared.runtime.hints import HintListener
from shared.runtime.tables import answered_command, inbox
from tests.brokers import eventually
from tests.component.running import Running
from tests.component.talkers import Teller, a_listener, done


@pytest.fixture
def teller(talking: Running) -> Running:
    talking.start(Teller)
    return talking


class TestReady:
    def test_answers_when_the_database_answers(self, teller: Running) -> None:
        assert teller.ask("teller", "ready") == {"service": "teller", "ready": True}


class TestArguments:
    @pytest.mark.parametrize(
        ("arguments", "field"),
        [
            ({"who": 3, "words": []}, "who"),
            ({"who": "wang", "words": "hello"}, "words"),
            ({"who": "wang", "words": ["a", None]}, "words.1"),
            ({"who": "wang", "words": [], "fails": "perhaps"}, "fails"),
        ],
    )
    def test_that_do_not_fit_are_refused_by_name(
        self, teller: Running, arguments: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(Invalid) as refusal:
            teller.ask("teller", "say", **arguments)

        assert [error.field for error in refusal.value.errors] == [field]

    def test_that_are_missing_or_unknown_are_refused_by_name(self, teller: Running) -> None:
        with pytest.raises(Invalid, match=r"Missing arguments \['words'\].*\['mood'\]"):
            teller.ask("teller", "say", who="wang", mood="good")


class TestRecordOfWhatWasTold:
    def test_is_given_a_page_at_a_time_from_the_first_on(self, teller: Running) -> None:
        for turn in range(5):
            teller.ask("teller", "say", who="wang", words=[str(turn * 2), str(turn * 2 + 1)])
        row, told = 0, []

        while page := teller.ask("teller", "events_after", row=row, limit=3):
            assert len(page) <= 3
            told += page
            row = page[-1]["row"]

        words = [event["payload"].get("word") for event in told]
        assert words == [None] * 5 + [str(n) for n in range(10)]  # other people's come first
        assert told[5]["headers"]["sequence"] == 1
        assert told[5]["headers"]["event_type"] == "teller.word.said.v1"

    def test_of_one_aggregate_begins_where_it_is_asked_to(self, teller: Running) -> None:
        teller.ask("teller", "say", who="li", words=["other"])
        teller.ask("teller", "say", who="wang", words=list("abcd"))

        told = teller.ask("teller", "events_of", aggregate_id="wang", after=2)

        assert [event["payload"]["word"] for event in told] == ["c", "d"]
        assert [event["headers"]["sequence"] for event in told] == [3, 4]
        assert teller.ask("teller", "events_of", aggregate_id="nobody") == []


class TestEvery:
    def test_goes_on_after_a_failure_and_lets_go_of_its_work(
        self, talking: Running, caplog: pytest.LogCaptureFixture
    ) -> None:
        ticks: list[int] = []

        class Ticking(Teller):
            @every(0.02)
            def tick(self) -> None:
                ticks.append(len(ticks))
                with self.work.begin():
                    self.work.connection.execute(
                        insert(done).values(who="tick", word="", sequence=0)
                    )
                    if len(ticks) == 2:
                        raise ValueError("once")
                self.work.keep()

        talking.start(Ticking)

        eventually(lambda: len(ticks) >= 4)
        eventually(lambda: talking.count("teller", done, done.c.who == "tick") >= 3)
        talking.ask("teller", "say", who="wang", words=["not held up"])
        assert sum("timer_failed" in line.getMessage() for line in caplog.records) == 1

    def test_hour_forgets_what_is_too_old_for_any_repetition(self, talking: Running) -> None:
        talking.start(Teller)
        [container] = talking.containers()
        old = china_now() - timedelta(days=31)
        with talking.database("teller").writing() as connection:
            connection.execute(
                insert(answered_command).values(key="old", fingerprint="", answered_at=old)
            )
            connection.execute(insert(inbox).values(handler="h", event_id="old", received_at=old))
        [timer] = [e for e in container.entrypoints if e.method_name == "forget"]

        timer.handle_timer_tick()

        eventually(lambda: talking.count("teller", inbox, inbox.c.event_id == "old") == 0)
        keys = [row.key for row in talking.rows("teller", answered_command)]
        assert keys == ["noise"]
        assert talking.count("teller", inbox) == 5


class TestHint:
    @pytest.fixture
    def hinting(self, talking: Running) -> Running:
        class Hinting(Teller):
            @command(Permission.OWN_SIGN_IN)
            def hint_at(self, topic: str, times: int = 1, fails: bool = False) -> None:
                with self.work.begin():
                    for _ in range(times):
                        self.hint(topic)
                    if fails:
                        raise NotFound(code="nothing", zh="没有", en="Nothing.")

        talking.start(Hinting)
        return talking

    @pytest.fixture
    def heard(self, hinting: Running) -> Iterator[list[dict[str, Any]]]:
        """Give what a listener to news hears, who has begun to listen."""
        heard: list[dict[str, Any]] = []
        listener = HintListener(hinting.settings.broker_url, "news", heard.append)

        def is_listening() -> bool:
            hinting.ask("teller", "hint_at", topic="news")
            return bool(heard)

        eventually(is_listening)
        time.sleep(0.1)
        heard.clear()
        yield heard
        listener.close()

    def test_reaches_who_listens_once_the_work_is_kept(
        self, hinting: Running, heard: list[dict[str, Any]]
    ) -> None:
        hinting.ask("teller", "hint_at", topic="other")
        hinting.ask("teller", "hint_at", topic="news", times=5)

        eventually(lambda: heard == [{}])
        time.sleep(0.1)
        assert heard == [{}]

    def test_is_not_said_when_the_work_is_not_kept(
        self, hinting: Running, heard: list[dict[str, Any]]
    ) -> None:
        with pytest.raises(NotFound):
            hinting.ask("teller", "hint_at", topic="news", fails=True)

        time.sleep(0.1)
        assert heard == []


class TestLogLines:
    def test_say_under_which_call_they_were_written(self, talking: Running) -> None:
        seen: list[dict[str, Any]] = []

        class Logging(Teller):
            @rpc(Permission.OWN_SIGN_IN)
            def look(self) -> None:
                seen.append(structlog.contextvars.get_contextvars())

        talking.start(Logging)

        talking.ask("teller", "look", about="P20261123-0000018")
        talking.ask("teller", "look")

        assert seen[0]["matter_no"] == "P20261123-0000018"
        assert seen[1]["matter_no"] is None
        assert seen[0]["call_id"] != seen[1]["call_id"]

    def test_of_an_event_name_the_call_that_began_it(self, talking: Running) -> None:
        seen: list[Any] = []
        talking.start(
            Teller,
            a_listener(
                lambda *_: seen.append(structlog.contextvars.get_contextvars()["matter_no"])
            ),
        )

        talking.ask("teller", "say", who="wang", words=["a"], about="P20261123-0000018")

        eventually(lambda: seen == ["P20261123-0000018"])


class TestAnswerThatIsNoJson:
    def test_is_told_at_once_as_a_fault(self, talking: Running) -> None:
        class Counter(Doors):
            name = "answerer"

            @rpc(Permission.OWN_SIGN_IN)
            def stars(self) -> int:
                """Return more than fits into 64 bits."""
                return 10**30

        talking.start(Counter)
        began = time.monotonic()

        with pytest.raises(Unavailable, match="service_fault"):
            talking.ask("answerer", "stars", timeout_s=5)

        assert time.monotonic() - began < 3


class TestService:
    def test_has_every_common_door(self) -> None:
        doors = {
            name
            for name in dir(Teller)
            if getattr(getattr(Teller, name, None), "nameko_entrypoints", None)
        }

        assert doors == {
            "say",
            "echo",
            "ready",
            "events_after",
            "events_of",
            "unsent_events",
            "dead_letters",
            "dead_letter",
            "replay_dead_letter",
            "keep_dead_letter",
            "forget",
            "make_partitions",
            "anchor_audit",
            "audit_entries",
            "audit_anchors",
        }
        assert issubclass(Teller, Doors)

    def test_keeps_nothing_that_a_question_wrote(self, talking: Running) -> None:
        class Careless(Teller):
            @rpc(Permission.OWN_SIGN_IN)
            def ask_and_write(self) -> None:
                with self.work.begin():
                    self.work.connection.execute(
                        insert(done).values(who="careless", word="", sequence=0)
                    )

        talking.start(Careless)

        talking.ask("teller", "ask_and_write")

        assert talking.rows("teller", select(done).where(done.c.who == "careless")) == []
