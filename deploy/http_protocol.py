"""HTTP on the wire as every profile speaks it: nobody may hold a connection by being slow, or hold them all.

uvicorn waits for ever for the head of a request, and for what still comes of one it has answered.
"""

import asyncio
import ipaddress
from collections import Counter
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

# A client on a bad line sends a head in a second or two.
HEAD_WITHIN_S = 10.0
# So long what was refused may still come in, so that its sender reads why.
LINGER_S = 5.0
# The head of a request altogether; the longest token has 8 KB.
LONGEST_HEAD = 32 * 1024


class Connections:
    """How many connections each address has; those of *trusted* proxies are many people's."""

    def __init__(self, most: int, trusted: tuple[str, ...]) -> None:
        self._most = most
        self._trusted = [ipaddress.ip_network(proxy) for proxy in trusted]
        self._open: Counter[str] = Counter()

    def begin(self, address: str) -> bool:
        """Count one more; answer whether it may stay."""
        self._open[address] += 1
        return self._most == 0 or self._open[address] <= self._most or self._trusts(address)

    def _trusts(self, address: str) -> bool:
        return any(ipaddress.ip_address(address) in network for network in self._trusted)

    def end(self, address: str) -> None:
        self._open[address] -= 1
        if self._open[address] <= 0:
            del self._open[address]


class ImpatientProtocol(H11Protocol):
    """One connection, which is closed when its client takes too long."""

    def __init__(self, connections: Connections, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._counted = connections
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self._counted.begin(self._address):
            self._allow(HEAD_WITHIN_S)
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._relax()
        self._counted.end(self._address)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; the head of a request has to be whole in time, however it drips."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            if self.conn.our_state is not h11.DONE:
                self._relax()
        elif self._deadline is None:
            self._allow(HEAD_WITHIN_S)

    def on_response_complete(self) -> None:
        """Wait for the next request, or a moment for the rest of this one."""
        still_sending = self.conn.their_state is h11.SEND_BODY
        super().on_response_complete()
        if still_sending:
            self._allow(LINGER_S)

    @property
    def _address(self) -> str:
        return self.client[0] if self.client else ""

    def _allow(self, seconds: float) -> None:
        self._relax()
        self._deadline = self.loop.call_later(seconds, self._give_up)

    def _relax(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()
