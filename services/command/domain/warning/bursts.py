"""Bursts: many incidents near each other in space and time."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from services.command.domain.warning.arrays import Booleans, Floats, Integers

NO_BURST = -1
# So that rounding in the search leaves nothing out.
_SLACK = 1 + 1e-9
# Of all cylinders in a ball the one of this height, by its radius, fills most of it.
_HEIGHT = 0.5**0.5


def near_pairs(
    x_m: Floats, y_m: Floats, at_s: Floats, *, radius_m: float, within_s: float
) -> Integers:
    """Return all pairs not farther apart than a radius and a time, each once, shape (n, 2).

    Args:
        x_m: metres east, shape (incidents,).
        y_m: metres north.
        at_s: seconds.
        radius_m: metres on the ground.
        within_s: seconds; infinite leaves time aside.
    """
    if np.isinf(within_s):
        return _within(radius_m, x_m, y_m)
    # Time as a third length, for in a year most incidents that are near lie months apart. A ball
    # holds all that is within the radius and the time; what else it holds is left out afterwards.
    high_m = radius_m * _HEIGHT
    high = (at_s - at_s.min(initial=np.inf)) * (high_m / within_s)
    one, other = pairs = _within(np.hypot(radius_m, high_m) * _SLACK, x_m, y_m, high).T
    far_m = (x_m[one] - x_m[other]) ** 2 + (y_m[one] - y_m[other]) ** 2
    near = (far_m <= radius_m**2) & (np.abs(at_s[one] - at_s[other]) <= within_s)
    return np.ascontiguousarray(pairs[:, near].T)


def _within(reach_m: float, *lengths_m: Floats) -> Integers:
    # Built in half the time of a balanced tree, and asked once.
    tree = cKDTree(np.column_stack(lengths_m), balanced_tree=False, compact_nodes=False)
    return np.asarray(tree.query_pairs(reach_m, output_type="ndarray"), dtype=np.int64)


def bursts(pairs: Integers, incidents: int, *, least: int) -> Integers:
    """Return the burst of each incident, numbered from 0 by their first, or NO_BURST.

    DBSCAN on given neighbours: Ester, Kriegel, Sander and Xu, A Density-Based Algorithm for
    Discovering Clusters, KDD-96; with space and time apart as in Birant and Kut, ST-DBSCAN, Data and
    Knowledge Engineering 60 (2007). An incident with `least` neighbours, itself counted, is of the
    core; what is near to cores of several bursts belongs to the first.

    Args:
        pairs: what `near_pairs` returns.
        incidents: how many incidents there are.
        least: how many make a burst.
    """
    one, other = pairs.T
    degree = np.bincount(pairs.ravel(), minlength=incidents) + 1
    is_core = degree >= least
    found = np.full(incidents, NO_BURST, dtype=np.int64)
    cores = np.flatnonzero(is_core)
    if not cores.size:
        return found
    found[cores] = _joined(pairs[is_core[one] & is_core[other]], is_core)[cores]
    _take_in(found, is_core, one, other)
    _take_in(found, is_core, other, one)
    return found


def _joined(pairs: Integers, is_core: Booleans) -> Integers:
    """Return which cores hang together, numbered in the order of the first of each."""
    incidents = len(is_core)
    one, other = pairs.T
    joined = coo_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(incidents,) * 2)
    _, part = connected_components(joined, directed=False)
    first = np.full(incidents, incidents)
    np.minimum.at(first, part[is_core], np.flatnonzero(is_core))
    number = np.empty(incidents, dtype=np.int64)
    number[np.argsort(first, kind="stable")] = np.arange(incidents)
    return np.asarray(number[part])


def _take_in(found: Integers, is_core: Booleans, core: Integers, edge: Integers) -> None:
    """Give incidents at the edge of cores the first of these cores' bursts."""
    touching = is_core[core] & ~is_core[edge]
    burst = found[core[touching]]
    edge = edge[touching]
    lone = np.where(found[edge] == NO_BURST, burst, np.minimum(found[edge], burst))
    order = np.argsort(-lone, kind="stable")  # the least is written last
    found[edge[order]] = lone[order]


def past_near(
    x_m: Floats, y_m: Floats, past_x_m: Floats, past_y_m: Floats, *, radius_m: float
) -> Integers:
    """Return how many incidents of the past lie within a radius of each incident.

    Args:
        x_m: metres east of the incidents asked about.
        y_m: metres north of these.
        past_x_m: metres east of those of the past.
        past_y_m: metres north of these.
        radius_m: metres on the ground.
    """
    tree = cKDTree(np.column_stack([past_x_m, past_y_m]))
    asked = np.column_stack([x_m, y_m])
    return np.asarray(tree.query_ball_point(asked, radius_m, return_length=True), dtype=np.int64)
