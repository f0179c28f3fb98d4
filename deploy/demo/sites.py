"""Where the cells of an example tessellation have their centres: random, but evenly spread."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Polygon

Floats = npt.NDArray[np.float64]
Density = Callable[[Floats, Floats], Floats]
"""Relative number of cells per area at (x, y), in the coordinates of the outline; positive."""

RASTER = 128
RELAXATIONS = 3
FRAME_SITES = 16


def spread(outline: Polygon, count: int, rng: np.random.Generator, density: Density) -> Floats:
    """Return `count` points inside the outline, shape (count, 2), denser where density is higher.

    Random points are evened out by a few steps of Lloyd's algorithm (Lloyd 1982, "Least squares
    quantization in PCM"): each point moves to the centre of what lies nearest to it.
    """
    sites = _draw(outline, count, rng, density)
    for _ in range(RELAXATIONS):
        sites = _to_centres(outline, sites)
    return sites


def nearest_regions(outline: Polygon, sites: Floats) -> npt.NDArray[np.object_]:
    """Return the Voronoi polygon of each site, in order, whole even where it leaves the outline.

    Two neighbours give their common vertices bit for bit. A ring of sites far outside bounds all
    polygons well beyond the outline, so that none is clipped.
    """
    west, south, east, north = outline.bounds
    centre, radius = [(west + east) / 2, (south + north) / 2], 4 * (east - west + north - south)
    angles = np.linspace(0, 2 * np.pi, FRAME_SITES, endpoint=False)
    frame = centre + radius * np.column_stack([np.cos(angles), np.sin(angles)])
    diagram = shapely.voronoi_polygons(
        shapely.multipoints(np.concatenate([sites, frame])),
        extend_to=shapely.Point(centre).buffer(100 * radius),
        ordered=True,
    )
    regions: npt.NDArray[np.object_] = shapely.get_parts(diagram)[: len(sites)]
    return regions


def _draw(outline: Polygon, count: int, rng: np.random.Generator, density: Density) -> Floats:
    west, south, east, north = outline.bounds
    step = np.array([east - west, north - south]) / RASTER
    column, row = np.meshgrid(np.arange(RASTER), np.arange(RASTER))
    corners = np.column_stack([column.ravel(), row.ravel()]) * step + [west, south]
    squares = shapely.box(*corners.T, *(corners + step).T)
    shapely.prepare(outline)
    corners = corners[shapely.intersects(outline, squares)]
    weights = density(*(corners + step / 2).T)
    sites = np.empty((0, 2))
    while len(sites) < count:
        chosen = rng.choice(len(corners), size=2 * count, p=weights / weights.sum())
        points = corners[chosen] + rng.random((len(chosen), 2)) * step
        sites = np.concatenate([sites, points[shapely.contains_xy(outline, *points.T)]])
    return sites[:count]


def _to_centres(outline: Polygon, sites: Floats) -> Floats:
    regions = nearest_regions(outline, sites)
    leaving = ~shapely.contains(outline, regions)
    regions[leaving] = shapely.intersection(regions[leaving], outline)
    centres = shapely.get_coordinates(shapely.centroid(regions))
    # The centre of a region in a bay may lie outside: such a site stays where it is.
    inside = shapely.contains_xy(outline, *centres.T)
    return np.where(inside[:, np.newaxis], centres, sites)
