"""A round of patrol (巡查): what it has to reach, who walks it, and the steps of its life (rules GRID-07)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.patrol.domain.round_refusals import (
    begun_already,
    ended_before_it_began,
    not_begun,
    over_already,
    too_early,
    too_late_to_start,
)
from shared.kernel.personal_data import FreeText
from shared.kernel.place import NamedArea


class RoundState(StrEnum):
    """Planned, then running and finished, or cancelled before it began."""

    PLANNED = "planned"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPlace:
    """The areas a round lies in, from the district down to that it was ordered for."""

    district: NamedArea | None = None
    street: NamedArea | None = None
    community: NamedArea | None = None
    cell: NamedArea | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the codes of the areas, from the district down."""
        chain = (self.district, self.street, self.community, self.cell)
        return tuple(area.code for area in chain if area is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A required point: WGS-84 degrees, the radius that reaches it in metres, and how long to stay in seconds.

    `cell` is the code of the cell it lies in, None outside of all.
    """

    name: FreeText
    lon: float
    lat: float
    radius_m: float
    stay_s: int
    cell: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a finished round counts; if not, why, in words of `round_verdict.REASONS`."""

    is_valid: bool
    reasons: tuple[str, ...]
    points_reached: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PatrolRound:
    """A round; times are by the platform's clock, `started_at` and `finished_at` corrected from the phone's."""

    round_id: str
    kind: str
    state: RoundState
    title: FreeText
    place: RoundPlace
    officers: tuple[str, ...]
    stops: tuple[Stop, ...]
    planned_from: datetime
    planned_to: datetime
    least_minutes: int
    check_in_minutes: int | None
    planned_by: str
    planned_at: datetime
    updated_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    cancel_reason: FreeText | None = None
    verdict: Verdict | None = None

    @property
    def is_alone(self) -> bool:
        """Tell whether one person walks it."""
        return len(self.officers) == 1

    def started(self, at: datetime, *, earliest: datetime) -> "PatrolRound":
        """Return the round begun at *at*.

        Raises:
            RuleBroken: it was begun before, or is over, or *at* lies before *earliest* or after its planned end.
        """
        if self.state is RoundState.RUNNING:
            raise begun_already()
        if self.state is not RoundState.PLANNED:
            raise over_already()
        if at < earliest:
            raise too_early()
        if at > self.planned_to:
            raise too_late_to_start()
        return replace(self, state=RoundState.RUNNING, started_at=at, updated_at=at)

    def finished(self, at: datetime) -> "PatrolRound":
        """Return the round ended at *at*, not yet judged.

        Raises:
            RuleBroken: it does not run, or *at* lies before its begin.
        """
        if self.state is RoundState.PLANNED:
            raise not_begun()
        if self.state is not RoundState.RUNNING or self.started_at is None:
            raise over_already()
        if at < self.started_at:
            raise ended_before_it_began()
        return replace(self, state=RoundState.FINISHED, finished_at=at, updated_at=at)

    def cancelled(self, reason: str, at: datetime) -> "PatrolRound":
        """Return the round that will not be walked.

        Raises:
            RuleBroken: it was begun, or is over.
        """
        if self.state is RoundState.RUNNING:
            raise begun_already()
        if self.state is not RoundState.PLANNED:
            raise over_already()
        return replace(
            self, state=RoundState.CANCELLED, cancel_reason=FreeText(reason), updated_at=at
        )
