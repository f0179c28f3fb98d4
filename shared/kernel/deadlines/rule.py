"""A rule about a time limit: who has how long to do what, by which law, from when to when it is in force."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.kernel.deadlines.limit import Direction, Ends, Limit
from shared.kernel.deadlines.unit import Unit
from shared.kernel.errors import FieldError, Invalid


class Duty(StrEnum):
    """Who must meet the limit: where the law is silent, only a citizen's rolls off a rest day (DL-02)."""

    CITIZEN = "citizen"
    ORGAN = "organ"


class Confidence(StrEnum):
    """How sure the row is: read in the law, known well, known less well, or our proposal."""

    FOUND = "found"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    PROPOSAL = "proposal"


# What is in doubt, or ours, a district may set otherwise; what a law says it may not.
SETTABLE = frozenset({Confidence.MEDIUM, Confidence.LOW, Confidence.PROPOSAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """By how much a limit may be extended at most, in its own unit, and who approves it (DL-05)."""

    cap: int
    approver_zh: str
    approver_en: str
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One version of a rule; `effective_from` and `effective_to`, both counted, are of the event's date."""

    id: str
    version: int
    effective_from: date
    effective_to: date | None
    zh: str
    en: str
    amount: int
    unit: Unit
    direction: Direction
    rolls: bool
    ends: Ends
    duty: Duty
    grounds: frozenset[str]
    allowance: Allowance | None
    law: str
    article: str
    confidence: Confidence
    # A rule that is off is in no force until a district's file switches it on.
    is_on: bool = True

    def holds_on(self, day: date) -> bool:
        return self.effective_from <= day and (
            self.effective_to is None or day <= self.effective_to
        )

    @property
    def can_be_set(self) -> bool:
        """Tell whether a district may set it otherwise."""
        return self.confidence in SETTABLE

    def limit(self, extension: int = 0) -> Limit:
        """Return the limit, extended by so many of its unit.

        Raises:
            Invalid: the rule permits no extension, or not so much.
        """
        cap = 0 if self.allowance is None else self.allowance.cap
        if not 0 <= extension <= cap:
            raise _too_long(self, cap)
        return Limit(
            amount=self.amount,
            unit=self.unit,
            extension=extension,
            direction=self.direction,
            rolls=self.rolls,
            ends=self.ends,
        )


def _too_long(rule: Rule, cap: int) -> Invalid:
    zh = f"“{rule.zh}”至多延长 {cap}" if cap else f"“{rule.zh}”不得延长"
    en = f"{rule.en}: at most {cap} more" if cap else f"{rule.en} cannot be extended"
    return Invalid(
        code="extension_too_long",
        zh=f"{zh}。",
        en=f"{en}.",
        errors=(FieldError(field="extension", code="extension_too_long", zh=zh, en=en),),
    )
