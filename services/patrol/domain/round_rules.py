"""The numbers rounds are held to; each is a setting of the district (rules GRID-07, proposals)."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundRules:
    """Radii and accuracy in metres, a share from 0 to 1, metres a second, spans of time.

    `early`: a round may begin so long before its time. `overrun`: so long after its planned end nothing belongs to
    it any more, whether or not somebody ended it. `late`: what was recorded may come so long after its end.
    `grace`: whoever did not check in is missed so long after. `silent`: who walks alone is missed when nothing
    came of him for so long.
    """

    radius_urban_m: float
    radius_rural_m: float
    most_accuracy_m: float
    points_share: float
    least_minutes: int
    most_speed_mps: float
    early: timedelta
    overrun: timedelta
    late: timedelta
    grace: timedelta
    silent: timedelta
    fresh: timedelta
