"""The borders between faces: each edge once, with the face on its west and the one on its east."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from services.grid.domain.boundary_unusable import BoundaryUnusable
from services.grid.domain.quantise import PER_DEGREE, Booleans, Geometries, Integers, quantised
from services.grid.domain.runs import is_first

NOWHERE = -1
"""What lies on the far side of an edge that has a face on one side only."""

LARGEST_EXTENT = 2**31 - 4
"""Units, about 214 degrees: products of two differences stay below 2**62, exact in int64."""


@dataclass(frozen=True, slots=True)
class EdgeTable:
    """Edges in units from `origin`, shape (n, 4): x1, y1, x2, y2, all x >= 0, all y > 0.

    Every edge is there once. It runs north, so that its west is on the left and its east on the right; a level edge
    runs west, so that "east" means north. `west` and `east` hold face numbers or NOWHERE.
    `doubled` tells which edges two faces claim on one side: they overlap there.
    """

    origin: tuple[int, int]
    ends: Integers
    west: NDArray[np.int32]
    east: NDArray[np.int32]
    doubled: Booleans

    def degrees(self, x: int, y: int) -> tuple[float, float]:
        """Return a place of this table as longitude and latitude."""
        return (x + self.origin[0]) / PER_DEGREE, (y + self.origin[1]) / PER_DEGREE

    @property
    def is_open(self) -> Booleans:
        return np.asarray((self.west == NOWHERE) | (self.east == NOWHERE))


def edge_table(faces: Sequence[Polygon | MultiPolygon]) -> EdgeTable:
    """Return the edges of the faces (degrees), vertices rounded to the grid of 1e-7 degrees.

    A vertex of one face lying exactly on an edge of another divides that edge.

    Raises:
        BoundaryUnusable: There is no edge at all, or they reach too far for exact arithmetic.
    """
    return table_of_units(quantised(faces))


def table_of_units(faces: Geometries) -> EdgeTable:
    """Do as `edge_table` for faces whose coordinates are units."""
    origin = origin_of(faces)
    table = _paired(origin, *_sides(faces, origin))
    is_open = table.is_open
    pieces, of = _divided(table.ends[is_open])
    if len(pieces) == np.count_nonzero(is_open):
        return table
    west, east = table.west[is_open][of], table.east[is_open][of]
    runs, back = west != NOWHERE, east != NOWHERE
    sides = np.concatenate([pieces[runs], pieces[back][:, [2, 3, 0, 1]]])
    mended = _paired(origin, sides, np.concatenate([west[runs], east[back]]))
    return EdgeTable(
        origin,
        np.concatenate([table.ends[~is_open], mended.ends]),
        np.concatenate([table.west[~is_open], mended.west]),
        np.concatenate([table.east[~is_open], mended.east]),
        np.concatenate([table.doubled[~is_open], mended.doubled]),
    )


def origin_of(faces: Geometries) -> tuple[int, int]:
    """Return the corner of the faces, one unit south of them, or refuse them if they reach too far."""
    if shapely.is_empty(faces).all():
        raise _no_outline()
    west, south, east, north = shapely.total_bounds(faces)
    extent = max(east - west, north - south)
    if extent > LARGEST_EXTENT:
        raise BoundaryUnusable(
            code="extent_too_large",
            zh=f"边界跨度达 {extent / PER_DEGREE:.1f} 度，超过 214 度："
            "请检查坐标单位（应为经纬度，经度在前），跨 180 度经线的请分开导入。",
            en=f"The outlines span {extent / PER_DEGREE:.1f} degrees, more than 214: check that the "
            "coordinates are degrees, longitude first; import the two sides of the 180th meridian apart.",
        )
    return int(west), int(south) - 1


def _no_outline() -> BoundaryUnusable:
    return BoundaryUnusable(
        code="no_outline",
        zh="没有任何大于 1 厘米的面：请至少提供一个面，坐标应为经纬度。",
        en="There is no area larger than a centimetre: give at least one, in degrees.",
    )


def _sides(faces: Geometries, origin: tuple[int, int]) -> tuple[Integers, NDArray[np.int32]]:
    """Return the directed sides of all rings, the face on their left, and that face."""
    parts, face_of_part = shapely.get_parts(faces, return_index=True)
    rings, part_of_ring = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    points = coordinates.astype(np.int64) - origin
    is_side = (ring[:-1] == ring[1:]) & (points[:-1] != points[1:]).any(axis=1)
    if not is_side.any():
        raise _no_outline()
    face = face_of_part[part_of_ring[ring[:-1][is_side]]]
    return np.hstack([points[:-1][is_side], points[1:][is_side]]), face.astype(np.int32)


def _paired(origin: tuple[int, int], sides: Integers, face: NDArray[np.int32]) -> EdgeTable:
    """Join each side with its opposite, and drop those that have one face on both sides."""
    x1, y1, x2, y2 = sides.T
    runs = (y1 < y2) | ((y1 == y2) & (x1 > x2))
    start, end = x1 << 31 | y1, x2 << 31 | y2
    order = np.lexsort((np.where(runs, end, start), np.where(runs, start, end)))
    ends = np.where(runs[:, np.newaxis], sides, sides[:, [2, 3, 0, 1]])[order]
    begins = is_first(*ends.T)
    edge = np.cumsum(begins) - 1
    ends, runs, face = ends[begins], runs[order], face[order]
    west = np.full(len(ends), NOWHERE, dtype=np.int32)
    east = west.copy()
    west[edge[runs]] = face[runs]
    east[edge[~runs]] = face[~runs]
    claims = (
        np.bincount(edge[runs], minlength=len(ends)),
        np.bincount(edge[~runs], minlength=len(ends)),
    )
    doubled = np.maximum(*claims) > 1
    keep = (west != east) | doubled
    return EdgeTable(origin, ends[keep], west[keep], east[keep], doubled[keep])


def _divided(ends: Integers) -> tuple[Integers, Integers]:
    """Cut the edges at each other's ends where these lie exactly on them; tell each piece's edge."""
    points = np.unique(ends.reshape(-1, 2), axis=0)
    lines = shapely.linestrings(ends.reshape(-1, 2, 2))
    point, edge = shapely.STRtree(lines).query(shapely.points(points), predicate="intersects")
    x, y = points[point].T
    x1, y1, x2, y2 = ends[edge].T
    # int64 products, since a test in floats is not the last word
    on_line = (x - x1) * (y2 - y1) == (y - y1) * (x2 - x1)
    inside = on_line & ((x != x1) | (y != y1)) & ((x != x2) | (y != y2))
    stops = np.concatenate([ends[:, :2], points[point[inside]], ends[:, 2:]])
    of = np.concatenate([np.arange(len(ends)), edge[inside], np.arange(len(ends))])
    order = np.lexsort((-stops[:, 0], stops[:, 1], of))
    stops, of = stops[order], of[order]
    joined = of[:-1] == of[1:]
    return np.hstack([stops[:-1][joined], stops[1:][joined]]), of[:-1][joined]
