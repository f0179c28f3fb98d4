"""The ring between the command service and the clients of the live stream."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import pytest

from services.gateway.clients.live_feed import Entry, LiveFeed
from shared.kernel.errors import Unavailable
from tests.unit.gateway.loop import run

PAGE = 10
PATIENCE_S = 5.0


class Log:
    """The command service's log of the stream, as its `stream_since` answers."""

    def __init__(self, entries: int = 0) -> None:
        self.ids = list(range(1, entries + 1))
        self.asked: list[int] = []
        self.is_away = False

    def grow(self, entries: int = 1) -> None:
        first = (self.ids[-1] if self.ids else 0) + 1
        self.ids += range(first, first + entries)

    async def since(self, after: int) -> dict[str, Any]:
        if self.is_away:
            raise Unavailable(code="service_away", zh="不在", en="away")
        self.asked.append(after)
        await asyncio.sleep(0)
        lines = [
            {"id": i, "topic": "incident", "place_codes": ["*"], "data": {"n": i}}
            for i in self.ids
            if i > after
        ]
        return {"entries": lines[:PAGE], "last": self.ids[-1] if self.ids else 0}


class Client:
    """One reader of the feed."""

    def __init__(self, feed: LiveFeed, position: int) -> None:
        self.entries: AsyncGenerator[Entry | None, None] = feed.follow(position)

    async def next_ids(self, count: int) -> list[int]:
        """Read until there are as many entries."""
        ids: list[int] = []
        async with asyncio.timeout(PATIENCE_S):
            while len(ids) < count:
                entry = await anext(self.entries)
                if entry is not None:
                    ids.append(entry.id)
        return ids

    async def settle(self) -> None:
        """Read until nothing is new."""
        async with asyncio.timeout(PATIENCE_S):
            while await anext(self.entries) is not None:
                pass

    async def is_over(self) -> bool:
        async with asyncio.timeout(PATIENCE_S):
            return [entry async for entry in self.entries if entry is not None] == []


Story = Callable[[Log, LiveFeed], Awaitable[None]]


def tell(story: Story, *, entries: int = 0, ring: int = 2_000) -> None:
    async def told() -> None:
        log = Log(entries)
        feed = LiveFeed(log.since, ring=ring)
        await story(log, feed)
        feed.close()

    run(told())


def test_a_new_client_starts_now() -> None:
    async def story(log: Log, feed: LiveFeed) -> None:
        client = Client(feed, await feed.start_after(None))
        await client.settle()
        log.grow(2)
        feed.wake()
        assert await client.next_ids(2) == [6, 7]

    tell(story, entries=5)


@pytest.mark.parametrize("turns", range(6))
def test_a_hint_in_the_moment_the_last_client_leaves_keeps_nobody_fetching(turns: int) -> None:
    async def story(log: Log, feed: LiveFeed) -> None:
        client = Client(feed, await feed.start_after(None))
        await client.settle()
        await asyncio.sleep(0.01)
        feed.wake()
        for _ in range(turns):
            await asyncio.sleep(0)  # the hint is on its way
        await client.entries.aclose()
        await asyncio.sleep(0.01)
        log.asked.clear()

        feed.wake()
        await asyncio.sleep(0.01)

        assert log.asked == []

    tell(story, entries=5)


def test_a_client_resumes_out_of_the_ring() -> None:
    async def story(log: Log, feed: LiveFeed) -> None:
        first = Client(feed, await feed.start_after(None))
        await first.settle()
        log.grow(4)
        feed.wake()
        await first.next_ids(4)
        log.asked.clear()

        again = Client(feed, 7)
        assert await again.next_ids(2) == [8, 9]
        assert log.asked == []

    tell(story, entries=5)


def test_a_client_resumes_from_long_before_the_ring() -> None:
    async def story(log: Log, feed: LiveFeed) -> None:
        client = Client(feed, await feed.start_after(2))
        assert await client.next_ids(33) == list(range(3, 36))
        log.grow()
        feed.wake()
        assert await client.next_ids(1) == [36]

    tell(story, entries=35)


def test_nothing_is_missed_or_doubled_between_past_and_present() -> None:
    async def story(log: Log, feed: LiveFeed) -> None:
        client = Client(feed, 0)
        seen = await client.next_ids(12)
        log.grow(30)
        feed.wake()
        seen += await client.next_ids(20)
        log.grow(30)
        feed.wake()
        seen += await client.next_ids(85 - 32)
        assert seen == list(range(1, 86))

    tell(story, entries=25, ring=7)


def test_a_slow_client_costs_no_memory_and_misses_nothing() -> None:
    async def story(log: Log, feed: LiveFeed) -> None:
        slow, quick = Client(feed, 0), Client(feed, 0)
        await quick.settle()
        await slow.settle()
        log.grow(50)
        feed.wake()
        await quick.next_ids(50)
        assert len(feed._ring) == 5
        assert await slow.next_ids(50) == list(range(1, 51))

    tell(story, ring=5)


def test_a_number_nobody_has_given_out_yet_counts_as_now() -> None:
    async def story(log: Log, feed: LiveFeed) -> None:
        assert await feed.start_after(1_000) == 5

    tell(story, entries=5)


def test_a_log_that_begins_anew_ends_the_streams() -> None:
    async def story(log: Log, feed: LiveFeed) -> None:
        client = Client(feed, await feed.start_after(None))
        await client.settle()
        log.ids = [1]
        feed.wake()
        assert await client.is_over()
        again = Client(feed, await feed.start_after(5))
        await again.settle()
        log.grow()
        feed.wake()
        assert await again.next_ids(1) == [2]

    tell(story, entries=5)


def test_closing_ends_every_stream_at_once() -> None:
    async def story(log: Log, feed: LiveFeed) -> None:
        clients = [Client(feed, 0) for _ in range(3)]
        for client in clients:
            await client.settle()
        feed.close()
        assert [await client.is_over() for client in clients] == [True] * 3

    tell(story)


def test_nothing_is_fetched_while_nobody_watches() -> None:
    async def story(log: Log, feed: LiveFeed) -> None:
        client = Client(feed, 5)
        await client.settle()
        await client.entries.aclose()
        log.asked.clear()
        for _ in range(5):
            log.grow()
            feed.wake()
            await asyncio.sleep(0.01)
        assert log.asked == []
        assert feed.clients == 0

        # Whoever comes after such a pause misses nothing.
        assert await Client(feed, 7).next_ids(3) == [8, 9, 10]

    tell(story, entries=5)


def test_one_fetch_serves_all_clients() -> None:
    async def story(log: Log, feed: LiveFeed) -> None:
        clients = [Client(feed, 0) for _ in range(20)]
        for client in clients:
            await client.settle()
        log.asked.clear()
        log.grow()
        feed.wake()
        for client in clients:
            assert await client.next_ids(1) == [1]
        assert len(log.asked) <= 2

    tell(story)


def test_a_client_outlives_an_absence_of_the_command_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.gateway.clients.live_feed.POLL_S", 0.02)

    async def story(log: Log, feed: LiveFeed) -> None:
        client = Client(feed, 0)
        await client.settle()
        log.is_away = True
        feed.wake()
        await asyncio.sleep(0.05)
        log.is_away = False
        log.grow()
        # No hint comes: what a lost one would have told is looked for after a while.
        assert await client.next_ids(1) == [1]

    tell(story)


def test_a_client_is_told_when_the_past_cannot_be_had() -> None:
    async def story(log: Log, feed: LiveFeed) -> None:
        reader = Client(feed, 0)
        await reader.settle()
        log.grow(40)
        feed.wake()
        await asyncio.sleep(0.05)
        log.is_away = True
        with pytest.raises(Unavailable):
            await reader.next_ids(40)

    tell(story, ring=3)
