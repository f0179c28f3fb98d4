"""A phone sends some points of the track of a round: in any order, again, late, by a wrong clock."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from services.patrol.domain.check_in import TOLERANCE
from services.patrol.domain.late_arrivals import check_takes, last_moment
from services.patrol.domain.patrol_round import PatrolRound
from services.patrol.domain.phone_clock import PhoneClock
from services.patrol.domain.round_refusals import too_many_points
from services.patrol.domain.round_rights import check_walks
from services.patrol.domain.round_rules import RoundRules
from services.patrol.domain.track import Flags, Floats, Track, marks_of
from services.patrol.domain.watch import LONE_WORKER
from services.patrol.ports.rounds import AlarmStore, BatchOrigin, RoundStore, TrackStore
from services.patrol.ports.writing import Transaction
from shared.contracts.patrol_rounds import TrackBatch
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.coordinates import to_wgs84
from shared.kernel.errors import Invalid

# A point every three seconds, day and night.
MOST_POINTS = 30_000


@dataclass(frozen=True, slots=True)
class TakeTrack:
    store: RoundStore
    tracks: TrackStore
    alarms: AlarmStore
    transaction: Transaction
    rules: RoundRules
    clock: Clock

    def __call__(self, round_id: str, batch: TrackBatch, *, actor: Actor) -> dict[str, Any]:
        """Keep what is new of the points and lies within the round; return how many are what.

        A point is known by device and number: sent again it is `repeated`. What lies `outside` the round's time
        is not kept: nobody is followed when he is not on a round.

        Raises:
            NotFound: there is no such round that the actor may know of.
            Forbidden: he does not walk it.
            RuleBroken: it was not begun, ended too long ago, or its track is too long.
            Invalid: a point is no place on Earth.
        """
        now = self.clock()
        given = _track_of(batch)
        clock = PhoneClock.shown_by(batch.sent_at, now)
        origin = BatchOrigin(
            round_id=round_id,
            account=actor.account,
            device=batch.device,
            sent_at=batch.sent_at,
            received_at=now,
            clock_offset_s=clock.offset_s,
        )
        with self.transaction.begin():
            found = check_walks(self.store.find(round_id), actor)
            check_takes(found, now, self.rules)
            walker = self.store.walker(round_id, actor.account)
            last = last_moment(found, now, self.rules)
            timed, within = _timed(given, clock.offset_s, walker.clock_offset_s, found, last)
            known = np.isin(timed.seq, self._known(origin, timed))
            new = timed.of(within & ~known)
            if len(new):
                self._keep(origin, new)
            heard = replace(walker, clock_offset_s=clock.offset_s).heard(found, now, self.rules)
            self.store.keep_walker(heard)
            self.alarms.heard_again(round_id, actor.account, [LONE_WORKER], now)
            if len(new) and heard.is_out:
                self.tracks.keep_position(origin, self._believed(new))
        return {
            "accepted": len(new),
            "repeated": int(known.sum()) + len(batch.points) - len(given),
            "outside": int((~within & ~known).sum()),
            "clock_offset_s": clock.offset_s,
        }

    def _known(self, origin: BatchOrigin, track: Track) -> Any:
        return self.tracks.known(origin, int(track.seq.min()), int(track.seq.max()))

    def _keep(self, origin: BatchOrigin, new: Track) -> None:
        if self.tracks.count(origin.round_id, origin.account) + len(new) > MOST_POINTS:
            raise too_many_points(MOST_POINTS)
        self.tracks.add(origin, new)

    def _believed(self, new: Track) -> Track:
        track = new.in_order
        rules = self.rules
        marks = marks_of(
            track, most_speed_mps=rules.most_speed_mps, most_accuracy_m=rules.most_accuracy_m
        )
        return track.of(~marks.any)


def _track_of(batch: TrackBatch) -> Track:
    """Return the points of a batch by their numbers, each once, in WGS-84; raises `Invalid` as `to_wgs84`."""
    points = list({point.seq: point for point in reversed(batch.points)}.values())
    points.sort(key=lambda point: point.seq)
    position = {point.seq: number for number, point in enumerate(batch.points)}
    lon = np.array([point.lon for point in points], dtype=float)
    lat = np.array([point.lat for point in points], dtype=float)
    try:
        lon, lat = to_wgs84(lon, lat, batch.crs)
    except Invalid as refusal:
        raise _as_sent(refusal, [position[point.seq] for point in points]) from None
    phone_at = np.array([point.at.timestamp() for point in points])
    accuracy = [np.nan if point.accuracy_m is None else point.accuracy_m for point in points]
    return Track(
        seq=np.array([point.seq for point in points], dtype=np.int64),
        at=phone_at,
        phone_at=phone_at,
        lon=lon,
        lat=lat,
        accuracy_m=np.array(accuracy, dtype=float),
    )


def _as_sent(refusal: Invalid, positions: list[int]) -> Invalid:
    """Return the refusal with each point named by where it stood in the batch."""
    errors = []
    for error in refusal.errors:
        number, _, name = error.field.partition(".")
        errors.append(replace(error, field=f"points.{positions[int(number)]}.{name}"))
    return replace(refusal, errors=tuple(errors))


def _timed(
    track: Track, offset_s: float, earlier_offset_s: float, of_round: PatrolRound, last: datetime
) -> tuple[Track, Flags]:
    """Return a track with its times put right, and which of them lie within the round.

    What by this message's clock lies outside, and by the clock the phone had before within, was recorded before
    somebody set it.
    """
    at = track.phone_at + offset_s
    within = _within(at, of_round, last)
    earlier = track.phone_at + earlier_offset_s
    by_earlier = ~within & _within(earlier, of_round, last)
    return replace(track, at=np.where(by_earlier, earlier, at)), within | by_earlier


def _within(at: Floats, of_round: PatrolRound, last: datetime) -> Flags:
    begin = of_round.started_at or datetime.max.replace(tzinfo=UTC)
    flags: Flags = (at >= (begin - TOLERANCE).timestamp()) & (at <= (last + TOLERANCE).timestamp())
    return flags
