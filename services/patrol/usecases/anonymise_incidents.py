"""What people wrote about incidents that ended long ago is forgotten, and who they were."""

from dataclasses import dataclass
from datetime import timedelta

from services.patrol.ports.incidents import IncidentStore
from services.patrol.ports.writing import Outbox, Transaction
from shared.contracts.patrol import IncidentAnonymised
from shared.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class AnonymiseIncidents:
    store: IncidentStore
    outbox: Outbox
    transaction: Transaction
    clock: Clock

    def __call__(self, kept_for: timedelta, *, at_most: int) -> int:
        """Anonymise some of the incidents that ended longer ago, and tell the others; return how many.

        One that is open is never touched, nor one that somebody changes at this moment.
        """
        now = self.clock()
        with self.transaction.begin():
            anonymised = self.store.anonymise(now - kept_for, at=now, at_most=at_most)
            for incident in anonymised:
                self.outbox.put(
                    IncidentAnonymised(
                        incident_id=incident.incident_id,
                        matter_no=incident.matter_no,
                        at=now,
                        compartment=incident.compartment,
                    ),
                    occurred_at=now,
                )
        return len(anonymised)
