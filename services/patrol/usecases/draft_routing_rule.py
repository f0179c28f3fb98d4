"""Somebody writes a routing rule, or changes one; nothing goes by it until somebody else puts it in force."""

from collections.abc import Callable
from dataclasses import dataclass

from services.patrol.domain.routing_rule import RuleState, RuleVersion, drafted, newest
from services.patrol.domain.routing_set import checked
from services.patrol.ports.routing import AreaTree, RoutingStore, RuleChange
from services.patrol.ports.writing import Transaction
from services.patrol.usecases.routing_reach import chains_of, check_reach, places_of
from shared.contracts.routing import RoutingRuleOrder
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.errors import FieldError, Invalid
from shared.kernel.ids import new_id
from shared.kernel.rights import Permission


@dataclass(frozen=True, slots=True)
class DraftRoutingRule:
    store: RoutingStore
    areas: AreaTree
    category_version: Callable[[str], int | None]
    transaction: Transaction
    clock: Clock

    def __call__(
        self, says: RoutingRuleOrder, rule_id: str | None = None, *, actor: Actor
    ) -> RuleVersion:
        """Keep a draft: of a new rule, or of the next version of one; a draft there is, is written over.

        Raises:
            NotFound: no such rule.
            Invalid: the rule is not well made, or names a category or a place there is none of.
            Forbidden: it is about places that are not the actor's, or about all.
            RuleBroken: somebody else changed it at this moment.
        """
        checked(says)
        self._check_categories(says)
        # Whoever takes a rule over reaches what it was about, too.
        before = says if rule_id is None else newest(self.store.versions_of(rule_id)).says
        check_reach(says, chains_of([says], self.areas), actor, Permission.ROUTING_DRAFT)
        check_reach(before, places_of(before, self.areas), actor, Permission.ROUTING_DRAFT)
        with self.transaction.begin():
            return self._kept(says, rule_id, actor)

    def _kept(self, says: RoutingRuleOrder, rule_id: str | None, actor: Actor) -> RuleVersion:
        at = self.clock()
        if rule_id is None:
            draft = RuleVersion(
                rule_id=new_id(at),
                version=1,
                state=RuleState.DRAFT,
                says=says,
                at=at,
                by=actor.account,
            )
            self.store.add(draft)
        else:
            versions = self.store.held(rule_id)
            draft = drafted(versions, says, at=at, by=actor.account)
            is_new = draft.version > newest(versions).version
            (self.store.add if is_new else self.store.replace)(draft)
        self.store.enter(RuleChange(version=draft, what="draft", at=at, by=actor.account))
        return draft

    def _check_categories(self, says: RoutingRuleOrder) -> None:
        unknown = [
            number
            for number, code in enumerate(says.condition.categories)
            if self.category_version(code) is None
        ]
        if unknown:
            raise Invalid(
                code="invalid",
                zh="规则不合要求，详见 errors。",
                en="The rule is wrong; see errors.",
                errors=tuple(
                    FieldError(
                        field=f"condition.categories.{number}",
                        code="unknown_category",
                        zh="没有这个事件类别",
                        en="there is no such category",
                    )
                    for number in unknown
                ),
            )
