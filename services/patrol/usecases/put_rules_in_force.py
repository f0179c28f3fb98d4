"""A rule comes into force or goes out of it, a department opens or closes: each makes the next set of rules."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.patrol.domain.routing import RuleSet
from services.patrol.domain.routing_rule import (
    RuleState,
    RuleVersion,
    changed_meanwhile,
    draft_for,
    ending,
    in_force_of,
    newest,
)
from services.patrol.domain.routing_set import Shadowed, shadowed, with_rule, without_rule
from services.patrol.ports.routing import AreaTree, RoutingStore, RuleChange
from services.patrol.ports.writing import Transaction
from services.patrol.usecases.routing_reach import chains_of, check_reach, places_of
from shared.contracts.routing import DepartmentOrder
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.rights import Permission


@dataclass(frozen=True, slots=True)
class PutRulesInForce:
    store: RoutingStore
    areas: AreaTree
    transaction: Transaction
    clock: Clock

    def activate(
        self, rule_id: str, note: str, *, actor: Actor
    ) -> tuple[RuleVersion, list[Shadowed]]:
        """Put the draft of a rule in force, in place of the version that is; return what it leaves unreachable.

        Raises:
            NotFound: no such rule.
            Invalid: it names a place that there is no more.
            Forbidden: it is about places that are not the actor's.
            RuleBroken: it has no draft, or one of his own; another rule has the same priority; the department
                it names is closed; or somebody else changed the rules at this moment.
        """
        draft = draft_for(self.store.versions_of(rule_id), actor.account)
        others = [rule.says for rule in self.store.latest().rules]
        chains = chains_of([draft.says, *others], self.areas)
        check_reach(draft.says, chains, actor, Permission.ROUTING_ACTIVATE)
        at = self.clock()
        with self.transaction.begin():
            versions = self.store.held(rule_id)
            if draft_for(versions, actor.account) != draft:
                raise changed_meanwhile()
            rules = with_rule(self.store.latest(), draft.in_force)
            if (before := in_force_of(versions)) is not None:
                self.store.replace(before.in_state(RuleState.RETIRED))
            active = draft.in_state(RuleState.ACTIVE)
            self.store.replace(active)
            self._keep(rules, active, "activate", note, actor, at=at)
        return active, shadowed(rules, chains)

    def retire(self, rule_id: str, note: str, *, actor: Actor) -> RuleVersion:
        """Take a rule out of force; a draft is thrown away before that.

        Raises:
            NotFound: no such rule.
            Forbidden: it is about places that are not the actor's.
            RuleBroken: it is retired, or somebody else changed the rules at this moment.
        """
        known = newest(self.store.versions_of(rule_id)).says
        check_reach(known, places_of(known, self.areas), actor, Permission.ROUTING_ACTIVATE)
        at = self.clock()
        with self.transaction.begin():
            found = ending(self.store.held(rule_id))
            retired = found.in_state(RuleState.RETIRED)
            self.store.replace(retired)
            if found.state is RuleState.DRAFT:
                self.store.enter(
                    RuleChange(version=retired, what="discard", at=at, by=actor.account, note=note)
                )
            else:
                rules = without_rule(self.store.latest(), rule_id)
                self._keep(rules, retired, "retire", note, actor, at=at)
        return retired

    def set_department(self, code: str, order: DepartmentOrder, *, actor: Actor) -> list[str]:
        """Open, rename or close a department; return the rules in force that name it and would fail.

        Raises:
            RuleBroken: somebody else changed the rules at this moment.
        """
        with self.transaction.begin():
            rules = self.store.latest()
            if rules.departments.get(code) != order:
                following = replace(
                    rules,
                    version=rules.version + 1,
                    departments={**rules.departments, code: order},
                )
                self.store.put_in_force(following, at=self.clock(), by=actor.account, note=code)
        return [] if order.is_open else _naming(rules, code)

    def _keep(
        self,
        rules: RuleSet,
        version: RuleVersion,
        what: str,
        note: str,
        actor: Actor,
        *,
        at: datetime,
    ) -> None:
        self.store.put_in_force(rules, at=at, by=actor.account, note=what)
        self.store.enter(
            RuleChange(
                version=version,
                what=what,
                at=at,
                by=actor.account,
                note=note,
                set_version=rules.version,
            )
        )


def _naming(rules: RuleSet, department: str) -> list[str]:
    return [
        rule.rule_id
        for rule in rules.rules
        if rule.says is not None and rule.says.target.department == department
    ]
