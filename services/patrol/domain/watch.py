"""Who is out on a round, and by when he has to be heard of: check-ins that are missed, and who walks alone."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.patrol.domain.patrol_round import PatrolRound
from services.patrol.domain.round_rules import RoundRules

MISSED_CHECK_IN, LONE_WORKER = "missed_check_in", "lone_worker"
ALARM_KINDS = {
    MISSED_CHECK_IN: ("未按时签到", "missed a check-in"),
    LONE_WORKER: ("单人巡查失联", "walks alone and was not heard of"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Walker:
    """A person on a round. Times are the platform's: when something came, not when a phone says it was.

    At `check_due_at` and `silent_at` he is missed; None where he cannot be, or was.
    """

    round_id: str
    account: str
    is_out: bool = False
    clock_offset_s: float = 0
    last_heard_at: datetime | None = None
    last_check_in_at: datetime | None = None
    check_due_at: datetime | None = None
    silent_at: datetime | None = None

    def gone_out(self, of_round: PatrolRound, now: datetime, rules: RoundRules) -> "Walker":
        """Return him as the round begins."""
        return replace(self, is_out=True).checked_in(of_round, now, rules)

    def heard(self, of_round: PatrolRound, now: datetime, rules: RoundRules) -> "Walker":
        """Return him as something came of him."""
        silent_at = now + rules.silent if self.is_out and of_round.is_alone else None
        return replace(self, last_heard_at=now, silent_at=silent_at)

    def checked_in(self, of_round: PatrolRound, now: datetime, rules: RoundRules) -> "Walker":
        """Return him as he checks in validly, or begins."""
        due = None
        if self.is_out and of_round.check_in_minutes is not None:
            due = now + timedelta(minutes=of_round.check_in_minutes) + rules.grace
        return replace(self.heard(of_round, now, rules), last_check_in_at=now, check_due_at=due)

    def come_home(self) -> "Walker":
        """Return him as the round ends: nobody misses him."""
        return replace(self, is_out=False, check_due_at=None, silent_at=None)

    def missed_by(self, now: datetime) -> dict[str, datetime]:
        """Return by which kinds of alarm he is missed, and since when nothing came."""
        watched = {
            MISSED_CHECK_IN: (self.check_due_at, self.last_check_in_at),
            LONE_WORKER: (self.silent_at, self.last_heard_at),
        }
        return {
            kind: last
            for kind, (due, last) in watched.items()
            if self.is_out and due is not None and last is not None and due <= now
        }

    def told_missing(self, kinds: dict[str, datetime]) -> "Walker":
        """Return him once the alarms were raised: the next is raised when he was heard of in between."""
        return replace(
            self,
            check_due_at=None if MISSED_CHECK_IN in kinds else self.check_due_at,
            silent_at=None if LONE_WORKER in kinds else self.silent_at,
        )
