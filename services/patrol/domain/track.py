"""A track: positions of a phone in order, what of them is believed, and what way that makes.

Marks are found when a track is read, from all of it: batches come in any order, and what is a jump beside one
neighbour is none beside the one that comes later.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.kernel.ground_length import metres_per_degree

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
# So many points in a row that agree are a place somebody was.
FEW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """Columns of one length: number, corrected time and phone's time (seconds since 1970), degrees, metres.

    The accuracy is NaN where the phone gave none.
    """

    seq: Integers
    at: Floats
    phone_at: Floats
    lon: Floats
    lat: Floats
    accuracy_m: Floats

    def __len__(self) -> int:
        return len(self.seq)

    def of(self, kept: Flags | Integers) -> "Track":
        """Return some of its points, or all in another order."""
        return Track(
            seq=self.seq[kept],
            at=self.at[kept],
            phone_at=self.phone_at[kept],
            lon=self.lon[kept],
            lat=self.lat[kept],
            accuracy_m=self.accuracy_m[kept],
        )

    @property
    def in_order(self) -> "Track":
        """Return its points by corrected time, those of one moment by their number."""
        return self.of(np.lexsort((self.seq, self.at)))


def joined(tracks: list[Track]) -> Track:
    """Return one track of several, not in order."""
    columns = ("seq", "at", "phone_at", "lon", "lat", "accuracy_m")
    return Track(**{name: np.concatenate([getattr(t, name) for t in tracks]) for name in columns})


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What is doubtful of the points of a track in order, each as one flag a point.

    `jump`: nobody moves so fast; `inaccurate`: the phone is not sure enough, or does not say; `backwards`: the
    phone's clock was set while the track was recorded.
    """

    jump: Flags
    inaccurate: Flags
    backwards: Flags

    @property
    def any(self) -> Flags:
        return self.jump | self.inaccurate | self.backwards


def marks_of(track: Track, *, most_speed_mps: float, most_accuracy_m: float) -> Marks:
    """Return the marks of a track that is in order."""
    inaccurate = ~(track.accuracy_m <= most_accuracy_m)
    jump = np.zeros(len(track), dtype=bool)
    sure = np.flatnonzero(~inaccurate)
    jump[sure] = _jumps(track.of(sure), most_speed_mps)
    return Marks(jump=jump, inaccurate=inaccurate, backwards=_backwards(track))


def _jumps(track: Track, most_speed_mps: float) -> Flags:
    """Return where a track of sure points leaps.

    The longest piece without a leap is believed, and from it, either way, whatever can be reached in time. What
    cannot is a jump, unless some points in a row agree among themselves: then only the first of them is.
    """
    jumps = np.zeros(len(track), dtype=bool)
    if len(track) < 2:
        return jumps
    pace = _Pace(track, most_speed_mps)
    piece = np.concatenate(([0], np.cumsum(pace.leaps))).astype(np.int64)
    longest = np.flatnonzero(piece == np.bincount(piece).argmax())
    pace.follow(range(int(longest[-1]), len(track)), jumps)
    pace.follow(range(int(longest[0]), -1, -1), jumps)
    return jumps


class _Pace:
    """Tells which points of a track can be reached from which, at the speed of a patrol."""

    def __init__(self, track: Track, most_speed_mps: float) -> None:
        self._most_speed_mps = most_speed_mps
        self._at, self._unsure_m = track.at, track.accuracy_m
        across, along = metres_per_degree(float(track.lat.mean()))
        self._east_m, self._north_m = track.lon * across, track.lat * along

    @property
    def leaps(self) -> Flags:
        """Return from which point the next cannot be reached."""
        way = np.hypot(np.diff(self._east_m), np.diff(self._north_m))
        unsure = self._unsure_m[1:] + self._unsure_m[:-1]
        leaps: Flags = way - unsure > self._most_speed_mps * np.diff(self._at)
        return leaps

    def reaches(self, one: int, other: int) -> bool:
        way = np.hypot(
            self._east_m[one] - self._east_m[other], self._north_m[one] - self._north_m[other]
        )
        unsure = self._unsure_m[one] + self._unsure_m[other]
        seconds = abs(self._at[one] - self._at[other])
        return bool(way - unsure <= self._most_speed_mps * seconds)

    def follow(self, path: range, jumps: Flags) -> None:
        """Mark the jumps on the way from the first point of *path*, which is believed."""
        believed, apart = path[0], list[int]()
        for point in path[1:]:
            if self.reaches(believed, point):
                believed, apart = point, []
                continue
            jumps[point] = True
            apart = [*apart, point] if apart and self.reaches(apart[-1], point) else [point]
            if len(apart) == FEW:
                jumps[apart[1:]] = False
                believed, apart = point, []


def _backwards(track: Track) -> Flags:
    """Return the points whose number says they came later than one of a later time."""
    if not len(track):
        return np.zeros(0, dtype=bool)
    least_after = np.minimum.accumulate(track.seq[::-1])[::-1]
    flags: Flags = track.seq > least_after
    return flags


def steps_m(track: Track) -> Floats:
    """Return the metres from each point to the next."""
    if len(track) < 2:
        return np.zeros(0)
    across, along = metres_per_degree(float(track.lat.mean()))
    steps: Floats = np.hypot(np.diff(track.lon) * across, np.diff(track.lat) * along)
    return steps


def length_m(track: Track, marks: Marks) -> float:
    """Return the metres of a track in order, over the points that are believed."""
    return float(steps_m(track.of(~marks.any)).sum())
