"""What command asks of other services: their records of what they told."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import numpy as np

from services.command.domain.heard import Heard
from services.command.domain.warning.arrays import Floats, Integers
from services.command.domain.warning.finding import Ground
from shared.contracts.event import EVENTS, Event, source_of
from shared.kernel.errors import NotFound, Unavailable
from shared.runtime.inbox import Delivery, Inbox, delivery_from, forget_handler
from shared.runtime.neighbours import Neighbours
from shared.runtime.outbox import told_from
from shared.runtime.work import Work

PAGE = 1000
POINTS_PAGE = 20_000


class GridClient:
    """The grid registry, asked over the bus."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours

    def chain_of(self, code: str) -> list[dict[str, Any]]:
        """Return the area and those above it; the area alone, unnamed, where the registry cannot say."""
        try:
            chain: list[dict[str, Any]] = self._neighbours.call("grid", "chain_of", code=code)
        except (NotFound, Unavailable):
            return [{"code": code, "name": code, "level": None}]
        return chain

    def ground(self, known: int | None) -> Ground | None:
        """Return the cells of the boundary in force and which lie side by side.

        None if that boundary is *known*, none is in force, or the registry is away.
        """
        try:
            said = self._neighbours.on_own_account.call("grid", "ground", known=known)
        except Unavailable:
            return None
        if said["version"] == known:
            return None
        borders = np.array(said["borders"], dtype=np.int64).reshape(-1, 2)
        return Ground(version=said["version"], cells=tuple(said["cells"]), borders=borders)

    def cells_at(self, lon: Floats, lat: Floats, version: int) -> Integers:
        """Return the number of the cell that holds each point in a boundary version, or -1."""
        found: list[int] = []
        for start in range(0, len(lon), POINTS_PAGE):
            page = slice(start, start + POINTS_PAGE)
            found += self._neighbours.on_own_account.call(
                "grid",
                "cells_at",
                lon=lon[page].tolist(),
                lat=lat[page].tolist(),
                version=version,
            )
        return np.array(found, dtype=np.int64)


class PatrolClient:
    """Patrol, asked over the bus who reports again and again."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours

    def repeated(self, since: datetime, least: int) -> list[tuple[str, ...]]:
        """Return groups of matters that one contact stands behind; none where patrol is away."""
        try:
            groups: list[list[str]] = self._neighbours.on_own_account.call(
                "patrol", "repeated_contacts", since=since.isoformat(), least=least
            )
        except Unavailable:
            return []
        return [tuple(group) for group in groups]


class ServiceRecords:
    """The records of the services whose events one handler takes."""

    def __init__(
        self,
        work: Work,
        neighbours: Neighbours,
        handler: str,
        contracts: tuple[type[Event], ...],
    ) -> None:
        self._work = work
        self._neighbours = neighbours
        self._handler = handler
        self._event_types = {contract.event_type for contract in contracts}
        self._sources = sorted({source_of(contract) for contract in contracts})
        # How far the handler had come with each aggregate before it forgot.
        self._reached: dict[str, int] = {}

    def forget_taken(self) -> None:
        self._reached = forget_handler(self._work.connection, self._handler)

    def taken_again(self) -> Iterator[Heard]:
        return self._entered(
            lambda event: event.sequence <= self._reached.get(event.aggregate_id, 0)
        )

    def not_yet_taken(self) -> Iterator[Heard]:
        return self._entered(
            lambda event: event.sequence > self._reached.get(event.aggregate_id, 0)
        )

    def _entered(self, is_wanted: Callable[[Delivery], bool]) -> Iterator[Heard]:
        inbox = Inbox(self._work.connection, self._handler, keeps_order=True)
        for source in self._sources:
            for page in self._told_by(source):
                told = [(delivery_from(event["headers"]), event["payload"]) for event in page]
                wanted = [
                    (delivery, payload)
                    for delivery, payload in told
                    if delivery.event_type in self._event_types and is_wanted(delivery)
                ]
                are_new = inbox.take_all([delivery for delivery, _ in wanted])
                for (delivery, payload), is_new in zip(wanted, are_new, strict=True):
                    if is_new:
                        yield self._heard(delivery, payload)

    def _told_by(self, source: str) -> Iterator[list[dict[str, Any]]]:
        """Yield what a service has told, a page at a time, up to the first that is not full.

        What is told meanwhile comes over the bus; to wait for an empty page might be for ever.
        """
        row, is_full = 0, True
        while is_full:
            page = self._neighbours.on_own_account.call(source, "events_after", row=row, limit=PAGE)
            if page:
                row = page[-1]["row"]
                yield page
            is_full = len(page) == PAGE

    def _heard(self, delivery: Delivery, payload: dict[str, Any]) -> Heard:
        opened = self._work.database.sealer.opened_body(delivery.event_type, payload)
        return Heard(
            told=told_from(EVENTS[delivery.event_type], opened),
            event_id=delivery.event_id,
            event_type=delivery.event_type,
            sequence=delivery.sequence,
        )
