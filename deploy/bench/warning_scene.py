"""The year of incidents over the example district that the benchmark of early warning looks at."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from deploy.bench.locate_points import cells_of, points
from services.command.domain.warning.adjacency import neighbourhoods
from services.command.domain.warning.ground import on_plane
from services.grid.domain.index_build import build_index
from services.grid.domain.planar_index import PlanarIndex
from services.grid.domain.side_by_side import borders_of

CELLS, DAYS, INCIDENTS = 12_000, 365, 100_000
DAY_S = 86_400.0
BURST_PLACES, BURST_OF = 20, 12

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Incidents with place (metres), time (seconds) and cell; and what lies beside what."""

    x_m: Floats
    y_m: Floats
    at_s: Floats
    cell: Integers
    index: PlanarIndex

    def daily(self) -> NDArray[np.int32]:
        """Return how many incidents there are a cell and day, shape (cells, days)."""
        day = (self.at_s / DAY_S).astype(np.int64)
        counted = np.bincount(self.cell * DAYS + day, minlength=CELLS * DAYS)
        return counted.astype(np.int32).reshape(CELLS, DAYS)

    def near(self) -> csr_array:
        return neighbourhoods(CELLS, borders_of(self.index.edges).astype(np.int64))


def scene(seed: int = 5) -> Scene:
    """Return a year of 100,000 incidents inside the district, 20 bursts among them."""
    generator = np.random.default_rng(seed)
    index = build_index(cells_of(CELLS))
    lon, lat = points(INCIDENTS * 5 // 4, seed)
    cell = index.faces_at(lon, lat)
    lon, lat = lon[cell >= 0][:INCIDENTS], lat[cell >= 0][:INCIDENTS]
    at_s = generator.uniform(0, DAYS * DAY_S, len(lon))
    for number in range(BURST_PLACES):
        burst = slice(number * BURST_OF, (number + 1) * BURST_OF)
        lon[burst], lat[burst] = lon[burst.start], lat[burst.start]
        at_s[burst] = at_s[burst.start] * 0.99 + generator.uniform(0, 2 * DAY_S, BURST_OF)
    x_m, y_m = on_plane(lon, lat)
    where = index.faces_at(lon, lat).astype(np.int64)
    return Scene(x_m=x_m, y_m=y_m, at_s=at_s, cell=where, index=index)
