"""What the others are told of a round."""

from datetime import datetime
from typing import Any, TypeVar

from services.patrol.domain.patrol_round import PatrolRound
from shared.contracts.patrol_rounds import RoundTold

Told = TypeVar("Told", bound=RoundTold)


def told_of(
    contract: type[Told], of_round: PatrolRound, *, at: datetime, by: str, **more: Any
) -> Told:
    """Return the event about a round: where it lies and who walks it, no positions and no text."""
    return contract(
        round_id=of_round.round_id,
        kind=of_round.kind,
        state=of_round.state.value,
        at=at,
        by=by,
        areas=list(of_round.place.codes),
        officers=list(of_round.officers),
        **more,
    )


def judged(of_round: PatrolRound) -> dict[str, Any]:
    """Return what is told of the verdict on a round."""
    verdict = of_round.verdict
    return {
        "is_valid": verdict is not None and verdict.is_valid,
        "reasons": [] if verdict is None else list(verdict.reasons),
        "points": len(of_round.stops),
        "points_reached": 0 if verdict is None else verdict.points_reached,
    }
