"""Ground between outlines that none of them covers, and who gets it."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely

from services.grid.domain.edge_table import NOWHERE, EdgeTable, table_of_units
from services.grid.domain.ground_area import areas_m2
from services.grid.domain.quantise import (
    PER_DEGREE,
    Booleans,
    Floats,
    Geometries,
    Integers,
    to_degrees,
)
from services.grid.domain.runs import is_first
from shared.kernel.ground_length import metres_per_degree

THIN_GAP_M = 2.0

ROUNDING_M = 0.03
"""Bare ground at the rim no wider than that comes from rounding: it belongs to the outside."""

_WIDTH_STEPS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Ground between outlines that none covers.

    `width_m` is the diameter of the widest circle in it, within 2 %. `neighbours` are the numbers
    of the outlines around it, longest common border first; `filled_by` is the first of them if
    the gap is thin, else None: it stays open.
    """

    area_m2: float
    lon: float
    lat: float
    width_m: float
    neighbours: tuple[int, ...]
    filled_by: int | None


def fill_gaps(pieces: Geometries, owner: Integers, thin_gap_m: float) -> tuple[Integers, list[Gap]]:
    """Return the owners with thin gaps given away, and all gaps, largest first.

    `pieces` lie edge to edge, in units; `owner` is the outline of each, NOWHERE for a gap's.
    """
    grounds, ground = _bare_grounds(pieces, owner)
    if not len(grounds):
        return owner, []
    table = table_of_units(pieces)
    places = to_degrees(shapely.get_coordinates(shapely.point_on_surface(grounds)))
    scale = np.array([metres_per_degree(lat) for lat in places[:, 1]])
    neighbours = _neighbours(table, owner, ground, scale)
    metric = _in_metres(grounds, scale)
    is_thin = _vanishes(metric, thin_gap_m)
    at_rim = ground[np.maximum(table.west, table.east)[table.is_open]]
    is_outside = np.isin(np.arange(len(grounds)), at_rim) & _vanishes(metric, ROUNDING_M) & ~is_thin
    width, area = _widths(metric), areas_m2(shapely.transform(grounds, to_degrees))
    gaps = {
        i: Gap(
            area_m2=float(area[i]),
            lon=float(places[i, 0]),
            lat=float(places[i, 1]),
            width_m=float(width[i]),
            neighbours=around,
            filled_by=around[0] if is_thin[i] else None,
        )
        for i, around in neighbours.items()
        if not is_outside[i]
    }
    filled_by = np.full(len(grounds), NOWHERE, dtype=np.int64)
    for i, gap in gaps.items():
        filled_by[i] = NOWHERE if gap.filled_by is None else gap.filled_by
    filled = np.where(ground == NOWHERE, owner, filled_by[ground])
    return filled, sorted(gaps.values(), key=lambda gap: -gap.area_m2)


def _bare_grounds(pieces: Geometries, owner: Integers) -> tuple[Geometries, Integers]:
    """Return the connected bare grounds, and for each piece the one it is part of, or NOWHERE."""
    bare = np.flatnonzero(owner == NOWHERE)
    grounds = shapely.get_parts(shapely.coverage_union_all(pieces[bare]))
    inner = shapely.point_on_surface(pieces[bare])
    ground = np.full(len(pieces), NOWHERE, dtype=np.int64)
    ground[bare] = shapely.STRtree(grounds).query(inner, predicate="within")[1]
    return grounds, ground


def _in_metres(grounds: Geometries, scale: Floats) -> Geometries:
    units, of = shapely.get_coordinates(grounds, return_index=True)
    metres = units / PER_DEGREE * scale[of]
    return np.asarray(shapely.set_coordinates(grounds.copy(), metres), dtype=object)


def _vanishes(grounds: Geometries, width_m: float) -> Booleans:
    """Tell which grounds are thinner than a width everywhere: erosion by half of it leaves nothing."""
    return np.asarray(shapely.is_empty(shapely.buffer(grounds, -width_m / 2)))


def _widths(grounds: Geometries) -> Floats:
    """Return the diameters of the widest circles, found by eroding more and less.

    The radius lies between area / perimeter and that of the circle of the same area; in a
    triangle, as most gaps are, it is twice the former. (GEOS's largest inscribed circle takes
    many times as long on slivers, and is less exact.)
    """
    low = shapely.area(grounds) / shapely.length(grounds)
    width, bent = 4 * low, shapely.get_num_coordinates(grounds) > 4
    grounds, low = grounds[bent], low[bent]
    high = np.sqrt(shapely.area(grounds) / np.pi)
    for _ in range(_WIDTH_STEPS):
        middle = np.sqrt(low * high)
        is_gone = shapely.is_empty(shapely.buffer(grounds, -middle))
        low, high = np.where(is_gone, low, middle), np.where(is_gone, middle, high)
    width[bent] = low + high
    return np.asarray(width)


def _neighbours(
    table: EdgeTable, owner: Integers, ground: Integers, scale: Floats
) -> dict[int, tuple[int, ...]]:
    """Return the outlines around each ground that has any, longest common border first."""
    paired = ~table.is_open
    west, east = table.west[paired], table.east[paired]
    run, rise = (table.ends[paired, 2:] - table.ends[paired, :2]).T
    sides = np.concatenate([np.column_stack([west, east]), np.column_stack([east, west])])
    is_border = (ground[sides[:, 0]] != NOWHERE) & (owner[sides[:, 1]] != NOWHERE)
    bare, around = ground[sides[is_border, 0]], owner[sides[is_border, 1]]
    steps = np.column_stack([np.tile(run, 2), np.tile(rise, 2)])[is_border] / PER_DEGREE
    pair, of = np.unique(np.column_stack([bare, around]), axis=0, return_inverse=True)
    length = np.bincount(of, np.hypot(*(steps * scale[bare]).T))
    bare, around = pair[np.lexsort((-length, pair[:, 0]))].T
    starts = np.append(np.flatnonzero(is_first(bare)), len(bare)).tolist()
    return {int(bare[i]): tuple(around[i:end].tolist()) for i, end in pairwise(starts)}
