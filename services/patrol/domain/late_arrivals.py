"""Until when a round takes what its walkers recorded."""

from datetime import datetime

from services.patrol.domain.patrol_round import PatrolRound, RoundState
from services.patrol.domain.round_refusals import not_begun, over_already, too_late_to_tell
from services.patrol.domain.round_rules import RoundRules


def last_moment(of_round: PatrolRound, now: datetime, rules: RoundRules) -> datetime:
    """Return until when something may have happened on a round: its end, by plan where nobody ended it, or now."""
    return min(of_round.finished_at or now, of_round.planned_to + rules.overrun, now)


def check_takes(of_round: PatrolRound, now: datetime, rules: RoundRules) -> None:
    """Let tracks and check-ins of a round come while it runs, and for some time after.

    Raises:
        RuleBroken: it was not begun, was cancelled, or ended too long ago.
    """
    if of_round.state is RoundState.PLANNED:
        raise not_begun()
    if of_round.state is RoundState.CANCELLED:
        raise over_already()
    if of_round.finished_at is not None and now > of_round.finished_at + rules.late:
        raise too_late_to_tell()
