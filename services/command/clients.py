"""What command asks of other services: their records of what they told."""

from collections.abc import Iterator

from services.command.domain.heard import Heard
from shared.contracts.event import EVENTS, Event, source_of
from shared.runtime.inbox import Inbox, delivery_from, forget_handler
from shared.runtime.neighbours import Neighbours
from shared.runtime.outbox import told_from
from shared.runtime.work import Work

PAGE = 1000


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

    def forget_taken(self) -> None:
        forget_handler(self._work.connection, self._handler)

    def taken_again(self) -> Iterator[Heard]:
        inbox = Inbox(self._work.connection, self._handler, keeps_order=True)
        for source in self._sources:
            for headers, payload in self._told_by(source):
                delivery = delivery_from(headers)
                if delivery.event_type in self._event_types and inbox.take(delivery):
                    yield Heard(
                        told=told_from(EVENTS[delivery.event_type], payload),
                        event_id=delivery.event_id,
                        event_type=delivery.event_type,
                        sequence=delivery.sequence,
                    )

    def _told_by(self, source: str) -> Iterator[tuple[dict[str, object], dict[str, object]]]:
        row = 0
        while page := self._neighbours.call(source, "events_after", row=row, limit=PAGE):
            for event in page:
                row = event["row"]
                yield event["headers"], event["payload"]
