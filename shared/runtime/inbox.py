"""The inbox: which events a handler has taken, written in the transaction of their effect.

Delivered twice, done once. For handlers that keep the order it also holds how far they have come
with each aggregate: a late event is passed over, an early one has to wait for those before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, select, text, update

from shared.kernel.clock import china_now
from shared.runtime.tables import inbox, inbox_position
from shared.runtime.upsert import adding_once


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What the envelope of an event says."""

    event_id: str
    event_type: str
    aggregate_id: str
    sequence: int
    occurred_at: datetime
    tries: int = 0


def delivery_from(headers: Mapping[str, Any]) -> Delivery:
    """Return the envelope that message *headers* carry."""
    return Delivery(
        event_id=headers["event_id"],
        event_type=headers["event_type"],
        aggregate_id=headers["aggregate_id"],
        sequence=int(headers["sequence"]),
        occurred_at=datetime.fromisoformat(headers["occurred_at"]),
        tries=int(headers.get("tries", 0)),
    )


class Early(Exception):
    """Events of the aggregate before this one have not come yet; `taken` is the last that has."""

    def __init__(self, aggregate_id: str, *, taken: int, sequence: int) -> None:
        super().__init__(f"{aggregate_id}: event {sequence} came after event {taken}")
        self.taken = taken


_OF_AGGREGATE = (
    inbox_position.c.handler == bindparam("by"),
    inbox_position.c.aggregate_id == bindparam("aggregate"),
)
_POSITION = select(inbox_position.c.sequence).where(*_OF_AGGREGATE)
_NEXT_POSITION = (
    update(inbox_position)
    .where(*_OF_AGGREGATE, inbox_position.c.sequence == bindparam("reached") - 1)
    .values(sequence=bindparam("reached"))
)


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
        if self._keeps_order:
            return self._advance(delivery)  # the position alone tells what was taken
        entry = {"handler": self._handler, "event_id": delivery.event_id}
        return self._enter(inbox, entry | {"received_at": china_now()})

    def _advance(self, delivery: Delivery) -> bool:
        """Move on by one, in one statement where all is well; two at once wait for each other."""
        sequence, aggregate = delivery.sequence, delivery.aggregate_id
        at = {"handler": self._handler, "aggregate_id": aggregate, "sequence": sequence}
        if sequence == 1 and self._enter(inbox_position, at):
            return True
        asked = {"by": self._handler, "aggregate": aggregate}
        if self._connection.execute(_NEXT_POSITION, asked | {"reached": sequence}).rowcount:
            return True
        taken = self._connection.scalar(_POSITION, asked) or 0
        if sequence > taken + 1:
            raise Early(aggregate, taken=taken, sequence=sequence)
        return False

    def _enter(self, table: Table, row: dict[str, Any]) -> bool:
        entering = adding_once(self._connection.dialect.name, table)
        return bool(self._connection.execute(entering, row).rowcount)


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
