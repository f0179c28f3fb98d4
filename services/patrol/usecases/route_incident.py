"""An incident finds where it goes by the rules in force; a rule that fails is told of, and the incident goes on."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.patrol.domain.incident import Incident
from services.patrol.domain.routing import facts_of, route
from services.patrol.domain.routing_words import DISPATCH_REFUSED, routing_of
from services.patrol.domain.step_table import after
from services.patrol.ports.routing import RoutingFinding, RoutingStore
from services.patrol.ports.writing import Outbox
from shared.contracts.patrol import StepOrder
from shared.contracts.routing import RoutingRuleFailed
from shared.kernel.actor import PLATFORM
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.errors import RuleBroken


@dataclass(frozen=True, slots=True)
class RouteIncident:
    """The `Router` of the use cases that report and file."""

    store: RoutingStore
    outbox: Outbox

    def suggested(self, incident: Incident, counting: DeadlineClock, *, at: datetime) -> Incident:
        """Return the incident with where it is to go and why; whatever is wrong with a rule is told."""
        rules, facts = self.store.in_force(), facts_of(incident)
        decision = route(rules, facts, counting.reckoner, at=at)
        for each in decision.failures:
            self._tell(
                RoutingFinding(
                    set_version=rules.version,
                    rule=each.rule,
                    rule_version=each.rule_version,
                    code=each.code,
                ),
                at=at,
            )
        return replace(incident, routing=routing_of(decision, facts, rules, at=at))

    def sent(
        self, incident: Incident, counting: DeadlineClock, *, at: datetime
    ) -> tuple[StepOrder, Incident] | None:
        """Return how a filed incident is dispatched by its rule; None where that is a person's to do.

        What the state table refuses stays filed, and is told.
        """
        routing = incident.routing
        if routing is None or routing.applies != "dispatch" or routing.rule is None:
            return None
        order = StepOrder(unit=routing.unit)
        try:
            return order, after("dispatch", incident, order, PLATFORM, counting, at=at)
        except RuleBroken:
            self._tell(
                RoutingFinding(
                    set_version=routing.set_version,
                    rule=routing.rule,
                    rule_version=routing.rule_version or 0,
                    code=DISPATCH_REFUSED,
                ),
                at=at,
            )
            return None

    def _tell(self, finding: RoutingFinding, *, at: datetime) -> None:
        if not self.store.find_fault(finding, at=at):
            return
        self.outbox.put(
            RoutingRuleFailed(
                rule=finding.rule,
                rule_version=finding.rule_version,
                set_version=finding.set_version,
                code=finding.code,
                at=at,
            ),
            occurred_at=at,
            unnamed=True,
        )
