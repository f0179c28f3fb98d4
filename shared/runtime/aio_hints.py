"""Hints as a process without green threads hears them; nobody relies on a hint."""

from collections.abc import Callable

from aiormq.abc import AbstractChannel, DeliveredMessage

from shared.kernel.ids import new_id
from shared.runtime.aio_channel import KeptChannel
from shared.runtime.topology import HINTS


class AioHints:
    """Calls *hear* for each hint on *topic*, over a channel that is opened anew when it is lost."""

    def __init__(self, broker_url: str, name: str, topic: str, hear: Callable[[], None]) -> None:
        self._name = name
        self._topic = topic
        self._hear = hear
        self._channel = KeptChannel(broker_url, f"{name} hints", self)

    def start(self) -> None:
        """Listen from now on."""
        self._channel.start()

    async def begin(self, channel: AbstractChannel) -> None:
        """Listen on a new channel."""
        queue = f"hints.{self._name}.{new_id()}"
        await channel.queue_declare(queue, exclusive=True, auto_delete=True)
        await channel.queue_bind(queue, HINTS.name, self._topic)
        await channel.basic_consume(queue, self._arrive, no_ack=True)
        # What was said before is lost; perhaps there is something new.
        self._hear()

    def end(self) -> None:
        """Hear nothing for a while."""

    async def _arrive(self, _: DeliveredMessage) -> None:
        self._hear()

    async def close(self) -> None:
        """Stop listening."""
        await self._channel.close()
