"""A new boundary is in force: what is on record is located anew, and stands under its new cell."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.register.domain.record import Record
from services.register.ports import Doing, GridLocator, Outbox, RecordStore, Transaction
from services.register.usecases.move_record import told_of_move, where
from shared.kernel.clock import Clock
from shared.kernel.place import Place, PlaceStatus, Point


@dataclass(frozen=True, slots=True)
class RelocateRecords:
    store: RecordStore
    grid: GridLocator
    outbox: Outbox
    transaction: Transaction
    clock: Clock

    def __call__(self, boundary_version: int, *, at_most: int) -> int:
        """Locate some of the records that another version placed; return how many.

        What the new boundary leaves outside keeps the cell it had, and is marked: somebody has to put it
        right, and to whom it would belong to nobody could.
        """
        now = self.clock()
        records = self.store.elsewhere(boundary_version, at_most=at_most)
        if not records:
            return 0
        places = self.grid.locate_many([Point(lon=r.lon, lat=r.lat) for r in records])
        with self.transaction.begin():
            for seen, found in zip(records, places, strict=True):
                before = self.store.find(seen.record_id)
                # Whoever moved it meanwhile had it located himself.
                if before is not None and (before.lon, before.lat) == (seen.lon, seen.lat):
                    self._place(before, _placed(before, found), now)
        return len(records)

    def _place(self, before: Record, place: Place, now: datetime) -> None:
        if place.codes == before.place.codes:
            self.store.save(replace(before, place=place), None)
            return
        after = replace(before, place=place, version=before.version + 1, updated_at=now)
        doing = Doing(action="relocate", at=now, by=None, fields=["location"], was=where(before))
        self.store.save(after, doing)
        self.outbox.put(told_of_move(before, after, None), occurred_at=now)


def _placed(record: Record, found: Place) -> Place:
    if found.status is not PlaceStatus.OUTSIDE:
        return found
    return replace(
        record.place, status=PlaceStatus.OUTSIDE, boundary_version=found.boundary_version
    )
