"""Whether a check-in counts: near enough, sure enough, long enough, and within the round (rules GRID-07)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.patrol.domain.ground_distance import distance_m
from services.patrol.domain.patrol_round import PatrolRound, Stop

REASONS = {
    "too_far": ("距规定点位过远", "too far from the required point"),
    "no_accuracy": ("手机没有给出定位精度", "the phone does not say how sure its position is"),
    "inaccurate": ("定位精度不足", "the position is not sure enough"),
    "too_short": ("停留时间不足", "the stay was too short"),
    "out_of_time": ("不在本次巡查的时间之内", "not within the time of the round"),
}
# So much may a corrected time lie beside the round's: what the line takes, and clocks that drift.
TOLERANCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInMeasure:
    """What a check-in shows: WGS-84 degrees, metres, corrected times."""

    lon: float
    lat: float
    accuracy_m: float | None
    at: datetime
    arrived_at: datetime | None

    @property
    def stayed_s(self) -> float:
        """Return how long he stayed, in seconds; one who does not say when he came did not stay."""
        return 0 if self.arrived_at is None else (self.at - self.arrived_at).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What became of a check-in; it counts when there are no reasons against it."""

    distance_m: float | None
    reasons: tuple[str, ...]

    @property
    def is_valid(self) -> bool:
        return not self.reasons


def judge(
    measure: CheckInMeasure,
    stop: Stop | None,
    of_round: PatrolRound,
    *,
    last: datetime,
    most_accuracy_m: float,
) -> Judged:
    """Return whether a check-in at a required point, or at none, counts; *last* is until when the round goes."""
    away = None if stop is None else distance_m(measure.lon, measure.lat, stop.lon, stop.lat)
    found = [
        ("too_far", away is not None and stop is not None and away > stop.radius_m),
        ("no_accuracy", measure.accuracy_m is None),
        ("inaccurate", measure.accuracy_m is not None and measure.accuracy_m > most_accuracy_m),
        ("too_short", stop is not None and measure.stayed_s < stop.stay_s),
        ("out_of_time", not lies_within(of_round, measure.at, last)),
    ]
    return Judged(distance_m=away, reasons=tuple(reason for reason, holds in found if holds))


def lies_within(of_round: PatrolRound, at: datetime, last: datetime) -> bool:
    """Tell whether a corrected time lies within a round that was begun, and went until *last*."""
    if of_round.started_at is None or at < of_round.started_at - TOLERANCE:
        return False
    return at <= last + TOLERANCE
