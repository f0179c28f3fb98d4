"""Which cells a track was in, from where the grid says its points lie."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from services.patrol.domain.track import Flags, Integers, Track

# About eleven metres: points so near each other are looked up once.
_FINENESS = 1e4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """How many points of a track lay in a cell, from when to when."""

    first_at: datetime
    last_at: datetime
    points: int


def spots_of(track: Track) -> tuple[Track, Integers]:
    """Return a point of each spot where a track was, and for each of its points the number of its spot."""
    places = np.stack([np.rint(track.lon * _FINENESS), np.rint(track.lat * _FINENESS)], axis=1)
    _, first, spot_of = np.unique(places, axis=0, return_index=True, return_inverse=True)
    return track.of(first.astype(np.int64)), spot_of.reshape(-1).astype(np.int64)


def visits_of(track: Track, spot_of: Integers, cells: Sequence[str | None]) -> dict[str, Visit]:
    """Return the visits of a track whose spots lie in *cells*; what lies in none is no visit."""
    found: dict[str, Visit] = {}
    for cell in {each for each in cells if each is not None}:
        spots = [number for number, each in enumerate(cells) if each == cell]
        here: Flags = np.isin(spot_of, spots)
        times = track.at[here]
        found[cell] = Visit(
            first_at=_EPOCH + timedelta(seconds=float(times.min())),
            last_at=_EPOCH + timedelta(seconds=float(times.max())),
            points=int(here.sum()),
        )
    return found
