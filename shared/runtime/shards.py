"""Which shards of the outbox this copy of a service sends: each by one copy at a time, shared out evenly.

Two copies that send the same row are no harm, inboxes drop the second; but on purpose it shall not
happen, and the events of an aggregate shall leave in their order. So a shard is a lease. A copy
that comes takes what is free, one that has more than its part gives back, and what a dead copy had
is free when its leases have run out.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Protocol

from shared.kernel.ids import new_id
from shared.runtime.database import ServiceDatabase
from shared.runtime.leases import leases_under, let_go, take_lease
from shared.runtime.outbox import SHARDS

ALL_SHARDS = frozenset(range(SHARDS))
LEASE = timedelta(seconds=5)
RENEW_EVERY_S = 1.5
_COPY, _SHARD = "relay-copy:", "relay-shard:"


class Shards(Protocol):
    """The shards that this copy sends; `are_shared` when others may take some over."""

    are_shared: bool

    def held(self) -> frozenset[int]:
        """Renew what is held, and return it."""
        ...

    def release(self) -> None: ...


class EveryShard:
    """In the process that is the whole platform there is one copy, and it starts without waiting."""

    are_shared = False

    def held(self) -> frozenset[int]:
        return ALL_SHARDS

    def release(self) -> None:
        """Do nothing: there is nobody to take over."""


class LeasedShards:
    """The part of one among several copies."""

    are_shared = True

    def __init__(self, database: ServiceDatabase) -> None:
        self._database = database
        self._copy = new_id()
        self._held: frozenset[int] = frozenset()

    def held(self) -> frozenset[int]:
        with self._database.writing() as connection:
            take_lease(connection, _COPY + self._copy, self._copy, LEASE)
            copies = len(leases_under(connection, _COPY))
            part = -(-SHARDS // copies)
            taken: set[int] = set()
            # First those that are held already: changing hands costs a wait.
            for shard in sorted(ALL_SHARDS, key=lambda shard: shard not in self._held):
                if len(taken) < part and take_lease(
                    connection, f"{_SHARD}{shard}", self._copy, LEASE
                ):
                    taken.add(shard)
            let_go(connection, _names(self._held - taken), self._copy)
        self._held = frozenset(taken)
        return self._held

    def release(self) -> None:
        with self._database.writing() as connection:
            let_go(connection, [*_names(self._held), _COPY + self._copy], self._copy)
        self._held = frozenset()


def _names(shards: Iterable[int]) -> list[str]:
    return [f"{_SHARD}{shard}" for shard in shards]
