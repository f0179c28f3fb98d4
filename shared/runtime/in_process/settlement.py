"""Tells who asked when no queue of the in-process broker holds a copy of a message any more."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable

logger = logging.getLogger(__name__)

Callback = Callable[[], None]


class Settlements:
    """Counts the copies of each message by its AMQP property `message_id`.

    A broker on disk confirms a message once it is written; one in memory forgets it in a crash, so
    the outbox may only be ticked off when every queue is done. Within one change of the broker a
    copy may go and another come (a dead letter moves); only the count at its end is looked at.
    """

    def __init__(self) -> None:
        self._copies: Counter[str] = Counter()
        self._callbacks: dict[str, list[Callback]] = {}
        self._changed: set[str] = set()

    def watch(self, message_id: str, callback: Callback) -> None:
        self._callbacks.setdefault(message_id, []).append(callback)

    def published(self, message_id: str | None, queues: int) -> None:
        """Count *queues* new copies; with none, whoever watches the message is told."""
        if message_id is not None:
            self._copies[message_id] += queues
            self._changed.add(message_id)

    def gone(self, message_id: str | None) -> None:
        if message_id is not None:
            self._copies[message_id] -= 1
            self._changed.add(message_id)

    def take_due(self) -> list[Callback]:
        """Return the callbacks of the messages that were settled since the last time."""
        due: list[Callback] = []
        while self._changed:
            message_id = self._changed.pop()
            if not self._copies[message_id]:
                del self._copies[message_id]
                due += self._callbacks.pop(message_id, [])
        return due


def call(callbacks: Iterable[Callback]) -> None:
    """Call each; what one raises is logged, for the consumer whose ack led here is not to blame."""
    for callback in callbacks:
        try:
            callback()
        except Exception:
            logger.exception("a settlement callback failed / 消息处理完毕的回调出错")
