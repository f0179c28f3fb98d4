"""A client as light as can be, so that what is measured is the server: HTTP/1.1 over kept connections."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import orjson


@dataclass(slots=True)
class Load:
    """What came of a load: seconds for each request, how many of which status, and in what time."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    took_s: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.seconds) / self.took_s

    def percentile_ms(self, percent: float) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1000

    def add(self, other: "Load") -> None:
        self.seconds += other.seconds
        self.statuses += other.statuses
        self.took_s += other.took_s


# The path and the body of a request, and headers of its own; one without a body is a question.
Asked = tuple[str, dict[str, object] | None, dict[str, str]]
# Makes the request of a number.
Making = Callable[[int], Asked]


def load(url: str, token: str, make: Making, *, seconds: float, concurrency: int) -> Load:
    """Ask for so long over so many connections at once."""
    return asyncio.run(_load(url, token, make, seconds, concurrency))


async def _load(url: str, token: str, make: Making, seconds: float, concurrency: int) -> Load:
    done = Load()
    began = time.perf_counter()
    numbers = iter(range(10**9))
    clients = [_Client(url, token, make, done) for _ in range(concurrency)]
    await asyncio.gather(*(client.run(numbers, began + seconds) for client in clients))
    done.took_s = time.perf_counter() - began
    return done


class _Client:
    """One connection, one request at a time."""

    def __init__(self, url: str, token: str, make: Making, done: Load) -> None:
        self._host, self._port = urlsplit(url).hostname, urlsplit(url).port
        self._token = token
        self._make = make
        self._done = done

    async def run(self, numbers: "object", until: float) -> None:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            for number in numbers:  # type: ignore[attr-defined]
                began = time.perf_counter()
                if began >= until:
                    return
                writer.write(self._request(number))
                self._done.statuses[await _status(reader)] += 1
                self._done.seconds.append(time.perf_counter() - began)
        finally:
            writer.close()

    def _request(self, number: int) -> bytes:
        path, body, headers = self._make(number)
        text = b"" if body is None else orjson.dumps(body)
        lines = [
            f"{'GET' if body is None else 'POST'} {path} HTTP/1.1",
            f"Host: {self._host}:{self._port}",
            f"Authorization: Bearer {self._token}",
            "Content-Type: application/json",
            f"Content-Length: {len(text)}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode() + text


async def _status(reader: asyncio.StreamReader) -> int:
    """Read an answer to its end; return its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length))
    return int(head.split(b" ", 2)[1])
