"""A person takes an alarm upon himself."""

from dataclasses import dataclass

from services.patrol.domain.round_refusals import no_such_alarm
from services.patrol.ports.rounds import AlarmStore
from services.patrol.ports.writing import Outbox, Transaction
from services.patrol.usecases.telling_of_alarms import told_of_alarm
from shared.contracts.patrol_rounds import AlarmAcknowledged, AlarmOrder
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.rights import Permission


@dataclass(frozen=True, slots=True)
class AcknowledgeAlarm:
    alarms: AlarmStore
    outbox: Outbox
    transaction: Transaction
    clock: Clock

    def __call__(self, alarm_id: str, order: AlarmOrder, *, actor: Actor) -> None:
        """Keep who sees to it, and tell the others; the first stays, and a second one changes nothing.

        Raises:
            NotFound: there is no such alarm under the actor's place.
        """
        now = self.clock()
        with self.transaction.begin():
            found = self.alarms.find(alarm_id)
            if found is None or not actor.reaches(found.place.codes, Permission.PATROL_COMMAND):
                raise no_such_alarm()
            if found.acknowledged_by is not None:
                return
            self.alarms.acknowledge(alarm_id, by=actor.account, at=now, note=order.note)
            self.outbox.put(
                told_of_alarm(AlarmAcknowledged, found, at=now, by=actor.account), occurred_at=now
            )
