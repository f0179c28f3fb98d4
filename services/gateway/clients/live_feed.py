"""What the edge asks of other services on its own account: the entries of the live stream."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import structlog
from pydantic import TypeAdapter

from shared.kernel.compartment import Compartment

log = structlog.get_logger()

RING = 2_000
# Hints may be lost; nobody waits longer than this for what a hint would have told.
POLL_S = 5.0
_AFTER_ALL = 2**31 - 1
# A line for the edge alone: whom a matter is closed to from now on.
CLOSED_OFF = "closed_off"
_COMPARTMENT = TypeAdapter(Compartment | None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the live stream: the areas it lies under, and whom its matter is closed to."""

    id: int
    topic: str
    codes: tuple[str, ...]
    data: dict[str, Any]
    matter_no: str | None = None
    compartment: Compartment | None = None


# Answers the entries after a number, oldest first and at most a page, and the newest number.
Ask = Callable[[int], Awaitable[dict[str, Any]]]


class LiveFeed:
    """One fetcher a process, a ring of what it fetched last, and the clients that read the ring.

    A client is a position, not a queue: it reads on from the last entry it was sent, out of the
    ring while the ring reaches back so far and out of the command service else. So a slow client
    costs no memory, misses nothing and holds up nobody. While there is no client, nothing is
    fetched.
    """

    def __init__(self, ask: Ask, *, ring: int = RING) -> None:
        self._ask = ask
        self._size = ring
        self._ring: deque[Entry] = deque()
        self._since = 0  # every entry after this number is in the ring
        self._last = 0
        self._clients = 0
        self._beginning = asyncio.Lock()
        self._fetching: asyncio.Task[None] | None = None
        self._hint = asyncio.Event()
        self._news = asyncio.Event()
        self._epoch = 0
        self._closed_off: dict[str, Compartment | None] = {}
        self._is_closed = False

    @property
    def clients(self) -> int:
        return self._clients

    def wake(self) -> None:
        """Look for new entries; called on the loop."""
        self._hint.set()

    def close(self) -> None:
        """End every client's stream at once, so that it resumes elsewhere."""
        self._is_closed = True
        self._tell()
        self._stop_fetching()

    def compartment_of(self, entry: Entry) -> Compartment | None:
        """Return whom a line is closed to now, though it may have been open when it was fetched."""
        if entry.matter_no is None:
            return None
        return self._closed_off.get(entry.matter_no, entry.compartment)

    async def start_after(self, last_event_id: int | None) -> int:
        """Return the number after which a client starts: its own, or now.

        Raises:
            Refusal: the command service is away.
        """
        newest = int((await self._ask(_AFTER_ALL))["last"])
        # A number nobody has given out yet: the log was begun anew since.
        return newest if last_event_id is None else min(last_event_id, newest)

    async def follow(self, position: int) -> AsyncGenerator[Entry | None, None]:
        """Yield every entry after *position*, and None whenever the reader should look around.

        Ends when the feed is closed or the log begins anew; raises `Refusal` when entries older
        than the ring cannot be had.
        """
        async with self._watching():
            epoch = self._epoch
            while not self._is_closed and epoch == self._epoch:
                news = self._news
                if position < self._since:
                    entries = await self._older(position)
                    # None left of those: the command service keeps them for a week.
                    position = position if entries else self._since
                else:
                    entries = self._newer(position)
                for entry in entries:
                    yield entry
                    position = entry.id
                if not entries:
                    yield None
                    await _at_most(POLL_S, news)

    @asynccontextmanager
    async def _watching(self) -> AsyncIterator[None]:
        async with self._beginning:
            if self._fetching is None:
                self._begin(int((await self._ask(_AFTER_ALL))["last"]))
                self._fetching = asyncio.create_task(self._fetch_on())
        self._clients += 1
        try:
            yield
        finally:
            self._clients -= 1
            if self._clients == 0:
                self._stop_fetching()

    def _begin(self, last: int) -> None:
        self._ring.clear()
        self._since = self._last = last

    def _stop_fetching(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
            self._fetching = None

    async def _fetch_on(self) -> None:
        while True:
            self._hint.clear()
            try:
                more = await self._fetch()
            except Exception as error:
                # Mostly the command service being away; whatever it is, the next turn may succeed.
                log.warning("stream_behind", reason=str(error))
                more = False
            if not more:
                await _at_most(POLL_S, self._hint)

    async def _fetch(self) -> bool:
        """Fetch a page; answer whether there may be more."""
        page = await self._ask(self._last)
        if page["last"] < self._last:
            self._begin(page["last"])
            self._epoch += 1
            self._tell()
            return False
        entries = _entries(page)
        if entries:
            self._close_off(entries)
            self._ring.extend(entries)
            self._last = entries[-1].id
            while len(self._ring) > self._size:
                self._since = self._ring.popleft().id
            self._tell()
        return bool(entries)

    def _close_off(self, entries: list[Entry]) -> None:
        for entry in entries:
            if entry.topic == CLOSED_OFF and entry.matter_no is not None:
                self._closed_off[entry.matter_no] = entry.compartment

    async def _older(self, position: int) -> list[Entry]:
        return _entries(await self._ask(position))

    def _newer(self, position: int) -> list[Entry]:
        newest_first = takewhile(lambda entry: entry.id > position, reversed(self._ring))
        return list(newest_first)[::-1]

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def _entries(page: dict[str, Any]) -> list[Entry]:
    return [
        Entry(
            id=line["id"],
            topic=line["topic"],
            codes=tuple(line["place_codes"]),
            data=line["data"],
            matter_no=line.get("matter_no"),
            compartment=_COMPARTMENT.validate_python(line.get("compartment")),
        )
        for line in page["entries"]
    ]


async def _at_most(seconds: float, event: asyncio.Event) -> None:
    # Not `wait_for`: cancelled in the moment the event comes, it goes on (CPython 86296), and two would fetch.
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
