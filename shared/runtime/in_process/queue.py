"""One queue of the in-process broker: its copies in order, who gets them, and how they end."""

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Protocol

from shared.runtime.in_process.message import Copy, Published
from shared.runtime.in_process.refusal import wrong_argument

# What a queue may be declared with, and of which type. The last six say how a cluster stores a
# queue and passes on its dead letters, which is nothing to a queue in one process.
ARGUMENTS: Mapping[str, type] = {
    "x-queue-type": str,
    "x-delivery-limit": int,
    "x-dead-letter-exchange": str,
    "x-dead-letter-routing-key": str,
    "x-message-ttl": int,
    "x-expires": int,
    "x-max-length": int,
    "x-single-active-consumer": bool,
    "x-dead-letter-strategy": str,
    "x-overflow": str,
    "x-quorum-initial-group-size": int,
    "x-queue-leader-locator": str,
    "x-queue-mode": str,
    "x-queue-version": int,
}
_WANTED = {int: "a whole number >= 0", bool: "true or false", str: "a text"}


class Receiver(Protocol):
    """Who takes copies out of a queue: a consumer on a channel."""

    def has_room(self) -> bool: ...

    def receive(self, copy: Copy) -> None: ...

    def queue_deleted(self) -> None: ...


class Keeper(Protocol):
    """What a queue asks of its broker."""

    def settle(self, copy: Copy) -> None:
        """Count the copy off: it has left the bus."""

    def bury(self, queue: "MessageQueue", copy: Copy, reason: str) -> None:
        """Take the copy that a queue gives up, as a dead letter where the queue wants that."""

    def wake_at(self, moment: float, queue: "MessageQueue") -> None:
        """Call the queue's `wake` at that moment of the monotonic clock; the last one set counts."""

    def delete_queue(self, queue: "MessageQueue") -> int: ...


@dataclass(frozen=True, slots=True)
class QueueTerms:
    """How a queue was declared; a second declaration must say the same."""

    durable: bool
    auto_delete: bool
    owner: object | None  # the connection an exclusive queue belongs to
    arguments: Mapping[str, Any]

    def check(self, queue: str) -> None:
        """Refuse what RabbitMQ refuses, and what this broker does not do.

        Raises:
            PreconditionFailed: an argument is unknown, of a wrong type or does not fit the others.
        """
        for name, value in self.arguments.items():
            _check_argument(queue, name, value)
        if "x-dead-letter-routing-key" in self.arguments and self.dead_letter_exchange is None:
            raise wrong_argument(
                queue, "x-dead-letter-routing-key", "needs x-dead-letter-exchange", "缺少死信交换机"
            )
        if "x-overflow" in self.arguments and "x-max-length" in self.arguments:
            raise wrong_argument(
                queue, "x-overflow", "cannot go with x-max-length", "不支持与 x-max-length 同用"
            )
        if self.is_quorum:
            if not self.durable or self.auto_delete or self.owner is not None:
                raise wrong_argument(
                    queue, "x-queue-type", "a quorum queue is durable and shared", "须持久且共享"
                )
        elif "x-delivery-limit" in self.arguments:
            raise wrong_argument(
                queue, "x-delivery-limit", "needs x-queue-type: quorum", "须为 quorum 队列"
            )

    @property
    def is_quorum(self) -> bool:
        return self.arguments.get("x-queue-type") == "quorum"

    @property
    def has_one_active_consumer(self) -> bool:
        return bool(self.arguments.get("x-single-active-consumer"))

    @property
    def dead_letter_exchange(self) -> str | None:
        return self.arguments.get("x-dead-letter-exchange")

    def seconds(self, argument: str) -> float:
        """Return a duration that was declared in milliseconds; infinite when it was not."""
        value = self.arguments.get(argument)
        return inf if value is None else value / 1000


def _check_argument(queue: str, name: str, value: Any) -> None:
    kind = ARGUMENTS.get(name)
    if kind is None:
        known = ", ".join(ARGUMENTS)
        raise wrong_argument(queue, name, f"not one of {known}", f"不在可用参数之列：{known}")
    if not isinstance(value, kind) or (isinstance(value, int) and value < 0):
        raise wrong_argument(queue, name, f"must be {_WANTED[kind]}", f"类型或取值不对：{value!r}")


class MessageQueue:
    """A first-in first-out queue; every method is called with the broker's lock held."""

    def __init__(self, name: str, terms: QueueTerms, broker: Keeper) -> None:
        terms.check(name)
        self.name = name
        self.terms = terms
        self.bindings: set[tuple[str, str]] = set()
        self.receivers: deque[Receiver] = deque()
        self._broker = broker
        self._ready: deque[Copy] = deque()
        self._unacked: set[Copy] = set()
        self._positions = 0
        self._wakes_at = inf
        self.touch()

    def __len__(self) -> int:
        """Count the messages that wait for a consumer, as RabbitMQ does."""
        return len(self._ready)

    def touch(self) -> None:
        """Note that the queue is in use, and start its term when it has one (`x-expires`)."""
        self._used_at = time.monotonic()
        self._set_alarm()

    def put(self, published: Published) -> None:
        self._positions += 1
        self._ready.append(Copy(published, self._positions, self._expiry(published)))
        self._dispatch()
        if len(self._ready) > self.terms.arguments.get("x-max-length", inf):
            self._broker.bury(self, self._ready.popleft(), "maxlen")
        # Only now: RabbitMQ delivers a message that lives 0 ms when a consumer stands ready.
        self._expire()

    def serve(self) -> None:
        """Hand out what waits to whoever has room."""
        if self._ready:
            self._expire()
            self._dispatch()

    def take(self) -> Copy | None:
        """Take the next copy for one who asks himself (`basic.get`)."""
        self.touch()
        self._expire()
        return self._hand_out() if self._ready else None

    def ack(self, copy: Copy) -> None:
        if self._take_back(copy):
            self._broker.settle(copy)

    def reject(self, copy: Copy) -> None:
        if self._take_back(copy):
            self._broker.bury(self, copy, "rejected")

    def put_back(self, copy: Copy, *, was_seen: bool) -> None:
        """Put a copy back where it was; one that nobody saw was never delivered.

        It is handed out again by the next `serve`.
        """
        if not self._take_back(copy):
            return
        if was_seen:
            copy.redelivered = True
            copy.returns += 1
            if copy.returns > self.terms.arguments.get("x-delivery-limit", inf):
                self._broker.bury(self, copy, "delivery_limit")
                return
        place = 0
        while place < len(self._ready) and self._ready[place].position < copy.position:
            place += 1
        self._ready.insert(place, copy)

    def add(self, receiver: Receiver) -> None:
        self.receivers.append(receiver)
        self.serve()

    def remove(self, receiver: Receiver) -> None:
        self.receivers.remove(receiver)
        if not self.receivers and self.terms.auto_delete:
            self._broker.delete_queue(self)
        elif not self.receivers:
            self.touch()
        else:
            self.serve()  # where one is active at a time, it is the next one's turn

    def purge(self) -> int:
        """Drop what waits; return how many messages that were."""
        purged = len(self._ready)
        while self._ready:
            self._broker.settle(self._ready.popleft())
        return purged

    def drop_all(self) -> int:
        """Drop everything, for the queue is deleted; return how many messages waited."""
        while self._unacked:
            self._broker.settle(self._unacked.pop())
        while self.receivers:
            self.receivers.popleft().queue_deleted()
        return self.purge()

    def wake(self) -> None:
        """Do what is due: drop what expired, and the queue itself when nobody used it for long."""
        self._wakes_at = inf
        if self._unused_until() <= time.monotonic():
            self._broker.delete_queue(self)
        else:
            self._expire()

    def _dispatch(self) -> None:
        while self._ready and (receiver := self._next_receiver()):
            receiver.receive(self._hand_out())

    def _next_receiver(self) -> Receiver | None:
        if self.terms.has_one_active_consumer:  # whoever came first, until he goes
            first = self.receivers[0] if self.receivers else None
            return first if first is not None and first.has_room() else None
        for _ in range(len(self.receivers)):
            receiver = self.receivers[0]
            self.receivers.rotate(-1)
            if receiver.has_room():
                return receiver
        return None

    def _hand_out(self) -> Copy:
        copy = self._ready.popleft()
        self._unacked.add(copy)
        return copy

    def _take_back(self, copy: Copy) -> bool:
        """Answer whether the copy is still out; those of a deleted queue are not."""
        if copy not in self._unacked:
            return False
        self._unacked.remove(copy)
        return True

    def _expiry(self, published: Published) -> float:
        return time.monotonic() + min(published.lifetime_s, self.terms.seconds("x-message-ttl"))

    def _expire(self) -> None:
        now = time.monotonic()
        while self._ready and self._ready[0].expires_at <= now:
            self._broker.bury(self, self._ready.popleft(), "expired")
        self._set_alarm()

    def _set_alarm(self) -> None:
        due = min(self._ready[0].expires_at if self._ready else inf, self._unused_until())
        if due != self._wakes_at:
            self._wakes_at = due
            self._broker.wake_at(due, self)

    def _unused_until(self) -> float:
        return inf if self.receivers else self._used_at + self.terms.seconds("x-expires")
