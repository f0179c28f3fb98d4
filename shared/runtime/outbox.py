"""The outbox: events written where the rows are written, in the same transaction.

Publishing after the commit loses the event when the process dies between, and publishing before
tells of things that never happened. The relay (`relay.py`) sends what lies here; the rows stay as
the record from which read models are rebuilt.
"""

from collections import Counter
from datetime import datetime
from functools import cache
from itertools import count as count_from
from typing import Any
from zlib import crc32

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, insert

from shared.contracts.event import Event, aggregate_id
from shared.kernel.clock import china_now
from shared.kernel.ids import new_id
from shared.kernel.personal_data import CLEAR
from shared.runtime.call import Call
from shared.runtime.tables import outbox, outbox_position
from shared.runtime.upsert import adding
from shared.runtime.work import Work

# Each copy of a service sends the events of some shards; more copies than shards stand by.
SHARDS = 8


@cache
def adapter(contract: type[Any]) -> TypeAdapter[Any]:
    """Return the reader and writer of a contract's JSON."""
    return TypeAdapter(contract)


def shard_of(aggregate: str) -> int:
    """Return the shard an aggregate's events are sent in; the same in every process, for ever."""
    return crc32(aggregate.encode()) % SHARDS


_PUT = insert(outbox)


def _number_and_put(connection: Connection, events: list[dict[str, Any]]) -> None:
    """Put events into the outbox, those of each aggregate numbered on from its last."""
    told = Counter(event["aggregate_id"] for event in events)
    count = adding(connection.dialect.name, outbox_position, sums="sequence", returns=True)
    # In one order everywhere, lest two copies wait for each other.
    rows = [{"aggregate_id": each, "sequence": told[each]} for each in sorted(told)]
    last = {row.aggregate_id: row.sequence for row in connection.execute(count, rows)}
    numbers = {each: count_from(last[each] - told[each] + 1) for each in told}
    connection.execute(
        _PUT, [event | {"sequence": next(numbers[event["aggregate_id"]])} for event in events]
    )


class ContractBroken(Exception):
    """An event's body does not fit its contract; the text names fields, never values."""


def told_from(contract: type[Event], payload: dict[str, Any]) -> Event:
    """Return the event that an open body holds; fields from tomorrow are passed over.

    Raises:
        ContractBroken: the body lacks something or holds something else.
    """
    try:
        told: Event = adapter(contract).validate_python(payload)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, e["loc"])) + " " + e["type"] for e in error.errors())
        raise ContractBroken(f"{contract.event_type}: {fields}") from None
    return told


class Outbox:
    """Where a use case puts what others must hear; it leaves when the transaction is kept."""

    def __init__(self, work: Work, call: Call) -> None:
        self._work = work
        self._call = call

    def put(
        self, told: Event, *, occurred_at: datetime | None = None, unnamed: bool = False
    ) -> None:
        """Put an event; events of one aggregate are numbered from 1 without a gap.

        The envelope says whose doing it was, unless he is to stay *unnamed*.
        """
        aggregate = aggregate_id(told)
        matter_no = getattr(told, "matter_no", None)
        # Headers end in logs, which those read to whom a record may be closed.
        is_closed_off = getattr(told, "compartment", None) is not None
        call = self._call if matter_no is None or is_closed_off else self._call.about(matter_no)
        if unnamed:
            call = call.unnamed()
        self._work.write(
            _number_and_put,
            {
                "event_id": new_id(),
                "event_type": told.event_type,
                "aggregate_id": aggregate,
                "shard": shard_of(aggregate),
                "occurred_at": occurred_at or china_now(),
                "headers": call.told().headers(),
                "payload": self._body(told),
            },
        )
        self._work.wake_relay()

    def _body(self, told: Event) -> dict[str, Any]:
        body = adapter(type(told)).dump_python(told, mode="json", context=CLEAR)
        return self._work.database.sealer.sealed_body(told.event_type, body)
