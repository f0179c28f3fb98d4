"""Dead letters: kept, listed, shown without what is personal, and replayed once."""

import itertools
import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from shared.kernel.clock import china_now
from shared.kernel.errors import NotFound, RuleBroken
from shared.runtime import dead_letters
from shared.runtime.database import ServiceDatabase
from shared.runtime.doors import Doors
from shared.runtime.inbox import Delivery
from shared.runtime.tables import dead_letter
from tests.brokers import eventually
from tests.component.running import Running
from tests.component.talkers import Teller, WordSaid, a_listener, done, write_down

MATTER_NO = "P20261123-0000018"


class Mendable:
    """A handler that fails until somebody mends it."""

    def __init__(self) -> None:
        self.is_mended = False
        self.tried = 0

    def __call__(self, service: Doors, told: WordSaid, delivery: Delivery) -> None:
        self.tried += 1
        if not self.is_mended:
            raise ValueError(told.personal.secret)
        write_down(service, told, delivery)


@pytest.fixture
def handler() -> Mendable:
    return Mendable()


@pytest.fixture
def listening(talking: Running, handler: Mendable) -> Running:
    talking.start(Teller, a_listener(handler, keeps_order=True))
    return talking


def die(running: Running, *words: str) -> list[dict[str, Any]]:
    """Tell words that nobody gets through; return their dead letters, the oldest first."""
    running.ask("teller", "say", who="wang", words=list(words), about=MATTER_NO)
    eventually(lambda: len(letters(running)) == len(words))
    return sorted(letters(running), key=lambda letter: str(letter["headers_sequence"]))


def letters(running: Running, **which: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = running.ask("listener", "dead_letters", **which)
    kept = {
        row.id: row.headers["sequence"]
        for row in running.rows("listener", dead_letter)
        if "sequence" in row.headers
    }
    return [letter | {"headers_sequence": kept.get(letter["id"])} for letter in found]


def heard(running: Running) -> list[str]:
    words = select(done.c.word).where(done.c.who == "wang").order_by(done.c.id)
    return [row.word for row in running.rows("listener", words)]


class TestDeadLetter:
    def test_says_what_died_where_and_why(self, listening: Running) -> None:
        before = china_now()

        [letter] = die(listening, "hello")

        assert (letter["event_type"], letter["queue"], letter["tries"]) == (
            "teller.word.said.v1",
            "evt--listener.hear_word",
            3,
        )
        assert letter["reason"].startswith("ValueError at ")
        assert (letter["aggregate_id"], letter["matter_no"]) == ("wang", MATTER_NO)
        assert letter["died_at"] >= before.isoformat()
        assert letter["replayed_at"] is None

    def test_shows_its_body_but_nothing_personal(self, listening: Running) -> None:
        [letter] = die(listening, "hello")

        shown = listening.ask("listener", "dead_letter", letter_id=letter["id"])

        assert shown["payload"] == {
            "who": "wang",
            "word": "hello",
            "personal": {"secret": "***"},
        }
        assert "his secret" not in str(shown)

    def test_is_not_found_by_another_id(self, listening: Running) -> None:
        for door in ("dead_letter", "replay_dead_letter"):
            with pytest.raises(NotFound) as refusal:
                listening.ask("listener", door, letter_id="no such id")
            assert refusal.value.code == "no_such_dead_letter"


class TestReplay:
    def test_of_a_mended_handler_takes_effect_once(
        self, listening: Running, handler: Mendable
    ) -> None:
        dead = die(listening, "a", "b", "c")
        handler.is_mended = True

        for letter in dead:
            listening.ask("listener", "replay_dead_letter", letter_id=letter["id"])

        eventually(lambda: len(heard(listening)) == 3)
        assert heard(listening) == ["a", "b", "c"]
        assert letters(listening) == []
        assert len(letters(listening, include_replayed=True)) == 4  # one is other people's

    def test_of_the_last_brings_those_before_it(
        self, listening: Running, handler: Mendable
    ) -> None:
        *rest, last = die(listening, "a", "b", "c")
        handler.is_mended = True

        listening.ask("listener", "replay_dead_letter", letter_id=last["id"])
        eventually(lambda: len(heard(listening)) == 3)
        for letter in rest:
            listening.ask("listener", "replay_dead_letter", letter_id=letter["id"])
        time.sleep(0.05)

        assert heard(listening) == ["a", "b", "c"]

    def test_is_refused_a_second_time(self, listening: Running, handler: Mendable) -> None:
        [letter] = die(listening, "hello")
        handler.is_mended = True
        listening.ask("listener", "replay_dead_letter", letter_id=letter["id"])

        with pytest.raises(RuleBroken) as refusal:
            listening.ask("listener", "replay_dead_letter", letter_id=letter["id"])

        assert refusal.value.code == "dead_letter_replayed"

    def test_asked_for_twice_under_one_key_is_done_once(
        self, listening: Running, handler: Mendable
    ) -> None:
        [letter] = die(listening, "hello")
        tried = handler.tried

        answers = [
            listening.ask("listener", "replay_dead_letter", key="k-1", letter_id=letter["id"])
            for _ in range(2)
        ]

        assert answers[0] == answers[1]
        eventually(lambda: handler.tried >= tried + 3)
        eventually(lambda: len(letters(listening)) == 1)
        assert handler.tried == tried + 3

    def test_of_an_unmended_handler_dies_again_with_all_its_tries(
        self, listening: Running, handler: Mendable
    ) -> None:
        [letter] = die(listening, "hello")

        listening.ask("listener", "replay_dead_letter", letter_id=letter["id"])

        eventually(lambda: handler.tried == 6)
        eventually(lambda: len(letters(listening)) == 1)
        [again] = letters(listening)
        assert again["id"] != letter["id"]
        assert again["tries"] == 3

    def test_into_a_queue_that_is_gone_is_refused_and_can_be_done_later(
        self, talking: Running
    ) -> None:
        talking.start(a_listener())
        _keep_one(talking.database("listener"), queue="evt--listener.renamed")
        [letter] = letters(talking)

        with pytest.raises(RuleBroken) as refusal:
            talking.ask("listener", "replay_dead_letter", letter_id=letter["id"])

        assert refusal.value.code == "queue_gone"
        assert "evt--listener.renamed" in refusal.value.en
        assert [one["replayed_at"] for one in letters(talking)] == [None]


def _keep_one(database: ServiceDatabase, *, queue: str, number: int = 1) -> None:
    with database.writing() as connection:
        connection.execute(
            insert(dead_letter).values(
                id=f"letter-{number}",
                event_id=f"e-{number}",
                event_type="teller.word.said.v1",
                queue=queue,
                tries=3,
                reason="ValueError",
                headers={"aggregate_id": "wang"},
                payload='{"who": "wang"}',
                died_at=china_now() - timedelta(minutes=number),
            )
        )


class TestMasked:
    def test_shows_what_is_nested_deeper_than_any_event_no_further(self) -> None:
        deep: Any = {"personal": {"title": "张三"}}
        for _ in range(900):
            deep = [deep]

        assert "张三" not in str(dead_letters.masked(deep))
        assert "…" in str(dead_letters.masked(deep))


class TestList:
    def test_is_newest_first_and_has_an_end(self, talking: Running) -> None:
        database = talking.database("listener")
        for number in (2, 3, 1):
            _keep_one(database, queue="evt--listener.hear_word", number=number)

        with database.reading() as connection:
            listed = dead_letters.listed(connection, limit=2)

        assert [letter["id"] for letter in listed] == ["letter-1", "letter-2"]


class TestKeeping:
    def test_of_a_message_that_killed_its_workers_says_so(self, talking: Running) -> None:
        database = talking.database("listener")
        # What the broker adds when a message was delivered too often.
        headers = {"x-death": [{"queue": "evt--listener.hear_word", "reason": "delivery_limit"}]}
        with database.writing() as connection:
            dead_letters.keep(connection, headers, {"who": "wang"})

        [letter] = [letter for letter in _listed(database) if letter["tries"] == 0]

        assert letter["queue"] == "evt--listener.hear_word"
        assert letter["event_type"] == "unknown"
        assert letter["reason"] == "the worker died each time it was delivered"

    def test_takes_headers_that_hold_anything(self, talking: Running) -> None:
        database = talking.database("listener")
        headers = {
            "event_id": ["e-1"],
            "event_type": "a\x00b",
            "queue": "x" * 256,
            "tries": "many",
            "reason": china_now(),
            "x-death": [7],
        }
        with database.writing() as connection:
            dead_letters.keep(connection, headers, {"who": 10**30, "deep": [[["x"]]]})

        [letter] = [letter for letter in _listed(database) if letter["reason"] == "unknown"]

        assert (letter["event_type"], letter["queue"], letter["tries"]) == ("unknown",) * 2 + (0,)
        with database.reading() as connection:
            shown = dead_letters.shown(connection, letter["id"])
        assert shown["payload"] == {"who": f"{10**30:,}", "deep": [[["x"]]]}

    def test_waits_between_tries_while_the_database_is_away(
        self, listening: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tried: list[float] = []
        keep = dead_letters.keep

        def refuse(*arguments: Any) -> None:
            tried.append(time.monotonic())
            if len(tried) < 4:
                raise OSError("the disk is full")
            keep(*arguments)

        monkeypatch.setattr(dead_letters, "PAUSE_S", 0.05)
        monkeypatch.setattr(dead_letters, "keep", refuse)

        die(listening, "hello")

        assert len(tried) == 4
        pauses = [b - a for a, b in itertools.pairwise(tried)]
        assert min(pauses) >= 0.05


def _listed(database: ServiceDatabase) -> list[dict[str, Any]]:
    with database.reading() as connection:
        return dead_letters.listed(connection)
