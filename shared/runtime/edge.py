"""What the HTTP edge stands on: calls to services and its own blocking work, without blocking its loop.

In the embedded profile the loop is eventlet's own, and what blocks runs in green threads. In
production the edge is a process without eventlet (decision 14).
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from shared.runtime.call import Call
from shared.runtime.green import is_green
from shared.runtime.settings import Settings

Answer = TypeVar("Answer")


class Edge(Protocol):
    """The edge's way to the services."""

    async def call(
        self,
        service: str,
        method: str,
        *,
        call: Call,
        timeout_s: float | None = None,
        **arguments: Any,
    ) -> Any:
        """Return what *service* answers.

        Raises:
            Refusal: what it said no to, or `Unavailable`.
        """

    async def run(self, work: Callable[[], Answer]) -> Answer:
        """Return what *work*, which may block, returns; raises `Unavailable` when too much runs."""

    async def listen(self, topic: str, hear: Callable[[], None]) -> None:
        """Call *hear* on the loop for every hint on *topic* from now on, and return at once."""

    async def close(self) -> None:
        """Let go of the broker; nothing is called any more."""


def edge_of(settings: Settings, name: str) -> Edge:
    """Return the edge that fits this process; on the broker its queues bear *name*."""
    if is_green():
        from shared.runtime.green_edge import GreenEdge

        return GreenEdge(settings, name)
    from shared.runtime.native_edge import NativeEdge

    return NativeEdge(settings, name)
