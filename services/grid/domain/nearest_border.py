"""From a point outside all faces to the nearest of them, in metres."""

from math import isfinite

import numpy as np
import shapely
from numpy.typing import NDArray

from services.grid.domain.quantise import Floats
from shared.kernel.ground_length import metres_per_degree


class NearestBorder:
    """The edges that have a face on one side only, and that face.

    `ends` has shape (n, 4): lon1, lat1, lon2, lat2 in degrees; `face` has shape (n,).
    """

    def __init__(self, ends: Floats, face: NDArray[np.int32]) -> None:
        self._ends, self._face = ends, face
        self._tree = shapely.STRtree(shapely.linestrings(ends.reshape(-1, 2, 2)))

    def nearest(self, lon: float, lat: float, tolerance_m: float) -> tuple[int, float] | None:
        """Return the nearest face and its distance in metres, or None beyond the tolerance.

        Lengths are those of the plane that touches the Earth at the point: for the metres this
        is asked for, the error is below a millimetre.
        """
        if not (isfinite(lon) and isfinite(lat) and abs(lat) < 90 and tolerance_m >= 0):
            return None
        east_m, north_m = metres_per_degree(lat)
        reach_x, reach_y = min(tolerance_m / east_m, 360.0), min(tolerance_m / north_m, 360.0)
        box = shapely.box(lon - reach_x, lat - reach_y, lon + reach_x, lat + reach_y)
        near = self._tree.query(box)
        if not near.size:
            return None
        x1, y1, x2, y2 = ((self._ends[near] - [lon, lat] * 2) * ([east_m, north_m] * 2)).T
        run, rise = x2 - x1, y2 - y1
        along = np.clip(-(x1 * run + y1 * rise) / (run * run + rise * rise), 0, 1)
        distance = np.hypot(x1 + along * run, y1 + along * rise)
        first = np.lexsort((self._face[near], distance))[0]
        if distance[first] > tolerance_m:
            return None
        return int(self._face[near[first]]), float(distance[first])
