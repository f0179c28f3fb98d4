"""Who left or died long ago is forgotten; that somebody of that kind was there stays."""

from dataclasses import dataclass, replace
from datetime import timedelta

from services.register.ports import Doing, Outbox, RecordStore, Transaction
from shared.contracts.register import RecordAnonymised, RecordPersonalData
from shared.kernel.clock import CHINA, Clock


@dataclass(frozen=True, slots=True)
class AnonymiseRecords:
    store: RecordStore
    outbox: Outbox
    transaction: Transaction
    clock: Clock

    def __call__(self, kept_for: timedelta, *, at_most: int) -> int:
        """Anonymise some of the records that ended longer ago, and tell the others; return how many.

        One that somebody changes at this moment is left for the next time.
        """
        now = self.clock()
        with self.transaction.begin():
            gone = self.store.long_gone((now - kept_for).astimezone(CHINA).date(), at_most=at_most)
            for before in gone:
                after = replace(
                    before,
                    name=before.name if before.kind != "person" else None,
                    source_no=before.source_no if before.kind != "person" else None,
                    personal=RecordPersonalData(),
                    attention=(),
                    version=before.version + 1,
                    updated_at=now,
                )
                self.store.anonymise(after, Doing(action="anonymise", at=now, by=None))
                self.outbox.put(
                    RecordAnonymised(
                        record_id=after.record_id,
                        kind=after.kind,
                        version=after.version,
                        areas=after.areas,
                        at=now,
                        by=None,
                    ),
                    occurred_at=now,
                )
        return len(gone)
