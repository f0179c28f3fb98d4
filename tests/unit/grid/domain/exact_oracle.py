"""Which faces hold a point, by plain integers of any size: slow, short, and right."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from services.grid.domain.quantise import PER_DEGREE

Ring = list[tuple[int, int]]


class ExactOracle:
    """Counts, per face, the edges west of a point: an odd number means inside.

    The point is taken a hair east, and far less than that north, of its place; this is the rule
    that a border belongs to its east, and a level border to its north. Coordinates are units.
    """

    def __init__(self, faces: Sequence[BaseGeometry]) -> None:
        self._rings = [_rings(face) for face in faces]

    def holders(self, x: int, y: int) -> list[int]:
        return [
            number
            for number, rings in enumerate(self._rings)
            if sum(_edges_west(ring, x, y) for ring in rings) % 2
        ]

    def face_at(self, x: int, y: int) -> int:
        holders = self.holders(x, y)
        assert len(holders) <= 1, "the faces of this test overlap"
        return holders[0] if holders else -1


def _rings(face: BaseGeometry) -> list[Ring]:
    rings = shapely.get_rings(shapely.get_parts(face))
    return [[(int(x), int(y)) for x, y in shapely.get_coordinates(ring)] for ring in rings]


def _edges_west(ring: Ring, x: int, y: int) -> int:
    count = 0
    for start, end in pairwise(ring):
        (x1, y1), (x2, y2) = sorted((start, end), key=lambda point: point[1])
        count += y1 <= y < y2 and (x - x1) * (y2 - y1) >= (y - y1) * (x2 - x1)
    return count


def in_degrees(
    faces: Sequence[BaseGeometry], origin: tuple[int, int] = (0, 0)
) -> list[BaseGeometry]:
    """Return faces in units, moved by `origin`, as faces in degrees."""
    moved = shapely.transform(
        np.asarray(faces, dtype=object), lambda xy: (xy + origin) / PER_DEGREE
    )
    return list(moved)
