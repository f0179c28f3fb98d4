"""A deadline as a service keeps it beside its case: by which rule, with which calendar, stopped and extended how."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.deadlines.stop import Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """A deadline made longer: by how much of its unit, why, who approved it when (rules DL-05)."""

    amount: int
    reason: str
    approved_by: str
    approved_at: datetime
    applicant_notified_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A deadline of one case (rules DL-06); times have an offset, an act at `due_current` is in time.

    `due_original` is as it was first told and never changes. `due_current` is None while the clock
    stands. `calendar_version` is as `WorkCalendar.versions` writes it.
    """

    rule_id: str
    rule_version: int
    calendar_version: str
    started_at: datetime
    due_original: datetime | None
    due_current: datetime | None
    is_provisional: bool
    stops: tuple[Stop, ...] = ()
    extensions: tuple[Extension, ...] = ()

    @property
    def open_stop(self) -> Stop | None:
        """Return the stop that has not ended."""
        last = self.stops[-1] if self.stops else None
        return last if last is not None and last.ends is None else None

    @property
    def extended_by(self) -> int:
        return sum(extension.amount for extension in self.extensions)

    def is_overdue(self, now: datetime) -> bool:
        return self.due_current is not None and now > self.due_current
