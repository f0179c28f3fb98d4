"""Listening for hints: short-lived words that something is new, which nobody relies on."""

import threading
from collections.abc import Callable
from typing import Any

from kombu import Connection, Consumer, Queue
from kombu.mixins import ConsumerMixin

from shared.kernel.ids import new_id
from shared.runtime.topology import HINTS


class HintListener(ConsumerMixin):
    """Calls *hear* for each hint on *topic* while it runs, in its own thread."""

    def __init__(self, broker_url: str, topic: str, hear: Callable[[dict[str, Any]], None]) -> None:
        self.connection = Connection(broker_url)
        self._hear = hear
        self._queue = Queue(
            f"hints-{new_id()}", exchange=HINTS, routing_key=topic, exclusive=True, auto_delete=True
        )
        self._thread = threading.Thread(target=self.run, name="hints", daemon=True)
        self._thread.start()

    def get_consumers(self, consumer: type[Consumer], channel: Any) -> list[Consumer]:
        return [consumer([self._queue], callbacks=[self._arrive], no_ack=True, accept=["json"])]

    def _arrive(self, body: dict[str, Any], message: Any) -> None:
        self._hear(body)

    def close(self) -> None:
        self.should_stop = True
        self._thread.join(timeout=5)
