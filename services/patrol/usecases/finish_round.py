"""A round ends: its walker says so, or a desk for one who forgot."""

from dataclasses import dataclass, replace

from services.patrol.domain.patrol_round import PatrolRound, RoundState
from services.patrol.domain.phone_clock import PhoneClock
from services.patrol.domain.round_rights import check_walks_or_commands
from services.patrol.domain.round_rules import RoundRules
from services.patrol.domain.round_verdict import verdict_on
from services.patrol.ports.rounds import CheckInStore, RoundStore, TrackStore
from services.patrol.ports.writing import Outbox, Transaction
from services.patrol.usecases.start_round import began_at
from services.patrol.usecases.telling_of_rounds import judged, told_of
from shared.contracts.patrol_rounds import RoundFinished, RoundMark
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class FinishRound:
    store: RoundStore
    check_ins: CheckInStore
    tracks: TrackStore
    outbox: Outbox
    transaction: Transaction
    rules: RoundRules
    clock: Clock

    def __call__(self, round_id: str, mark: RoundMark, *, actor: Actor) -> PatrolRound:
        """End the round and say whether it counts; ended before, it is answered as it is.

        Nobody is missed any more, and nobody's position is known.

        Raises:
            NotFound: there is no such round that the actor may know of.
            Forbidden: he neither walks nor commands it.
            RuleBroken: it does not run, or would end before it began.
        """
        now = self.clock()
        clock = PhoneClock.shown_by(mark.sent_at, now)
        with self.transaction.begin():
            found = check_walks_or_commands(self.store.find(round_id), actor)
            if found.state is RoundState.FINISHED:
                return found
            ended = found.finished(began_at(mark, clock, now))
            reached = self.check_ins.reached(round_id)
            ended = replace(
                ended, verdict=verdict_on(ended, reached, least_share=self.rules.points_share)
            )
            self.store.replace(ended)
            for walker in self.store.walkers(round_id):
                self.store.keep_walker(walker.come_home())
            self.tracks.forget_position(ended.officers, round_id)
            self.outbox.put(
                told_of(RoundFinished, ended, at=now, by=actor.account, **judged(ended)),
                occurred_at=now,
            )
        return ended
