"""Several copies of a service share its work: nothing is sent twice on purpose, done twice, or left."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Any

import eventlet
import pytest
from sqlalchemy import insert, select

from shared.kernel.errors import Unavailable
from shared.runtime import relay as relay_module
from shared.runtime import shards as shards_module
from shared.runtime.doors import Doors, every
from shared.runtime.inbox import Delivery
from shared.runtime.relay import WINDOW
from shared.runtime.shards import ALL_SHARDS
from shared.runtime.tables import dead_letter, outbox
from tests.brokers import eventually
from tests.component.copies import Copy
from tests.component.running import Ear, Running
from tests.component.talkers import Teller, WordSaid, a_listener, done, write_down
from tests.profiles import only_production

pytestmark = only_production("the embedded platform is one process, with one copy of each service")

# Enough people that every shard has some of them.
PEOPLE = [f"person {number}" for number in range(24)]
LEASE_S = 3.0


@pytest.fixture(autouse=True)
def _dies_and_is_missed_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let leases run as long as a copy that lives needs for certain, even on a busy machine."""
    monkeypatch.setattr(shards_module, "LEASE", timedelta(seconds=LEASE_S))
    monkeypatch.setattr(relay_module, "RENEW_EVERY_S", 0.2)
    monkeypatch.setattr(relay_module, "SWEEP_S", 0.1)


Add = Callable[[type[Doors]], Copy]


@pytest.fixture
def add(talking: Running) -> Iterator[Add]:
    """Add a copy of a service to those that run; all end with the test."""
    with ExitStack() as copies:

        def add(service: type[Doors]) -> Copy:
            copy = Copy(service, talking.settings)
            copies.callback(copy.crash)
            return copy.start()

        yield add


@pytest.fixture
def ear(talking: Running) -> Iterator[Ear]:
    ear = Ear(talking.settings, "teller")
    yield ear
    ear.close()


def say(running: Running, turns: range, people: list[str] = PEOPLE) -> None:
    """Let everybody say a word in each turn, all at once."""
    for turn in turns:
        saying = [eventlet.spawn(_say, running, who, turn) for who in people]
        for each in saying:
            each.wait()


def _say(running: Running, who: str, turn: int) -> None:
    """Ask until it is answered, under one key, as a client does."""
    key, words = f"{who} {turn}", [str(turn)]
    while True:
        with suppress(Unavailable):
            running.ask("teller", "say", key=key, timeout_s=2, who=who, words=words)
            return


def by_person(told: list[Any]) -> dict[str, list[int]]:
    """Return the numbers of the events of each, in the order in which they came."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for message in told:
        numbers[message.headers["aggregate_id"]].append(message.headers["sequence"])
    return numbers


def waiting(running: Running) -> int:
    return running.count("teller", outbox, outbox.c.published_at.is_(None))


def heard(running: Running) -> dict[str, list[int]]:
    """Return the numbers of the events that each said, in the order in which they took effect."""
    rows = running.rows(
        "listener",
        select(done.c.who, done.c.sequence).where(done.c.who != "noise").order_by(done.c.id),
    )
    numbers: dict[str, list[int]] = defaultdict(list)
    for who, sequence in rows:
        numbers[who].append(sequence)
    return numbers


def all_of(turns: int) -> dict[str, list[int]]:
    return {who: list(range(1, turns + 1)) for who in PEOPLE}


def dead(running: Running) -> int:
    return running.count("listener", dead_letter, dead_letter.c.replayed_at.is_(None))


def share_evenly(*copies: Copy) -> bool:
    """Tell whether each shard is sent by one of the copies, none by a second, and each has its part."""
    held = Counter(shard for copy in copies for shard in copy.held)
    parts = [len(copy.held) for copy in copies]
    once = set(held) == ALL_SHARDS and set(held.values()) == {1}
    return once and max(parts) - min(parts) <= 1


class TestRelays:
    def test_send_each_event_once_and_in_order(self, talking: Running, add: Add, ear: Ear) -> None:
        first, second = add(Teller), add(Teller)
        eventually(lambda: share_evenly(first, second))

        say(talking, range(10))
        told = ear.take(10 * len(PEOPLE))
        eventually(lambda: waiting(talking) == 0)

        assert by_person(told) == all_of(10)
        assert ear.waiting() == 0

    def test_send_nothing_twice_while_a_second_copy_comes(
        self, talking: Running, add: Add, ear: Ear
    ) -> None:
        first = add(Teller)
        telling = eventlet.spawn(say, talking, range(20))
        eventually(lambda: ear.waiting() > 3 * len(PEOPLE))

        second = add(Teller)
        telling.wait()
        told = ear.take(20 * len(PEOPLE))
        eventually(lambda: waiting(talking) == 0)

        eventually(lambda: share_evenly(first, second))
        assert by_person(told) == all_of(20)
        assert ear.waiting() == 0

    def test_hand_nothing_over_that_was_sent(
        self, talking: Running, add: Add, ear: Ear, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(relay_module, "MARK_EVERY_S", 60)
        first = add(Teller)
        say(talking, range(1))
        eventually(lambda: ear.waiting() == len(PEOPLE))
        say(talking, range(1, 2))
        eventually(lambda: ear.waiting() == 2 * len(PEOPLE))

        second = add(Teller)
        eventually(lambda: share_evenly(first, second))
        say(talking, range(2, 3))

        assert by_person(ear.take(3 * len(PEOPLE))) == all_of(3)
        assert ear.waiting() == 0

    def test_give_a_third_copy_its_part(self, add: Add) -> None:
        copies = [add(Teller), add(Teller)]
        eventually(lambda: share_evenly(*copies))

        copies.append(add(Teller))

        eventually(lambda: share_evenly(*copies))

    def test_go_on_at_once_where_a_copy_stopped(
        self, talking: Running, add: Add, ear: Ear, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(shards_module, "LEASE", timedelta(seconds=600))
        first, second = add(Teller), add(Teller)
        eventually(lambda: share_evenly(first, second))

        second.stop()
        say(talking, range(2))

        assert by_person(ear.take(2 * len(PEOPLE))) == all_of(2)
        assert first.held == ALL_SHARDS

    def test_go_on_within_the_lease_of_a_copy_that_died(
        self, talking: Running, add: Add, ear: Ear
    ) -> None:
        first, second = add(Teller), add(Teller)
        eventually(lambda: share_evenly(first, second))

        second.crash()
        died_at = time.monotonic()
        say(talking, range(2))
        told = ear.take(2 * len(PEOPLE))

        assert by_person(told) == all_of(2)
        assert time.monotonic() - died_at < 2 * LEASE_S
        assert first.held == ALL_SHARDS

    def test_lose_and_double_no_effect_when_one_dies_at_work(
        self, talking: Running, add: Add
    ) -> None:
        add(a_listener(keeps_order=True))
        add(Teller)
        second = add(Teller)
        telling = eventlet.spawn(say, talking, range(20))
        eventually(lambda: sum(map(len, heard(talking).values())) > 3 * len(PEOPLE))

        second.crash()
        telling.wait()

        eventually(lambda: waiting(talking) == 0)
        eventually(lambda: heard(talking) == all_of(20))
        assert dead(talking) == 0

    def test_that_have_no_shard_wake_those_that_have(
        self, talking: Running, add: Add, ear: Ear, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = add(Teller), add(Teller)
        eventually(lambda: share_evenly(first, second))
        monkeypatch.setattr(relay_module, "SWEEP_S", 60)
        say(talking, range(1))  # whoever sweeps now looks again in a minute

        for turn in range(1, 4):
            say(talking, range(turn, turn + 1))

        assert by_person(ear.take(4 * len(PEOPLE))) == all_of(4)


class TestTimers:
    def test_fire_once_among_copies_and_go_on_when_one_dies(
        self, talking: Running, add: Add
    ) -> None:
        interval_s = 0.4

        class Ticking(Teller):
            @every(interval_s)
            def tick(self) -> None:
                with self.work.begin():
                    row = {"who": "tick", "word": self.serving.copy, "sequence": 0}
                    self.work.connection.execute(insert(done).values(**row))
                self.work.keep()

        def ticks() -> list[str]:
            rows = talking.rows("teller", select(done.c.word).where(done.c.who == "tick"))
            return [row.word for row in rows]

        began = time.monotonic()
        copies = [add(Ticking) for _ in range(3)]
        eventually(lambda: len(ticks()) >= 5)
        assert len(ticks()) <= (time.monotonic() - began) / (0.9 * interval_s) + 1

        for copy in copies[:2]:
            copy.crash()
        before = len(ticks())

        eventually(lambda: len(ticks()) >= before + 3)
        assert len(set(ticks()[-2:])) == 1


class TestListeners:
    @pytest.mark.parametrize("keeps_order", [True, False], ids=["in order", "in any order"])
    def test_take_each_event_once(self, talking: Running, add: Add, keeps_order: bool) -> None:
        takers: set[str] = set()

        def note(service: Doors, told: WordSaid, delivery: Delivery) -> None:
            takers.add(service.serving.copy)
            write_down(service, told, delivery)

        listener = a_listener(note, keeps_order=keeps_order)
        add(listener)
        add(listener)
        add(Teller)

        say(talking, range(20))
        eventually(lambda: sum(map(len, heard(talking).values())) >= 20 * len(PEOPLE))

        taken = heard(talking)
        if not keeps_order:
            taken = {who: sorted(numbers) for who, numbers in taken.items()}
        assert taken == all_of(20)
        assert len(takers) == (1 if keeps_order else 2)
        assert dead(talking) == 0

    @pytest.mark.parametrize("keeps_order", [True, False], ids=["in order", "in any order"])
    def test_take_over_from_one_that_dies(
        self, talking: Running, add: Add, keeps_order: bool
    ) -> None:
        listener = a_listener(keeps_order=keeps_order)
        dying = add(listener)
        add(listener)
        add(Teller)
        telling = eventlet.spawn(say, talking, range(20))
        eventually(lambda: sum(map(len, heard(talking).values())) > 3 * len(PEOPLE))

        dying.crash()
        telling.wait()

        eventually(lambda: {w: sorted(n) for w, n in heard(talking).items()} == all_of(20))
        if keeps_order:
            assert heard(talking) == all_of(20)
        assert dead(talking) == 0

    @pytest.mark.parametrize("keeps_order", [True, False], ids=["in order", "in any order"])
    def test_that_stop_finish_their_batch_and_leave_the_rest_to_others(
        self, talking: Running, add: Add, keeps_order: bool
    ) -> None:
        slow = threading.Event()
        tried: list[tuple[str, int]] = []

        def hear(service: Doors, told: WordSaid, delivery: Delivery) -> None:
            tried.append((told.who, delivery.sequence))
            write_down(service, told, delivery)
            if not slow.is_set():
                time.sleep(0.02)

        listener = a_listener(hear, keeps_order=keeps_order)
        stopping = add(listener)
        add(Teller)
        say(talking, range(10))
        eventually(lambda: len(tried) > 5)

        second = add(listener)
        stopping.stop()
        slow.set()

        eventually(lambda: {w: sorted(n) for w, n in heard(talking).items()} == all_of(10))
        assert len(tried) == len(set(tried)) == 10 * len(PEOPLE)
        assert second.container is not stopping.container
        assert dead(talking) == 0


def test_a_window_is_more_than_one_turn_of_all() -> None:
    assert len(PEOPLE) < WINDOW
