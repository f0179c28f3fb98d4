"""An incident is closed off to a unit or a person, or opened again."""

from dataclasses import dataclass, replace

from services.patrol.domain.closing import closed_by, may_see
from services.patrol.domain.incident import Incident
from services.patrol.ports.incidents import IncidentStore
from services.patrol.ports.writing import Outbox, Transaction
from services.patrol.usecases.take_step import no_such_incident
from shared.contracts.patrol import ClosingOrder, IncidentClosedOff
from shared.kernel.actor import Actor, not_permitted
from shared.kernel.clock import Clock
from shared.kernel.rights import Permission


@dataclass(frozen=True, slots=True)
class CloseOffIncident:
    store: IncidentStore
    outbox: Outbox
    transaction: Transaction
    clock: Clock

    def __call__(self, incident_id: str, order: ClosingOrder, *, actor: Actor) -> Incident:
        """Replace whom the incident is closed to, and tell the others.

        Raises:
            NotFound: no such incident that the actor may know of.
            Forbidden: the actor may not close off incidents of that place.
            RuleBroken: he would close it to himself.
        """
        compartment = closed_by(order, actor)
        now = self.clock()
        with self.transaction.begin():
            before = self.store.find(incident_id)
            if before is None or not may_see(before, actor):
                raise no_such_incident()
            if not actor.reaches(before.place.codes, Permission.INCIDENT_CLOSE_OFF):
                raise not_permitted(Permission.INCIDENT_CLOSE_OFF)
            after = replace(before, compartment=compartment, updated_at=now)
            self.store.close_off(after)
            self.outbox.put(
                IncidentClosedOff(
                    incident_id=after.incident_id,
                    matter_no=after.matter_no,
                    at=now,
                    by=actor.account,
                    compartment=compartment,
                ),
                occurred_at=now,
            )
        return after
