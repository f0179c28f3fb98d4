"""A routing rule from its draft to its end: its versions, of which one at most is in force."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.patrol.domain.routing import Rule
from shared.contracts.routing import RoutingRuleOrder
from shared.kernel.errors import NotFound, RuleBroken


class RuleState(StrEnum):
    """Where a version of a rule stands."""

    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersion:
    """A version of a rule; who changed it last, and when. What came into force is changed no more.

    `says` is None where what is kept of it cannot be read.
    """

    rule_id: str
    version: int
    state: RuleState
    says: RoutingRuleOrder | None
    at: datetime
    by: str

    @property
    def in_force(self) -> Rule:
        """Return it as it stands in a set of rules.

        Raises:
            RuleBroken: it cannot be read.
        """
        if self.says is None:
            raise RuleBroken(
                code="rule_unreadable",
                zh="这一版规则的内容无法读取；请重新填写。",
                en="What is kept of this version cannot be read; write it anew.",
            )
        return Rule(
            rule_id=self.rule_id,
            version=self.version,
            priority=self.says.priority,
            says=self.says,
        )

    def in_state(self, state: RuleState) -> "RuleVersion":
        return replace(self, state=state)


def newest(versions: Sequence[RuleVersion]) -> RuleVersion:
    """Return the newest version of a rule.

    Raises:
        NotFound: there is none.
    """
    if not versions:
        raise NotFound(
            code="no_such_rule",
            zh="没有这条分派规则。",
            en="There is no such routing rule.",
        )
    return max(versions, key=lambda each: each.version)


def in_force_of(versions: Sequence[RuleVersion]) -> RuleVersion | None:
    """Return the version of a rule that is in force."""
    return next((each for each in versions if each.state is RuleState.ACTIVE), None)


def drafted(
    versions: Sequence[RuleVersion], says: RoutingRuleOrder, *, at: datetime, by: str
) -> RuleVersion:
    """Return the draft that a change makes: the one there is, changed, or the next version."""
    last = newest(versions)
    if last.state is RuleState.DRAFT:
        return replace(last, says=says, at=at, by=by)
    return RuleVersion(
        rule_id=last.rule_id,
        version=last.version + 1,
        state=RuleState.DRAFT,
        says=says,
        at=at,
        by=by,
    )


def draft_for(versions: Sequence[RuleVersion], account: str) -> RuleVersion:
    """Return the draft that somebody puts in force.

    Raises:
        NotFound: no such rule.
        RuleBroken: there is no draft, or it is his own.
    """
    last = newest(versions)
    if last.state is not RuleState.DRAFT:
        raise RuleBroken(
            code="no_draft",
            zh="这条规则没有待施行的草案；请先修改，再施行。",
            en="The rule has no draft to put in force; change it first.",
        )
    if last.by == account:
        raise RuleBroken(
            code="own_draft",
            zh="规则须由起草人以外的人施行。",
            en="A rule is put in force by somebody else than who wrote it.",
        )
    return last


def ending(versions: Sequence[RuleVersion]) -> RuleVersion:
    """Return what is retired: the draft, or else the version in force.

    Raises:
        NotFound: no such rule.
        RuleBroken: all of it is retired.
    """
    last = newest(versions)
    found = last if last.state is RuleState.DRAFT else in_force_of(versions)
    if found is None:
        raise RuleBroken(
            code="rule_retired",
            zh="这条规则已经停用。",
            en="The rule is retired already.",
        )
    return found


def changed_meanwhile() -> RuleBroken:
    return RuleBroken(
        code="rules_changed_meanwhile",
        zh="规则刚刚被他人变更，请查看后重试。",
        en="The rules were changed by somebody else at this moment; look at them and try again.",
    )
