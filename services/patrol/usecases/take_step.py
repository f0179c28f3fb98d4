"""Somebody takes an incident one step further."""

from collections.abc import Callable
from dataclasses import dataclass

from services.patrol.domain.closing import may_see
from services.patrol.domain.incident import Incident
from services.patrol.domain.step_order import check_order, check_taker
from services.patrol.domain.step_table import STEP_TABLE, after
from services.patrol.ports import IncidentStore, Outbox, Router, Transaction
from shared.contracts.incident_steps import (
    INCIDENT_STEPS,
    IncidentStepTaken,
    StepPersonalData,
    details_of,
)
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import PLATFORM, Actor, not_permitted
from shared.kernel.clock import Clock
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.errors import NotFound
from shared.kernel.personal_data import FreeText

# What makes a task of it: from here on a rule may send it out.
FILING = "file"


@dataclass(frozen=True, slots=True)
class TakeStep:
    store: IncidentStore
    outbox: Outbox
    transaction: Transaction
    counting: Callable[[], DeadlineClock]
    clock: Clock
    router: Router

    def __call__(self, incident_id: str, step: str, order: StepOrder, *, actor: Actor) -> Incident:
        """Move the incident along its state table, write its history, and tell the others.

        What is filed may be dispatched by a rule at once.

        Raises:
            NotFound: no such incident under the actor's place, or no such step.
            Forbidden: the step is not for the actor's role.
            Invalid: the order lacks what the step needs.
            RuleBroken: the step does not follow from the present state, or a guard refuses it.
        """
        if step not in STEP_TABLE:
            raise no_such_step(step)
        check_taker(step, actor)
        check_order(step, order)
        now = self.clock()
        with self.transaction.begin():
            before = self.store.find(incident_id)
            if before is None or not may_see(before, actor):
                raise no_such_incident()
            if not actor.reaches(before.place.codes, STEP_TABLE[step].who):
                raise not_permitted(STEP_TABLE[step].who)
            counting = self.counting()
            moved = after(step, before, order, actor, counting, at=now)
            if step != FILING:
                self._keep(step, before, moved, order, actor)
                return moved
            # The rules may have changed since it was reported.
            filed = self.router.suggested(moved, counting, at=now)
            self._keep(step, before, filed, order, actor)
            sent = self.router.sent(filed, counting, at=now)
            if sent is None:
                return filed
            by_rule, dispatched = sent
            self._keep("dispatch", filed, dispatched, by_rule, PLATFORM)
        return dispatched

    def _keep(
        self, step: str, before: Incident, moved: Incident, order: StepOrder, actor: Actor
    ) -> None:
        told = told_to_others(step, before, moved, order, actor)
        self.store.replace(moved)
        self.store.add_step(
            incident=moved,
            step=step,
            from_state=before.state,
            at=moved.updated_at,
            by=actor.account,
            note=order.note,
            unit=order.unit,
            files=tuple(order.files),
            details=details_of(told),
        )
        self.outbox.put(told, occurred_at=moved.updated_at)


def no_such_incident() -> NotFound:
    return NotFound(
        code="no_such_incident",
        zh="没有这个事件，或它不在您的辖区之内。",
        en="There is no such incident under your place.",
    )


def no_such_step(step: str) -> NotFound:
    return NotFound(
        code="no_such_step",
        zh=f"事件没有 {step} 这一步；可用：{', '.join(STEP_TABLE)}。",
        en=f"An incident has no step {step}; there are {', '.join(STEP_TABLE)}.",
    )


def told_to_others(
    step: str, before: Incident, moved: Incident, order: StepOrder, actor: Actor
) -> IncidentStepTaken:
    """Return what is told of a step that led from one incident to the other."""
    return INCIDENT_STEPS[step](
        incident_id=moved.incident_id,
        matter_no=moved.matter_no,
        from_state=before.state,
        state=moved.state,
        level=moved.level,
        at=moved.updated_at,
        by=actor.account,
        unit=moved.unit,
        files=list(order.files),
        personal=StepPersonalData(note=FreeText(order.note)),
        compartment=moved.compartment,
        clocks=[clock for clock in moved.clocks if clock not in before.clocks],
        **{name: getattr(order, name) for name in STEP_TABLE[step].tells},
        **STEP_TABLE[step].telling(before, moved, order, actor),
        **({"routing": moved.routing} if step == FILING or actor is PLATFORM else {}),
    )
