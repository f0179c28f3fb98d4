"""The outline of a tessellation: where the borders of its cells end on it."""

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Polygon

from deploy.demo.sites import Floats

FEWEST_STOPS = 5  # how many times farther apart than asked for stops may be


class Rim:
    """The edges of an outline, each with evenly spaced stops, at which borders may end.

    Stops keep the ends of borders about `spacing` apart, so that no cell meets the outline in a
    sliver. Coordinates are whole numbers throughout.
    """

    def __init__(self, outline: Polygon, spacing: float) -> None:
        corners, ring = shapely.get_coordinates(
            shapely.get_rings(outline), return_index=True, include_z=False
        )
        is_edge = (ring[1:] == ring[:-1]) & np.any(corners[1:] != corners[:-1], axis=1)
        self._start = corners[:-1][is_edge]
        self._along = corners[1:][is_edge] - self._start
        self._edges = shapely.STRtree(
            shapely.linestrings(np.stack([self._start, self._start + self._along], axis=1))
        )
        self._reach = spacing / 2
        self._grid_steps = np.gcd(*np.abs(self._along).astype(np.int64).T)
        wanted = np.maximum(np.hypot(*self._along.T) // spacing, 1).astype(np.int64)
        # Rather somewhat fewer stops than such as lie beside the edge.
        enough = wanted <= FEWEST_STOPS * self._grid_steps
        self._last_stop = np.where(enough, np.minimum(wanted, self._grid_steps), wanted)
        edges = np.arange(len(self._start))
        self._used = [(edges, 0 * edges), (edges, self._last_stop)]

    def land(self, points: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Move points near the outline to its next stop, others to whole numbers; tell which."""
        near, edge = self._edges.query_nearest(
            shapely.points(points), max_distance=self._reach, all_matches=False
        )
        along = self._along[edge]
        covered = np.sum((points[near] - self._start[edge]) * along, axis=1)
        share = np.clip(covered / np.sum(along**2, axis=1), 0, 1)
        stop = np.rint(share * self._last_stop[edge]).astype(np.int64)
        self._used.append((edge, stop))
        landed, on_rim = np.rint(points), np.zeros(len(points), dtype=bool)
        landed[near], on_rim[near] = self._place(edge, stop), True
        return landed, on_rim

    def lines(self) -> npt.NDArray[np.object_]:
        """Return the outline as straight lines between its corners and the stops in use."""
        edge, stop = np.unique(
            np.concatenate([np.stack(use) for use in self._used], axis=1), axis=1
        )
        places = self._place(edge, stop)
        joined = (edge[1:] == edge[:-1]) & np.any(places[1:] != places[:-1], axis=1)
        lines: npt.NDArray[np.object_] = shapely.linestrings(
            np.stack([places[:-1][joined], places[1:][joined]], axis=1)
        )
        return lines

    def holds(self, points: Floats) -> npt.NDArray[np.bool_]:
        """Tell which points lie on the outline, within rounding."""
        on_rim = np.zeros(len(points), dtype=bool)
        near, _ = self._edges.query(shapely.points(points), predicate="dwithin", distance=1.0)
        on_rim[near] = True
        return on_rim

    def _place(self, edge: npt.NDArray[np.int64], stop: npt.NDArray[np.int64]) -> Floats:
        last, steps = self._last_stop[edge], self._grid_steps[edge]
        # An edge with enough grid points of its own is met exactly; another, as near as rounding can.
        share = np.where(steps >= last, np.rint(stop * steps / last) / steps, stop / last)
        places: Floats = np.rint(self._start[edge] + share[:, np.newaxis] * self._along[edge])
        return places
