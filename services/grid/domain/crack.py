"""Cracks: narrow ground between outlines that the outside reaches, as beside one drawn too small."""

import numpy as np
import shapely

from services.grid.domain.ground_length import metres_per_degree
from services.grid.domain.quantise import PER_DEGREE, Booleans, Floats, Geometries, Integers
from services.grid.domain.runs import is_first

SLENDER = 4.0
"""A crack is at least so many times as long as wide; a notch between two borders is not."""

NARROW = 0.05
"""Of the width of an outline: a crack around it up to this wide is found however large it is ..."""

AROUND = 0.25
"""... if it takes so much of the outline's border, as when the outline has shrunk or moved away."""


def crack_mouths(
    ends: Integers, owner: Integers, outlines: Geometries, thin_m: float
) -> Geometries:
    """Return lines, in units, that close the cracks between outlines towards the outside.

    `ends`, shape (n, 4), are the edges of the outer rim in units, `owner` the number of the
    outline each belongs to; `outlines` are in units too. Found are cracks up to `thin_m` wide, and
    wider ones around an outline if they are narrow for its size.
    """
    middle = (ends[:, 1].min() + ends[:, 3].max()) / 2 / PER_DEGREE
    scale = np.array(metres_per_degree(middle)) / PER_DEGREE
    solids = shapely.transform(outlines, lambda units: units * scale)
    order = np.argsort(owner, kind="stable")
    begins = is_first(owner[order])
    edges = shapely.linestrings(ends[order].reshape(-1, 2, 2) * scale)
    rims = shapely.line_merge(shapely.multilinestrings(edges, indices=np.cumsum(begins) - 1))
    own = solids[owner[order][begins]]
    thin = np.full(len(own), thin_m)
    narrow = NARROW * np.sqrt(shapely.area(own))
    tree = shapely.STRtree(solids)
    found = [
        _mouths(rims, thin, 0 * thin, tree),
        _mouths(rims, np.maximum(thin, narrow), AROUND * shapely.length(own), tree),
    ]
    return shapely.transform(np.concatenate(found), lambda metres: metres / scale)


def _mouths(rims: Geometries, width: Floats, least: Floats, solids: shapely.STRtree) -> Geometries:
    """Return the mouths of cracks beside rims that have at least so much border along cracks."""
    rim, other = shapely.STRtree(rims).query(rims, predicate="dwithin", distance=width)
    rim, other = rim[rim != other], other[rim != other]
    near = shapely.intersection(rims[rim], shapely.buffer(rims[other], width[rim]))
    runs, pair = shapely.get_parts(near, return_index=True)
    rim, other = rim[pair], other[pair]
    length = shapely.length(runs)
    is_crack = length > SLENDER * width[rim]
    is_crack[is_crack] = _is_bare(runs[is_crack], rims[other[is_crack]], solids)
    around = np.bincount(rim, length * is_crack, minlength=len(rims))
    is_crack &= around[rim] >= least[rim]
    runs, beside = runs[is_crack], rims[other[is_crack]]
    mouths = np.concatenate(
        [shapely.shortest_line(shapely.get_point(runs, end), beside) for end in (0, -1)]
    )
    return np.asarray(mouths[shapely.length(mouths) > 0])


def _is_bare(runs: Geometries, beside: Geometries, solids: shapely.STRtree) -> Booleans:
    """Tell whether the ground half-way from the middle of each run to the border beside is bare."""
    middles = shapely.line_interpolate_point(runs, 0.5, normalized=True)
    across = shapely.shortest_line(middles, beside)
    half_way = shapely.line_interpolate_point(across, 0.5, normalized=True)
    is_bare = shapely.length(across) > 0
    is_bare[solids.query(half_way, predicate="intersects")[0]] = False
    return np.asarray(is_bare)
