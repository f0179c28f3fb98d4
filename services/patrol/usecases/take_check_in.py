"""Somebody checks in at a place of his round; it may come late, and by a wrong clock."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.patrol.domain.check_in import CheckInMeasure, judge
from services.patrol.domain.late_arrivals import check_takes, last_moment
from services.patrol.domain.patrol_round import PatrolRound, RoundState, Stop
from services.patrol.domain.phone_clock import PhoneClock
from services.patrol.domain.round_refusals import wrong
from services.patrol.domain.round_rights import check_walks
from services.patrol.domain.round_rules import RoundRules
from services.patrol.domain.round_verdict import verdict_on
from services.patrol.domain.watch import LONE_WORKER, MISSED_CHECK_IN
from services.patrol.ports.rounds import AlarmStore, CheckInStore, KeptCheckIn, RoundStore
from services.patrol.ports.writing import Outbox, Transaction
from services.patrol.usecases.telling_of_rounds import judged, told_of
from shared.contracts.patrol_rounds import CheckIn, CheckInMade, RoundReassessed
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.coordinates import to_wgs84
from shared.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class TakeCheckIn:
    store: RoundStore
    check_ins: CheckInStore
    alarms: AlarmStore
    outbox: Outbox
    transaction: Transaction
    rules: RoundRules
    clock: Clock

    def __call__(self, round_id: str, given: CheckIn, *, actor: Actor) -> None:
        """Keep the check-in as it is judged, and tell the others; one of a known key is kept already.

        One that comes after the round's end may change whether that counts.

        Raises:
            NotFound: there is no such round that the actor may know of.
            Forbidden: he does not walk it.
            RuleBroken: it was not begun, or ended too long ago.
            Invalid: the position is no place on Earth, or the round has no such point.
        """
        now = self.clock()
        location = given.location
        lon, lat = to_wgs84(location.lon, location.lat, location.crs)
        clock = PhoneClock.shown_by(given.sent_at, now)
        measure = CheckInMeasure(
            lon=lon,
            lat=lat,
            accuracy_m=location.accuracy_m,
            at=clock.corrected(given.at),
            arrived_at=None if given.arrived_at is None else clock.corrected(given.arrived_at),
        )
        with self.transaction.begin():
            found = check_walks(self.store.find(round_id), actor)
            if self.check_ins.is_known(round_id, actor.account, given.key):
                return
            check_takes(found, now, self.rules)
            stop = _stop(found, given.point)
            kept = self._judged(found, stop, given, measure, clock, actor, now)
            self.check_ins.add(kept)
            self._hear(found, kept, now)
            self.outbox.put(
                told_of(
                    CheckInMade,
                    found,
                    at=now,
                    by=actor.account,
                    check_in_id=kept.check_in_id,
                    point=kept.point,
                    is_valid=kept.is_valid,
                    reasons=list(kept.reasons),
                ),
                occurred_at=now,
            )
            self._judge_again(found, actor, now)

    def _judged(
        self,
        found: PatrolRound,
        stop: Stop | None,
        given: CheckIn,
        measure: CheckInMeasure,
        clock: PhoneClock,
        actor: Actor,
        now: datetime,
    ) -> KeptCheckIn:
        last = last_moment(found, now, self.rules)
        result = judge(measure, stop, found, last=last, most_accuracy_m=self.rules.most_accuracy_m)
        return KeptCheckIn(
            check_in_id=new_id(now),
            round_id=found.round_id,
            account=actor.account,
            key=given.key,
            point=given.point,
            at=measure.at,
            phone_at=given.at,
            received_at=now,
            clock_offset_s=clock.offset_s,
            stayed_s=measure.stayed_s,
            accuracy_m=measure.accuracy_m,
            distance_m=result.distance_m,
            reasons=result.reasons,
            lon=measure.lon,
            lat=measure.lat,
            cell=None if stop is None else stop.cell,
        )

    def _hear(self, found: PatrolRound, kept: KeptCheckIn, now: datetime) -> None:
        """Let nobody miss him for a while: a check-in that does not count is a sign of life all the same."""
        walker = self.store.walker(found.round_id, kept.account)
        kinds = [LONE_WORKER]
        if kept.is_valid:
            kinds.append(MISSED_CHECK_IN)
            self.store.keep_walker(walker.checked_in(found, now, self.rules))
        else:
            self.store.keep_walker(walker.heard(found, now, self.rules))
        self.alarms.heard_again(found.round_id, kept.account, kinds, now)

    def _judge_again(self, found: PatrolRound, actor: Actor, now: datetime) -> None:
        if found.state is not RoundState.FINISHED:
            return
        verdict = verdict_on(
            found, self.check_ins.reached(found.round_id), least_share=self.rules.points_share
        )
        if verdict != found.verdict:
            changed = replace(found, verdict=verdict, updated_at=now)
            self.store.replace(changed)
            self.outbox.put(
                told_of(RoundReassessed, changed, at=now, by=actor.account, **judged(changed)),
                occurred_at=now,
            )


def _stop(found: PatrolRound, point: int | None) -> Stop | None:
    if point is None:
        return None
    if point > len(found.stops):
        raise wrong(
            "point",
            "no_such_point",
            "本次巡查没有这个规定点位",
            "the round has no such required point",
        )
    return found.stops[point - 1]
