"""The audit of a boundary set: every edge pairs up with its opposite, or lies on the outer ring."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from services.grid.domain.crack import crack_mouths
from services.grid.domain.edge_table import NOWHERE, EdgeTable, table_of_units
from services.grid.domain.gap import THIN_GAP_M
from services.grid.domain.quantise import (
    Booleans,
    Floats,
    Geometries,
    Integers,
    quantised,
    to_degrees,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeAudit:
    """What the audit found, in WGS-84 degrees on the grid of 1e-7.

    `unpaired`, shape (n, 4), are the edges (lon1, lat1, lon2, lat2) around gaps and overlaps and
    those that two outlines claim on one side; `invalid` are the numbers of outlines that
    rounding makes collapse or cross themselves.
    """

    is_partition: bool
    unpaired: Floats
    gaps: list[Polygon]
    overlaps: list[Polygon]
    invalid: list[int]


def audit_edges(outlines: Sequence[Polygon | MultiPolygon]) -> EdgeAudit:
    """Tell whether the outlines form a partition: no overlap, and no gap between them.

    How often a place is covered changes at unpaired edges only. They enclose regions; if each
    has its outline on the region's side and the open outside on the other, then each region (the
    district, or its parts) is covered once, and all else not at all. This also holds for what
    lies within another without touching it. It is exact: rings are compared, not areas.

    Narrow ground that the outside reaches between two outlines is a gap all the same.

    Raises:
        BoundaryUnusable: There are no outlines, or they reach too far for exact arithmetic.
    """
    units = quantised(outlines)
    invalid = np.flatnonzero(~shapely.is_valid(units) | shapely.is_empty(units))
    table = table_of_units(units)
    lone = table.is_open | table.doubled
    ends = table.ends[lone] + np.tile(table.origin, 2)
    lines = shapely.union_all(shapely.linestrings(ends.reshape(-1, 2, 2)))
    regions = _regions(lines)
    points = np.unique(ends.reshape(-1, 2), axis=0)
    is_crossed = len(np.unique(shapely.get_coordinates(lines), axis=0)) > len(points)
    is_whole = not (len(invalid) or table.doubled.any() or is_crossed)
    is_whole = is_whole and _is_rim(table, lone, regions)
    if is_whole:
        owner = np.maximum(table.west, table.east)[lone]
        mouths = crack_mouths(ends, owner, units, THIN_GAP_M)
        regions = _regions(shapely.union_all([lines, *mouths], grid_size=1.0))
    cover = _cover(units, regions)
    claimed = table.ends[table.doubled] + np.tile(table.origin, 2)
    return EdgeAudit(
        is_partition=is_whole and not (cover == 0).any(),
        unpaired=to_degrees(np.concatenate([_edges(regions[cover != 1]), claimed])),
        gaps=_in_degrees(regions[cover == 0]),
        overlaps=_in_degrees(regions[cover > 1]),
        invalid=invalid.tolist(),
    )


def _regions(lines: BaseGeometry) -> Geometries:
    return np.asarray(shapely.get_parts(shapely.polygonize(shapely.get_parts(lines))))


def _is_rim(table: EdgeTable, lone: Booleans, regions: Geometries) -> bool:
    """Tell whether the regions lie on the outlines' side of all unpaired edges, and only there."""
    rim = table_of_units(regions)
    return np.array_equal(_sides(table, lone), _sides(rim, np.ones(len(rim.ends), dtype=bool)))


def _sides(table: EdgeTable, which: Booleans) -> Integers:
    ends = table.ends[which] + np.tile(table.origin, 2)
    sides = np.column_stack([ends, table.west[which] != NOWHERE, table.east[which] != NOWHERE])
    return np.unique(sides, axis=0)


def _cover(units: Geometries, regions: Geometries) -> Integers:
    """Return how many outlines cover each region: a report, not the verdict.

    A point on inner borders is covered once by those that meet there.
    """
    points, tree = shapely.point_on_surface(regions), shapely.STRtree(units)
    within = np.bincount(tree.query(points, predicate="within")[0], minlength=len(regions))
    touches = np.bincount(tree.query(points, predicate="touches")[0], minlength=len(regions))
    return within + (touches > 0)


def _edges(regions: Geometries) -> Floats:
    """Return the edges of the regions, each once."""
    xy, ring = shapely.get_coordinates(shapely.get_rings(regions), return_index=True)
    joined = ring[:-1] == ring[1:]
    ends = np.stack([xy[:-1][joined], xy[1:][joined]], axis=1)
    swap = (ends[:, 0, 0] > ends[:, 1, 0]) | (
        (ends[:, 0, 0] == ends[:, 1, 0]) & (ends[:, 0, 1] > ends[:, 1, 1])
    )
    ends[swap] = ends[swap, ::-1]
    return np.unique(ends.reshape(-1, 4), axis=0)


def _in_degrees(regions: Geometries) -> list[Polygon]:
    return list(shapely.transform(regions, to_degrees))
