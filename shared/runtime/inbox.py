"""The inbox: which events a handler has taken, written in the transaction of their effect.

Delivered twice, done once. For handlers that keep the order it also holds how far they have come
with each aggregate: a late event is passed over, an early one has to wait for those before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Annotated, Any

from annotated_types import Ge, Lt, MaxLen, MinLen
from pydantic import AwareDatetime, Strict, TypeAdapter, ValidationError
from sqlalchemy import Connection, Table, bindparam, delete, select, text, update

from shared.kernel.clock import china_now
from shared.runtime.tables import inbox, inbox_position
from shared.runtime.upsert import adding_once


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What the envelope of an event says."""

    event_id: Annotated[str, MinLen(1), MaxLen(36)]
    event_type: Annotated[str, MinLen(1), MaxLen(120)]
    aggregate_id: Annotated[str, MinLen(1), MaxLen(120)]
    sequence: Annotated[int, Strict(), Ge(1), Lt(2**31)]
    occurred_at: AwareDatetime


class EnvelopeBroken(Exception):
    """The headers of an event are not those of one; the text names them, never their values."""


_ENVELOPE = TypeAdapter(Delivery)
_HEADERS = tuple(field.name for field in fields(Delivery))


def delivery_from(headers: Mapping[str, Any]) -> Delivery:
    """Return the envelope that message *headers* carry; raises `EnvelopeBroken`."""
    said = {name: headers[name] for name in _HEADERS if name in headers}
    try:
        delivery = _ENVELOPE.validate_python(said)
    except ValidationError as error:
        wrong = ", ".join(f"{e['loc'][0]} {e['type']}" for e in error.errors())
        raise EnvelopeBroken(wrong) from None
    if any("\x00" in str(said[name]) for name in _HEADERS):
        raise EnvelopeBroken("NUL")
    return delivery


class Early(Exception):
    """Events of the aggregate before this one have not come yet; `taken` is the last that has."""

    def __init__(self, aggregate_id: str, *, taken: int, sequence: int) -> None:
        super().__init__(f"{aggregate_id}: event {sequence} came after event {taken}")
        self.taken = taken


_POSITIONS = (
    select(inbox_position.c.aggregate_id, inbox_position.c.sequence)
    .where(
        inbox_position.c.handler == bindparam("by"),
        inbox_position.c.aggregate_id.in_(bindparam("aggregates", expanding=True)),
    )
    .with_for_update()
)
_MOVE_ON = (
    update(inbox_position)
    .where(
        inbox_position.c.handler == bindparam("by"),
        inbox_position.c.aggregate_id == bindparam("aggregate"),
    )
    .values(sequence=bindparam("reached"))
)


class Overtaken(Exception):
    """Another copy began with the same aggregate in this moment; taken anew, all is clear."""


class Inbox:
    """One handler's inbox, inside an open transaction."""

    def __init__(self, connection: Connection, handler: str, *, keeps_order: bool) -> None:
        self._connection = connection
        self._handler = handler
        self._keeps_order = keeps_order

    def take(self, delivery: Delivery) -> bool:
        """Enter the event; answer False when it was taken before.

        Raises:
            Early: the handler keeps the order, and an earlier event is missing.
        """
        [is_new] = self.take_all([delivery])
        return is_new

    def take_all(self, deliveries: Sequence[Delivery]) -> list[bool]:
        """Enter the events in this order; answer for each whether it is new.

        Raises:
            Early: the handler keeps the order, and an event before one of them is missing.
            Overtaken: another copy of the service was faster.
        """
        if self._keeps_order:
            return self._move_on(deliveries)  # the positions alone tell what was taken
        return self._enter(deliveries)

    def _enter(self, deliveries: Sequence[Delivery]) -> list[bool]:
        now = china_now()
        rows = [
            {"handler": self._handler, "event_id": delivery.event_id, "received_at": now}
            for delivery in deliveries
        ]
        new = self._entered(inbox, rows, "event_id")
        # An event that came twice in one batch is new the first time.
        return [_take_out(new, delivery.event_id) for delivery in deliveries]

    def _move_on(self, deliveries: Sequence[Delivery]) -> list[bool]:
        aggregates = sorted({delivery.aggregate_id for delivery in deliveries})
        asked = {"by": self._handler, "aggregates": aggregates}
        known = {
            row.aggregate_id: row.sequence for row in self._connection.execute(_POSITIONS, asked)
        }
        reached, are_new = dict(known), []
        for delivery in deliveries:
            taken = reached.get(delivery.aggregate_id, 0)
            if delivery.sequence > taken + 1:
                raise Early(delivery.aggregate_id, taken=taken, sequence=delivery.sequence)
            are_new.append(delivery.sequence == taken + 1)
            reached[delivery.aggregate_id] = max(taken, delivery.sequence)
        self._write(known, reached)
        return are_new

    def _write(self, known: dict[str, int], reached: dict[str, int]) -> None:
        first = [
            {"handler": self._handler, "aggregate_id": aggregate, "sequence": sequence}
            for aggregate, sequence in reached.items()
            if aggregate not in known
        ]
        further = [
            {"by": self._handler, "aggregate": aggregate, "reached": sequence}
            for aggregate, sequence in reached.items()
            if known.get(aggregate, sequence) != sequence
        ]
        # What nobody had begun was not held either: whoever comes second here finds less entered.
        if first and len(self._entered(inbox_position, first, "aggregate_id")) < len(first):
            raise Overtaken(f"{self._handler}: {len(first)} aggregates")
        if further:
            self._connection.execute(_MOVE_ON, further)

    def _entered(self, table: Table, rows: list[dict[str, Any]], column: str) -> set[str]:
        """Insert the rows whose key is not known; return their values of *column*."""
        entering = adding_once(self._connection.dialect.name, table, returns=column)
        return set(self._connection.scalars(entering, rows))


def _take_out(new: set[str], event_id: str) -> bool:
    if event_id not in new:
        return False
    new.remove(event_id)
    return True


def forget_handler(connection: Connection, handler: str) -> dict[str, int]:
    """Forget what a handler has taken; return how far it had come with each aggregate.

    All of it can be taken again; nobody takes anything in order before this transaction ends.
    """
    if connection.dialect.name == "postgresql":
        # SQLite has one writer; here one might take an event of which this transaction sees half.
        connection.execute(text("LOCK TABLE inbox_position IN EXCLUSIVE MODE"))
    of_handler = select(inbox_position).where(inbox_position.c.handler == handler)
    reached = {row.aggregate_id: row.sequence for row in connection.execute(of_handler)}
    for table in (inbox, inbox_position):
        connection.execute(delete(table).where(table.c.handler == handler))
    return reached


def forget_taken(connection: Connection, before: datetime) -> int:
    """Delete inbox entries older than any event can still be under way; return how many."""
    gone = connection.execute(delete(inbox).where(inbox.c.received_at < before))
    return int(gone.rowcount)
