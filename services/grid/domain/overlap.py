"""Who owns ground that several outlines cover, and where they do."""

from dataclasses import dataclass

import numpy as np
import shapely

from services.grid.domain.quantise import Floats, Geometries, Integers
from services.grid.domain.runs import expand, is_first


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Two outlines that cover the same ground; `winner` is the smaller, which comes before the other.

    `first` < `second` are their numbers, `lon` and `lat` a place in the largest common piece.
    Where still others cover it too, the smallest of all keeps it.
    """

    first: int
    second: int
    area_m2: float
    lon: float
    lat: float
    winner: int


@dataclass(frozen=True, slots=True)
class Covers:
    """Pairs of a piece and an outline that covers it; of one piece, the smallest outline first."""

    piece: Integers
    outline: Integers

    def owners(self, pieces: int) -> Integers:
        """Return the outline that each piece belongs to, -1 where none covers it."""
        owner = np.full(pieces, -1, dtype=np.int64)
        owner[self.piece[::-1]] = self.outline[::-1]
        return owner


def covers(outlines: Geometries, areas_m2: Floats, points: Geometries) -> Covers:
    """Return which outlines cover the pieces, given an inner point of each piece."""
    shapely.prepare(outlines)
    outline, piece = shapely.STRtree(points).query(outlines, predicate="contains")
    order = np.lexsort((outline, areas_m2[outline], piece))
    return Covers(piece[order], outline[order])


def overlaps(covers: Covers, areas_m2: Floats, places: Floats) -> list[Overlap]:
    """Return the overlaps, largest first, given area and inner point (degrees) of each piece."""
    place = np.arange(len(covers.piece))
    end = np.searchsorted(covers.piece, covers.piece, side="right")
    one, other = expand(place + 1, end)
    winner, loser, piece = covers.outline[one], covers.outline[other], covers.piece[one]
    order = np.lexsort((-areas_m2[piece], loser, winner))
    winner, loser, piece = winner[order], loser[order], piece[order]
    is_largest = is_first(winner, loser)
    area = np.bincount(np.cumsum(is_largest) - 1, areas_m2[piece])
    return [
        Overlap(
            first=int(min(winner[i], loser[i])),
            second=int(max(winner[i], loser[i])),
            area_m2=float(area[number]),
            lon=float(places[piece[i], 0]),
            lat=float(places[piece[i], 1]),
            winner=int(winner[i]),
        )
        for number, i in sorted(
            enumerate(np.flatnonzero(is_largest)), key=lambda found: -area[found[0]]
        )
    ]
