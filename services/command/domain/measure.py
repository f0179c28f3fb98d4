"""What an indicator counts: of which matters, by which of their dates, and what has to be true of them."""

from dataclasses import dataclass, field
from enum import StrEnum


class Dated(StrEnum):
    """By which date a matter falls into a period: columns of its course."""

    REPORTED = "reported_at"
    DISPATCH_DUE = "dispatch_due_at"
    DUE = "due_at"


class Kind(StrEnum):
    """What is asked of each matter; `queries/measured.py` has it as conditions."""

    REPORTED = "reported"
    FILED = "filed"
    DISPATCHED_IN_TIME = "dispatched_in_time"
    ON_SITE_IN_TIME = "on_site_in_time"
    HANDLED_IN_TIME = "handled_in_time"
    CLOSED = "closed"
    REWORKED = "reworked"
    RETURNED = "returned"
    RECURRED = "recurred"
    SATISFIED = "satisfied"
    DISPATCHED_AGAIN = "dispatched_again"
    ARBITRATED = "arbitrated"
    REOPENED = "reopened"


class Part(StrEnum):
    """The rows behind a figure: those that count, those they are counted of, and the cancelled, which are in neither."""

    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Only:
    """Which matters are looked at; an empty list stands for all."""

    categories: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a plan asks for: `at_least` or `at_most` so much."""

    value: float
    comparator: str
    source: Text

    def is_met_by(self, value: float | None) -> bool | None:
        if value is None:
            return None
        return value >= self.value if self.comparator == "at_least" else value <= self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A number that is shown, and how it comes from the courses of matters.

    `only` narrows whom it is counted of, `counts` who of them counts. A count has no denominator.
    """

    name: str
    title: Text
    meaning: Text
    source: Text
    kind: Kind
    dated: Dated
    is_rate: bool = True
    only: Only = field(default_factory=Only)
    counts: Only = field(default_factory=Only)
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with what it is made of: numerator, denominator, and the cancelled left out of both."""

    numerator: int = 0
    denominator: int | None = None
    excluded: int = 0

    @property
    def value(self) -> float | None:
        """Return the count or the rate; None where there is nothing to take a rate of."""
        if self.denominator is None:
            return self.numerator
        return self.numerator / self.denominator if self.denominator else None

    def __add__(self, other: "Figure") -> "Figure":
        of = None if self.denominator is None else self.denominator + (other.denominator or 0)
        return Figure(self.numerator + other.numerator, of, self.excluded + other.excluded)
