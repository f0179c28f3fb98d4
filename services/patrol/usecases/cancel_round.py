"""A round that was not begun will not be walked."""

from dataclasses import dataclass

from services.patrol.domain.patrol_round import PatrolRound
from services.patrol.domain.round_refusals import no_such_round
from services.patrol.domain.round_rights import may_know
from services.patrol.ports.rounds import RoundStore
from services.patrol.ports.writing import Outbox, Transaction
from services.patrol.usecases.telling_of_rounds import told_of
from shared.contracts.patrol_rounds import RoundCancellation, RoundCancelled
from shared.kernel.actor import Actor, not_permitted
from shared.kernel.clock import Clock
from shared.kernel.rights import Permission


@dataclass(frozen=True, slots=True)
class CancelRound:
    store: RoundStore
    outbox: Outbox
    transaction: Transaction
    clock: Clock

    def __call__(self, round_id: str, order: RoundCancellation, *, actor: Actor) -> PatrolRound:
        """Cancel the round, and tell the others.

        Raises:
            NotFound: there is no such round that the actor may know of.
            Forbidden: he neither planned it himself nor commands its place.
            RuleBroken: it was begun, or is over.
        """
        now = self.clock()
        with self.transaction.begin():
            found = self.store.find(round_id)
            if found is None or not may_know(found, actor):
                raise no_such_round()
            commands = actor.reaches(found.place.codes, Permission.PATROL_COMMAND)
            if not (commands or found.planned_by == actor.account):
                raise not_permitted(Permission.PATROL_COMMAND)
            cancelled = found.cancelled(order.reason, now)
            self.store.replace(cancelled)
            self.outbox.put(
                told_of(RoundCancelled, cancelled, at=now, by=actor.account), occurred_at=now
            )
        return cancelled
