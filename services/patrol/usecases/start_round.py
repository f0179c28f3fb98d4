"""Somebody begins a round he walks."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.patrol.domain.patrol_round import PatrolRound, RoundState
from services.patrol.domain.phone_clock import PhoneClock
from services.patrol.domain.round_rights import check_walks
from services.patrol.domain.round_rules import RoundRules
from services.patrol.ports.rounds import RoundStore
from services.patrol.ports.writing import Outbox, Transaction
from services.patrol.usecases.telling_of_rounds import told_of
from shared.contracts.patrol_rounds import RoundMark, RoundStarted
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class StartRound:
    store: RoundStore
    outbox: Outbox
    transaction: Transaction
    rules: RoundRules
    clock: Clock

    def __call__(self, round_id: str, mark: RoundMark, *, actor: Actor) -> PatrolRound:
        """Begin the round, and tell the others; whoever walks it and finds it begun is out too.

        A phone that had no signal says later when it was; its clock is put right first.

        Raises:
            NotFound: there is no such round that the actor may know of.
            Forbidden: he does not walk it.
            RuleBroken: it is over, or it is not its time.
        """
        now = self.clock()
        clock = PhoneClock.shown_by(mark.sent_at, now)
        with self.transaction.begin():
            found = check_walks(self.store.find(round_id), actor)
            if found.state is RoundState.RUNNING:
                self._go_out(found, actor.account, clock, now)
                return found
            begun = found.started(
                began_at(mark, clock, now), earliest=found.planned_from - self.rules.early
            )
            self.store.replace(begun)
            self._go_out(begun, actor.account, clock, now)
            self.outbox.put(
                told_of(
                    RoundStarted, begun, at=now, by=actor.account, clock_offset_s=clock.offset_s
                ),
                occurred_at=now,
            )
        return begun

    def _go_out(self, begun: PatrolRound, account: str, clock: PhoneClock, now: datetime) -> None:
        walker = self.store.walker(begun.round_id, account)
        if not walker.is_out:  # a second try is not a sign of life
            gone = replace(walker, clock_offset_s=clock.offset_s).gone_out(begun, now, self.rules)
            self.store.keep_walker(gone)


def began_at(mark: RoundMark, clock: PhoneClock, now: datetime) -> datetime:
    """Return when something was that a phone tells of: never later than now."""
    return now if mark.at is None else min(clock.corrected(mark.at), now)
