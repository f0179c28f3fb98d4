"""The doors of routing: rules as data, their trial, and what fails of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from annotated_types import MaxLen

from services.patrol import wiring
from services.patrol.queries import routing
from shared.contracts.patrol import (
    ShortCode,
)
from shared.contracts.routing import (
    DepartmentOrder,
    RoutingNote,
    RoutingRuleOrder,
    RoutingTrial,
)
from shared.kernel.clock import china_now
from shared.kernel.rights import Permission
from shared.runtime.doors import Doors, command, rpc

RuleStates = Annotated[Sequence[Annotated[str, MaxLen(16)]], MaxLen(3)]


class RoutingDoors(Doors):
    """What may be asked about the rules by which incidents are routed, and done to them."""

    @rpc(Permission.ROUTING_READ)
    def routing_rules(self, states: RuleStates = ()) -> list[dict[str, Any]]:
        """Return the versions of routing rules in these states; drafts and what is in force without any."""
        return routing.rules(self.work.connection, states)

    @rpc(Permission.ROUTING_READ)
    def routing_rule(self, rule_id: str) -> dict[str, Any]:
        """Return a rule with its versions and what was done to it."""
        return routing.rule(self.work.connection, rule_id)

    @rpc(Permission.ROUTING_READ)
    def routing_set(self, at: datetime | None = None) -> dict[str, Any]:
        """Return all rules that were in force at a moment, now without one."""
        return routing.set_at(self.work.connection, at or china_now())

    @command(Permission.ROUTING_DRAFT)
    def draft_routing_rule(
        self, says: RoutingRuleOrder, rule_id: str | None = None
    ) -> dict[str, Any]:
        """Keep the draft of a new rule, or of the next version of one; return it."""
        use_case = wiring.draft_routing_rule(self.work, wiring.grid(self.neighbours))
        return routing.shown(use_case(says, rule_id, actor=self.call.actor))

    @command(Permission.ROUTING_ACTIVATE)
    def activate_routing_rule(self, rule_id: str, order: RoutingNote) -> dict[str, Any]:
        """Put the draft of a rule in force; return it, and which rules can no longer be reached."""
        use_case = wiring.put_rules_in_force(self.work, wiring.grid(self.neighbours))
        active, unreachable = use_case.activate(rule_id, order.note, actor=self.call.actor)
        return routing.shown(active) | {"shadowed": routing.shadowed(unreachable)}

    @command(Permission.ROUTING_ACTIVATE)
    def retire_routing_rule(self, rule_id: str, order: RoutingNote) -> dict[str, Any]:
        """Take a rule out of force, or throw its draft away; return it."""
        use_case = wiring.put_rules_in_force(self.work, wiring.grid(self.neighbours))
        return routing.shown(use_case.retire(rule_id, order.note, actor=self.call.actor))

    @rpc(Permission.ROUTING_DRAFT)
    def try_routing_rules(self, trial: RoutingTrial) -> dict[str, Any]:
        """Return what rules would have done with what was reported; nothing is written."""
        areas = wiring.grid(self.neighbours)
        use_case = wiring.try_routing_rules(self.work, areas, self.settings)
        with wiring.trial_turn():
            return use_case(trial, actor=self.call.actor)

    @rpc(Permission.ROUTING_READ)
    def routing_findings(
        self, seen_too: bool = False, limit: int = 50, cursor: str | None = None
    ) -> dict[str, Any]:
        """Return a page of what failed of the rules, and of what nobody has seen yet unless *seen_too*."""
        return routing.findings(self.work.connection, seen_too=seen_too, limit=limit, cursor=cursor)

    @command(Permission.ROUTING_DRAFT, Permission.ROUTING_ACTIVATE)
    def acknowledge_routing_finding(self, finding_id: str, order: RoutingNote) -> dict[str, Any]:
        """Note that a person has seen a finding; return it."""
        wiring.acknowledge_finding(self.work)(finding_id, order.note, actor=self.call.actor)
        return routing.finding(self.work.connection, finding_id)

    @rpc(Permission.ROUTING_READ)
    def departments(self) -> list[dict[str, Any]]:
        """Return the departments that rules may name."""
        return routing.departments(self.work.connection)

    @command(Permission.ROUTING_ACTIVATE)
    def set_department(self, code: ShortCode, order: DepartmentOrder) -> dict[str, Any]:
        """Open, rename or close a department; return it, and which rules in force would fail."""
        use_case = wiring.put_rules_in_force(self.work, wiring.grid(self.neighbours))
        failing = use_case.set_department(code, order, actor=self.call.actor)
        return {
            "code": code,
            "zh": order.zh,
            "en": order.en,
            "is_open": order.is_open,
            "failing": failing,
        }
