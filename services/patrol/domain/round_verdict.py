"""Whether a round that was walked counts (rules GRID-07)."""

from services.patrol.domain.patrol_round import PatrolRound, Verdict

REASONS = {
    "points_missed": ("到达的规定点位不足", "too few required points were reached"),
    "too_short": ("巡查时长不足", "the round was too short"),
}


def verdict_on(of_round: PatrolRound, reached: frozenset[int], *, least_share: float) -> Verdict:
    """Return the verdict on a finished round.

    *reached* are the numbers, from 1, of the required points at which somebody checked in validly; it counts
    when they are at least *least_share* of all, and it lasted long enough.
    """
    required, minutes = len(of_round.stops), 0.0
    if of_round.started_at is not None and of_round.finished_at is not None:
        minutes = (of_round.finished_at - of_round.started_at).total_seconds() / 60
    reasons = []
    # A millionth, because a share such as 0.8 is not quite what it says.
    if len(reached) < least_share * required - 1e-6:
        reasons.append("points_missed")
    if minutes < of_round.least_minutes:
        reasons.append("too_short")
    return Verdict(is_valid=not reasons, reasons=tuple(reasons), points_reached=len(reached))
