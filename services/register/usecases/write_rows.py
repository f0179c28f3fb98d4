"""Rows of a confirmed import are written some at a time, each once, whatever is killed on the way."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.register.domain.imported import CheckedRow, Import, RowOutcome, kept_where_silent
from services.register.domain.record import Record, differences, saying
from services.register.ports import (
    Doing,
    ImportStore,
    Outbox,
    RecordStore,
    RelationStore,
    Transaction,
)
from services.register.usecases.change_record import told_of_change, values_of
from services.register.usecases.move_record import living_elsewhere, take_along, told_of_move, where
from services.register.usecases.register_record import living_in, new_record, told_of_new
from services.register.usecases.whereabouts import Spot
from shared.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class WriteRows:
    store: RecordStore
    relations: RelationStore
    imports: ImportStore
    outbox: Outbox
    transaction: Transaction
    clock: Clock

    def __call__(self, *, at_most: int) -> int:
        """Write some rows of the import that was confirmed first; return how many.

        A record that somebody changed after the check is left as he made it: the row is a conflict.
        """
        now = self.clock()
        with self.transaction.begin():
            found = self.imports.next_to_write()
            if found is None:
                return 0
            rows = self.imports.rows_to_write(found.import_id, at_most=at_most)
            for row in rows:
                self.imports.written(found.import_id, row.number, self._write(row, found, now))
            done = self.imports.counted(found)
            is_over = not rows or done.done == done.total
            self.imports.save(replace(done, state="done" if is_over else "writing", updated_at=now))
        # At the end of one, the next one's turn has come.
        return max(len(rows), 1)

    def _write(self, row: CheckedRow, found: Import, now: datetime) -> RowOutcome:
        if row.order is None or row.spot is None:
            return "conflict"
        if row.action == "same":
            return "same"
        spot = self._now(Spot.read(row.spot))
        if spot is None:
            return "conflict"
        if row.target is None:
            # Entered by somebody else since the check.
            if {each.record_id for each in self.store.alike(row.order)} - set(row.known):
                return "conflict"
            self._enter(new_record(row.order, spot, now), spot, found.account)
            return "created"
        before = self.store.find(row.target)
        if before is None or not before.is_present or before.version != row.target_version:
            return "conflict"
        self._change(before, row, spot, found.account, now)
        return "changed"

    def _now(self, spot: Spot) -> Spot | None:
        """Return where a row lies: a house may have moved since the check, or be there no longer."""
        if spot.house_id is None:
            return spot
        house = self.store.find(spot.house_id)
        if house is None or not house.is_present:
            return None
        return Spot(lon=house.lon, lat=house.lat, place=house.place, house_id=house.record_id)

    def _enter(self, record: Record, spot: Spot, account: str) -> None:
        self.store.add(record, Doing(action="import", at=record.updated_at, by=account))
        if spot.house_id is not None:
            self.relations.add(living_in(record, spot.house_id), by=account)
        self.outbox.put(told_of_new(record, account), occurred_at=record.updated_at)

    def _change(
        self, before: Record, row: CheckedRow, spot: Spot, account: str, now: datetime
    ) -> None:
        if row.order is None:
            return
        said = saying(before, kept_where_silent(row.order, before), now)
        after = replace(said, lon=spot.lon, lat=spot.lat, place=spot.place, house_id=spot.house_id)
        fields = differences(before, after)
        doing = Doing(
            action="import",
            at=now,
            by=account,
            fields=[*fields, "location"],
            was=values_of(before, fields) | where(before),
        )
        self.store.save(after, doing)
        if before.house_id != after.house_id:
            living_elsewhere(self.relations, after, account)
        if (before.lon, before.lat) != (after.lon, after.lat):
            take_along(self.store, self.relations, self.outbox, after, account)
        if before.place.codes != after.place.codes:
            self.outbox.put(told_of_move(before, after, account), occurred_at=now)
        else:
            self.outbox.put(told_of_change(after, fields, account), occurred_at=now)
