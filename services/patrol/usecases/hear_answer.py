"""A service answers for an incident that was handed over to it."""

from collections.abc import Callable
from dataclasses import dataclass

from services.patrol.domain.incident import Incident, State
from services.patrol.domain.step_table import after
from services.patrol.ports.incidents import IncidentStore
from services.patrol.ports.writing import Outbox, Transaction
from services.patrol.usecases.keep_step import keep_step
from shared.contracts.conversion import ConversionAnswered
from shared.contracts.event import source_of
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.errors import RuleBroken
from shared.kernel.personal_data import FreeText

STEPS = {"accepted": "take-over", "refused": "hand-back", "concluded": "conclude"}


@dataclass(frozen=True, slots=True)
class HearAnswer:
    store: IncidentStore
    outbox: Outbox
    transaction: Transaction
    counting: Callable[[], DeadlineClock]
    clock: Clock

    def __call__(self, told: ConversionAnswered) -> bool:
        """Take the step that an answer is; return False for one that nothing waits for.

        It comes too late, again, or from a service that the incident did not go to: what a person or an
        earlier answer has settled meanwhile stands.
        """
        step = STEPS[told.outcome]
        order = StepOrder(note=FreeText(told.personal.reason), their_no=told.matter_no)
        service = Actor(account=f"service:{source_of(type(told))}")
        with self.transaction.begin():
            before = self.store.find(told.incident_id)
            if before is None or not _awaits(before, told):
                return False
            try:
                moved = after(step, before, order, service, self.counting(), at=self.clock())
            except RuleBroken:
                return False
            keep_step(self.store, self.outbox, step, before, moved, order, by=service)
        return True


def _awaits(incident: Incident, told: ConversionAnswered) -> bool:
    conversion = incident.conversion
    return (
        incident.state is State.LINKED
        and conversion is not None
        and conversion.to == source_of(type(told))
        and conversion.number == told.number
    )
