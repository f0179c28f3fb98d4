"""Cracks: narrow ground between outlines that the outside reaches, as beside one drawn too small."""

import numpy as np
import shapely

from services.grid.domain.quantise import PER_DEGREE, Booleans, Floats, Geometries, Integers
from services.grid.domain.runs import is_first
from shared.kernel.ground_length import metres_per_degree

NARROW = 0.05
"""Of the width of an outline: so wide a crack beside it may be, or as wide as a thin gap."""

AROUND = 0.25
"""Of an outline's border must lie along cracks, as when it was drawn too small or moved away. The
notches that real borders have where two outlines meet at the rim take up far less."""


def crack_mouths(
    ends: Integers, owner: Integers, outlines: Geometries, thin_m: float
) -> Geometries:
    """Return lines, in units, that close the cracks between outlines towards the outside.

    `ends`, shape (n, 4), are the edges of the outer rim in units, `owner` the number of the
    outline each belongs to; `outlines` are in units too.
    """
    if not len(ends):
        return np.empty(0, dtype=object)
    middle = (ends[:, 1].min() + ends[:, 3].max()) / 2 / PER_DEGREE
    scale = np.array(metres_per_degree(middle)) / PER_DEGREE
    solids = shapely.transform(outlines, lambda units: units * scale)
    order = np.argsort(owner, kind="stable")
    begins = is_first(owner[order])
    edges = shapely.linestrings(ends[order].reshape(-1, 2, 2) * scale)
    rims = shapely.line_merge(shapely.multilinestrings(edges, indices=np.cumsum(begins) - 1))
    own = solids[owner[order][begins]]
    width = np.maximum(thin_m, NARROW * np.sqrt(shapely.area(own)))
    runs, rim, other = _runs_beside_others(rims, width)
    is_crack = _is_bare(runs, rims[other], shapely.STRtree(solids))
    along = np.bincount(rim, shapely.length(runs) * is_crack, minlength=len(rims))
    is_crack &= along[rim] >= AROUND * shapely.length(own[rim])
    runs, beside = runs[is_crack], rims[other[is_crack]]
    mouths = np.concatenate(
        [shapely.shortest_line(shapely.get_point(runs, end), beside) for end in (0, -1)]
    )
    mouths = mouths[shapely.length(mouths) > 0]
    return np.asarray(shapely.transform(mouths, lambda metres: metres / scale))


def _runs_beside_others(rims: Geometries, width: Floats) -> tuple[Geometries, Integers, Integers]:
    """Return the parts of rims that lie as near as `width` to another, and the two rims' numbers."""
    rim, other = shapely.STRtree(rims).query(rims, predicate="dwithin", distance=width)
    rim, other = rim[rim != other], other[rim != other]
    near = shapely.intersection(rims[rim], shapely.buffer(rims[other], width[rim]))
    runs, pair = shapely.get_parts(near, return_index=True)
    runs, pair = runs[shapely.length(runs) > 0], pair[shapely.length(runs) > 0]
    return runs, rim[pair], other[pair]


def _is_bare(runs: Geometries, beside: Geometries, solids: shapely.STRtree) -> Booleans:
    """Tell whether the ground half-way from the middle of each run to the border beside is bare."""
    middles = shapely.line_interpolate_point(runs, 0.5, normalized=True)
    across = shapely.shortest_line(middles, beside)
    half_way = shapely.line_interpolate_point(across, 0.5, normalized=True)
    is_bare = shapely.length(across) > 0
    is_bare[solids.query(half_way, predicate="intersects")[0]] = False
    return np.asarray(is_bare)
