"""Hints: short-lived words that something is new, which nobody relies on."""

import time
from collections.abc import Callable
from typing import Any

import structlog
from kombu import Consumer

from shared.kernel.actor import PLATFORM
from shared.runtime.background import in_background
from shared.runtime.bus_connection import bus_connection
from shared.runtime.publishing import Publisher
from shared.runtime.staying_connected import StaysConnected
from shared.runtime.topology import HINTS, hint_queue

log = structlog.get_logger()

# Many changes in a row are one hint: listeners look at what there is, not at the hint.
COLLECT_S = 0.03


class HintSayer:
    """Says hints on one publisher, each topic at most once in `COLLECT_S`."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._waiting: set[str] = set()

    def say(self, topic: str) -> None:
        """Tell whoever listens at this moment; returns at once."""
        if topic in self._waiting:
            return
        self._waiting.add(topic)
        in_background(lambda: self._say_later(topic), "hint")

    def _say_later(self, topic: str) -> None:
        time.sleep(COLLECT_S)
        self._waiting.discard(topic)
        try:
            self._publisher.publish(
                {}, exchange=HINTS, routing_key=topic, declare=(HINTS,), delivery_mode=1
            )
        except Exception:
            log.info("hint_not_said", topic=topic, exc_info=True)


class HintListener(StaysConnected):
    """Calls *hear* for each hint on *topic* while it runs, in its own thread."""

    def __init__(self, broker_url: str, topic: str, hear: Callable[[dict[str, Any]], None]) -> None:
        self.connection = bus_connection(broker_url)
        self._hear = hear
        self._queue = hint_queue(self.connection.userid or PLATFORM.account, topic)
        in_background(self.run, "hints")

    def get_consumers(self, consumer: type[Consumer], channel: Any) -> list[Consumer]:
        return [consumer([self._queue], callbacks=[self._arrive], no_ack=True, accept=["json"])]

    def _arrive(self, body: dict[str, Any], message: Any) -> None:
        self._hear(body)

    def close(self) -> None:
        """Stop listening, within a second; nothing waits for it."""
        self.should_stop = True
