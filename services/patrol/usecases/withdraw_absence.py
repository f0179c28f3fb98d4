"""An officer will be there after all."""

from dataclasses import dataclass

from services.patrol.domain.roster_refusals import no_such_absence
from services.patrol.ports.rosters import AbsenceStore
from services.patrol.ports.writing import Outbox, Transaction
from services.patrol.usecases.telling_of_absences import told_of_absence
from shared.contracts.rosters import AbsenceWithdrawn
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.rights import Permission


@dataclass(frozen=True, slots=True)
class WithdrawAbsence:
    store: AbsenceStore
    outbox: Outbox
    transaction: Transaction
    clock: Clock

    def __call__(self, absence_id: str, *, actor: Actor) -> None:
        """Take the absence back, and tell the others; taken back before, nothing changes.

        Raises:
            NotFound: there is none under the actor's place.
        """
        now = self.clock()
        with self.transaction.begin():
            found = self.store.find(absence_id)
            if found is None or not actor.reaches(found.codes, Permission.PATROL_COMMAND):
                raise no_such_absence()
            if found.withdrawn_at is not None:
                return
            self.store.withdraw(absence_id, by=actor.account, at=now)
            self.outbox.put(
                told_of_absence(AbsenceWithdrawn, found, at=now, by=actor.account), occurred_at=now
            )
