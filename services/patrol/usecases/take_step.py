"""Somebody takes an incident one step further."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from services.patrol.domain.closing import may_see
from services.patrol.domain.incident import OPEN_STATES, Incident
from services.patrol.domain.links import Other
from services.patrol.domain.step_order import check_order, check_taker
from services.patrol.domain.step_table import STEP_TABLE, Step, after
from services.patrol.ports.incidents import IncidentStore
from services.patrol.ports.routing import Router
from services.patrol.ports.writing import Outbox, Transaction
from services.patrol.usecases.keep_step import FILING, keep_step
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import PLATFORM, Actor, not_permitted
from shared.kernel.clock import Clock
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.errors import NotFound


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
            before = self._held(incident_id, STEP_TABLE[step], order, actor)
            counting = self.counting()
            moved = after(step, before, order, actor, counting, at=now)
            if step != FILING:
                keep_step(self.store, self.outbox, step, before, moved, order, by=actor)
                return moved
            # The rules may have changed since it was reported.
            filed = self.router.suggested(moved, counting, at=now)
            keep_step(self.store, self.outbox, step, before, filed, order, by=actor)
            sent = self.router.sent(filed, counting, at=now)
            if sent is None:
                return filed
            by_rule, dispatched = sent
            keep_step(self.store, self.outbox, "dispatch", filed, dispatched, by_rule, by=PLATFORM)
        return dispatched

    def _held(self, incident_id: str, row: Step, order: StepOrder, actor: Actor) -> Incident:
        """Return the incident, held until the transaction ends, with those that the step looks round for."""
        other_id = getattr(order, row.other) if row.other else None
        if other_id is not None:
            # In one order, whichever is merged into which: two who do the opposite wait for each other in turn.
            self.store.hold(sorted({incident_id, other_id}))
        before = self._reached(incident_id, row, actor)
        if not row.looks_round:
            return before
        links = self.store.links_of(incident_id)
        if other_id is not None:
            links = replace(links, other=self._other(other_id, row, actor))
        return replace(before, links=links)

    def _reached(self, incident_id: str, row: Step, actor: Actor) -> Incident:
        found = self.store.find(incident_id)
        if found is None or not may_see(found, actor):
            raise no_such_incident()
        if not actor.reaches(found.place.codes, row.who):
            raise not_permitted(row.who)
        return found

    def _other(self, incident_id: str, row: Step, actor: Actor) -> Other:
        found = self._reached(incident_id, row, actor)
        return Other(
            incident_id=found.incident_id,
            matter_no=found.matter_no,
            state=found.state,
            is_open=found.state in OPEN_STATES,
            compartment=found.compartment,
            has_parent=self.store.links_of(incident_id).parent is not None,
        )


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
