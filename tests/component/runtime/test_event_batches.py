"""Events that came while a worker was busy are taken together: one commit, in order, and each for itself if one fails."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event, select

from shared.runtime.doors import Doors
from shared.runtime.inbox import Delivery
from shared.runtime.tables import dead_letter, inbox
from tests.brokers import eventually
from tests.component.running import Running
from tests.component.talkers import Teller, WordSaid, a_listener, done, write_down

WORDS = [str(number) for number in range(40)]
POISON = "poison"


class Gate:
    """A handler that waits at its first event, so that all others gather before the door."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.tried: list[str] = []

    def __call__(self, service: Doors, told: WordSaid, delivery: Delivery) -> None:
        self.tried.append(told.word)
        write_down(service, told, delivery)
        self.open.wait()
        if told.word == POISON:
            raise ValueError("as a test wants it")


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open.set()


@pytest.fixture(params=[True, False], ids=["in order", "in any order"])
def listening(request: pytest.FixtureRequest, talking: Running, gate: Gate) -> Running:
    """Give a listener that waits at the first of wang's words."""
    talking.start(Teller, a_listener(gate, keeps_order=request.param))
    say(talking, "wang", "first")
    eventually(lambda: gate.tried == ["first"])
    return talking


def say(running: Running, who: str, *words: str) -> None:
    running.ask("teller", "say", who=who, words=list(words))


def gather(running: Running, who: str, *words: str) -> None:
    """Say words and wait until all lie with the listener's door."""
    say(running, who, *words)
    door = door_of(running)
    eventually(lambda: door._come.qsize() == len(words))


def door_of(running: Running) -> Any:
    [container] = [each for each in running.containers() if each.service_name == "listener"]
    [door] = [each for each in container.entrypoints if each.method_name == "hear_word"]
    return door


def heard(running: Running, who: str = "wang") -> list[str]:
    words = select(done.c.word).where(done.c.who == who).order_by(done.c.id)
    return [word for (word,) in running.rows("listener", words)]


def count_commits(running: Running) -> list[None]:
    """Return a list that grows by one with each commit of the listener's."""
    commits: list[None] = []
    event.listen(running.database("listener").engine, "commit", lambda _: commits.append(None))
    return commits


class TestBatch:
    def test_is_one_commit(self, listening: Running, gate: Gate) -> None:
        gather(listening, "wang", *WORDS)
        commits = count_commits(listening)

        gate.open.set()

        eventually(lambda: len(heard(listening)) == 1 + len(WORDS))
        assert len(commits) == 2  # the first alone, then all others

    def test_keeps_the_order_in_which_they_came(self, listening: Running, gate: Gate) -> None:
        gather(listening, "wang", *WORDS)

        gate.open.set()

        eventually(lambda: len(heard(listening)) == 1 + len(WORDS))
        assert heard(listening) == ["first", *WORDS]
        assert gate.tried == ["first", *WORDS]

    def test_with_poison_in_it_puts_off_the_poison_alone(
        self, listening: Running, gate: Gate
    ) -> None:
        say(listening, "li", *WORDS[:10])
        say(listening, "zhao", POISON)
        say(listening, "li", *WORDS[10:])
        door = door_of(listening)
        eventually(lambda: door._come.qsize() == 1 + len(WORDS))

        gate.open.set()

        eventually(lambda: heard(listening, "li") == WORDS)
        eventually(lambda: letters(listening) == [("zhao", 3)])
        assert heard(listening, "zhao") == []
        assert heard(listening) == ["first"]

    def test_leaves_the_inbox_as_if_each_had_come_alone(
        self, listening: Running, gate: Gate
    ) -> None:
        gather(listening, "wang", *WORDS)

        gate.open.set()

        eventually(lambda: len(heard(listening)) == 1 + len(WORDS))
        say(listening, "wang", "last")
        eventually(lambda: heard(listening)[-1] == "last")
        entries = listening.count("listener", inbox, inbox.c.handler == "listener.hear_word")
        assert entries in (0, 2 + len(WORDS))  # one that keeps the order keeps a position instead


def letters(running: Running) -> list[tuple[str, int]]:
    kept = running.rows(
        "listener",
        select(dead_letter.c.headers, dead_letter.c.tries).where(
            dead_letter.c.replayed_at.is_(None)
        ),
    )
    return [(row.headers["aggregate_id"], row.tries) for row in kept]
