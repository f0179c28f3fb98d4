"""What may be the same as something about to be reported, and why: how near in space, time and words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import cos, hypot, radians

from services.patrol.domain.likeness import likeness
from shared.kernel.box import Box
from shared.kernel.ground_length import metres_per_degree

HOUR = timedelta(hours=1)
# Words say most, then the place; of two as alike and as near, the later is likelier the same.
_WORDS, _PLACE, _TIME = 0.5, 0.3, 0.2
# Nearer to a pole than this nobody reports, and degrees of longitude are no measure.
_LEAST_COSINE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How near counts as near: so many metres, and so long before or after."""

    metres: float
    span: timedelta

    def box(self, lon: float, lat: float) -> Box:
        """Return the box that holds all that is near a point (WGS-84)."""
        across, along = metres_per_degree(lat)
        if cos(radians(lat)) < _LEAST_COSINE:
            return Box(west=-180, east=180, south=lat - self.metres / along, north=90)
        dlon, dlat = self.metres / across, self.metres / along
        return Box(
            west=_turned(lon - dlon), east=_turned(lon + dlon), south=lat - dlat, north=lat + dlat
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is known of an incident, or of what is about to be one: where, when and in which words."""

    lon: float
    lat: float
    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearness:
    """Why something may be the same; `similarity` is None where there are no words to compare.

    `score` goes from 0 to 1: what is as near as can be in everything has 1.
    """

    distance_m: float
    hours: float
    similarity: float | None
    score: float


def nearness(new: Told, known: Told, reach: Reach) -> Nearness | None:
    """Return how near a known incident is to a new one; None when it is not."""
    distance_m = distance(new, known)
    apart = abs(new.at - known.at)
    if distance_m > reach.metres or apart > reach.span:
        return None
    similarity = likeness(new.text, known.text)
    place, time = 1 - distance_m / reach.metres, 1 - apart / reach.span
    near = _PLACE * place + _TIME * time
    score = near / (_PLACE + _TIME) if similarity is None else _WORDS * similarity + near
    return Nearness(
        distance_m=round(distance_m, 1),
        hours=round(apart / HOUR, 1),
        similarity=None if similarity is None else round(similarity, 3),
        score=round(score, 3),
    )


def distance(one: Told, other: Told) -> float:
    """Return the way between two places near each other, in metres, on the plane that touches the first."""
    across, along = metres_per_degree(one.lat)
    turn = abs(one.lon - other.lon)
    return hypot(min(turn, 360 - turn) * across, (one.lat - other.lat) * along)


def _turned(lon: float) -> float:
    """Return a longitude within -180 and 180."""
    return (lon + 180) % 360 - 180
