"""The borders between neighbouring cells: straight, cut at the outline, then bent like real ones."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Polygon

from deploy.demo.sites import Floats, nearest_regions

Indices = npt.NDArray[np.int64]

BENDS_PER_BORDER = 3.4  # on a border as long as the side of a regular hexagon
BENDS_AT_MOST = 14
STEEPEST = 0.8  # tangent of the angle by which a border may leave its straight line
WAVES = 4


@dataclass(frozen=True, slots=True)
class Borders:
    """Straight borders, one row each: their two ends, and how far they may be bent.

    `ends` has the shape (n, 2, 2): border, end, x and y. `slope` is the tangent of the angle at
    either end of the narrowest triangle between the border and one of its two sites: a bend
    inside that triangle cannot meet another border. `spacing` is the distance of the two sites.
    """

    ends: Floats
    slope: Floats
    spacing: Floats

    def pick(self, which: npt.NDArray[np.bool_] | Indices) -> "Borders":
        """Return some of the rows, by mask or by index."""
        return Borders(self.ends[which], self.slope[which], self.spacing[which])


def straight_borders(outline: Polygon, sites: Floats) -> Borders:
    """Return each border between two sites once, as far as it lies inside the outline."""
    whole = _between_sites(outline, sites)
    lines = shapely.linestrings(whole.ends)
    shapely.prepare(outline)
    is_inside = shapely.contains_properly(outline, lines)
    leaving = np.flatnonzero(~is_inside & shapely.intersects(outline, lines))
    parts, of = shapely.get_parts(shapely.intersection(lines[leaving], outline), return_index=True)
    is_line = shapely.length(parts) > 0
    inside = np.flatnonzero(is_inside)
    borders = whole.pick(np.concatenate([inside, leaving[of[is_line]]]))
    borders.ends[len(inside) :] = shapely.get_coordinates(
        shapely.get_point(parts[is_line][:, np.newaxis], [0, -1])
    ).reshape(-1, 2, 2)
    return borders


def bent(borders: Borders, rng: np.random.Generator) -> tuple[Floats, Indices]:
    """Return the vertices of the bent borders, shape (m, 2), and the border each belongs to.

    A bend is a sum of waves under a tent that stands on the border; the tent lies inside the
    triangle that `slope` describes and is convex, so the bent line stays inside it too.
    """
    start, along = borders.ends[:, 0], borders.ends[:, 1] - borders.ends[:, 0]
    length = np.hypot(*along.T)
    hexagon_sides = length / (borders.spacing / np.sqrt(3))
    bends = np.clip(np.rint(BENDS_PER_BORDER * hexagon_sides), 0, BENDS_AT_MOST).astype(np.int64)
    of = np.repeat(np.arange(len(bends)), bends + 2)
    place = np.arange(len(of)) - (np.cumsum(bends + 2) - (bends + 2))[of]
    is_bend = (place > 0) & (place <= bends[of])
    share = (place + is_bend * rng.uniform(-0.3, 0.3, len(of))) / (bends[of] + 1)
    tent = np.minimum(share, 1 - share) * np.minimum(borders.slope, STEEPEST)[of]
    across = np.column_stack([-along[:, 1], along[:, 0]])[of]
    sideways = (tent * _waves(share, of, len(bends), rng))[:, np.newaxis] * across
    return start[of] + share[:, np.newaxis] * along[of] + sideways, of


def _waves(share: Floats, of: Indices, count: int, rng: np.random.Generator) -> Floats:
    """Return noise within ±0.8 along each border, the longer waves the stronger."""
    strength = rng.random((WAVES, count)) * (2.0 / np.arange(1, WAVES + 1))[:, np.newaxis]
    phase = rng.uniform(0, 2 * np.pi, (WAVES, count))
    total = np.zeros(len(of))
    for wave in range(WAVES):
        total += strength[wave, of] * np.sin(np.pi * (1 + 1.3 * wave) * share + phase[wave, of])
    return 0.8 * np.tanh(total)


def _between_sites(outline: Polygon, sites: Floats) -> Borders:
    """Pair each side of a Voronoi polygon with the same side of its neighbour."""
    vertices, site = shapely.get_coordinates(nearest_regions(outline, sites), return_index=True)
    points, name = np.unique(vertices[:, 0] + 1j * vertices[:, 1], return_inverse=True)
    same_ring = site[1:] == site[:-1]
    start, end, site = name[:-1][same_ring], name[1:][same_ring], site[:-1][same_ring]
    forward = start < end
    side = np.minimum(start, end) * len(points) + np.maximum(start, end)
    _, here, there = np.intersect1d(
        side[forward], side[~forward], assume_unique=True, return_indices=True
    )
    ends = points[np.column_stack([start, end])[forward][here]]
    return _with_slope(
        np.stack([ends.real, ends.imag], axis=-1),
        sites[site[forward][here]],
        sites[site[~forward][there]],
    )


def _with_slope(ends: Floats, left: Floats, right: Floats) -> Borders:
    spacing = np.hypot(*(right - left).T)
    along = ends[:, 1] - ends[:, 0]
    foot = np.sum((left - ends[:, 0]) * along, axis=1) / np.sum(along**2, axis=1)
    farther_end = np.maximum(foot, 1 - foot) * np.hypot(*along.T)
    return Borders(ends, spacing / 2 / farther_end, spacing)
