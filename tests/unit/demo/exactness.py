"""What proves that polygons divide an outline exactly, reckoned in whole numbers of 1e-7 degrees."""

from collections import Counter
from itertools import pairwise

import shapely
from shapely import LineString, MultiPolygon, Polygon

Point = tuple[int, int]
Edge = tuple[Point, Point]


def units(polygon: Polygon | MultiPolygon) -> list[list[Point]]:
    """Return the rings of a polygon in units, the inside on the left; all vertices must be on the grid."""
    rings = []
    for part in shapely.get_parts(shapely.orient_polygons(polygon)):
        for ring in shapely.get_rings(part):
            points = [(round(x * 1e7), round(y * 1e7)) for x, y in ring.coords]
            assert [(x / 1e7, y / 1e7) for x, y in points] == list(ring.coords)
            rings.append(points)
    return rings


def directed_edges(polygon: Polygon | MultiPolygon) -> list[Edge]:
    return [edge for ring in units(polygon) for edge in pairwise(ring)]


def doubled_area(edges: list[Edge]) -> int:
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in edges)


def outer_edges(cells: list[Polygon]) -> list[Edge]:
    """Return the edges that belong to one cell only; every other must belong to two, in opposite directions.

    Where this holds and all cells are valid, the number of cells over a place changes nowhere but at
    the outer edges: what these enclose is covered once, and nothing else is covered.
    """
    assert all(shapely.is_valid(cells))
    count = Counter(edge for cell in cells for edge in directed_edges(cell))
    assert max(count.values()) == 1
    return [(start, end) for start, end in count if (end, start) not in count]


def gap_to(outline: Polygon, edges: list[Edge]) -> float:
    """Return how far, in units, the edges come to lie from the outline whose vertices they all pass."""
    vertices = {point for edge in edges for point in edge}
    assert vertices >= {point for ring in units(outline) for point in ring}
    boundary = [LineString(edge) for edge in directed_edges(outline)]
    middles = [((x1 + x2) / 2, (y1 + y2) / 2) for (x1, y1), (x2, y2) in edges]
    points = shapely.points([*vertices, *middles])
    _, distance = shapely.STRtree(boundary).query_nearest(
        points, all_matches=False, return_distance=True
    )
    return float(distance.max())
