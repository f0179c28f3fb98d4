"""Connected regions grown over a tessellation: which cells together make a community or a town."""

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Polygon

from deploy.demo.sites import Floats
from deploy.demo.tessellation import UNITS_PER_DEGREE

KM_PER_DEGREE = 111.2

Cells = npt.NDArray[np.int64]


class CellGraph:
    """Cells as nodes, joined where they have a border in common.

    `centres` are in kilometres, shape (n, 2); `widths` are the square roots of the cells' areas.
    """

    def __init__(self, cells: Sequence[Polygon]) -> None:
        south = min(cell.bounds[1] for cell in cells)
        self._stretch = np.array([np.cos(np.radians(south)), 1]) * KM_PER_DEGREE
        plane = shapely.transform(np.array(cells), lambda xy: xy * self._stretch)
        self.centres = shapely.get_coordinates(shapely.centroid(plane))
        self.widths = np.sqrt(shapely.area(plane))
        self._neighbours = _neighbours(cells)

    def distance(self, one: int, other: int) -> float:
        """Return the distance of two cells' centres in kilometres."""
        return float(np.hypot(*(self.centres[one] - self.centres[other])))

    def place(self, lon: float, lat: float) -> Floats:
        """Return a place (WGS-84) in the plane of the centres, in kilometres."""
        return np.array([lon, lat]) * self._stretch

    def grow(
        self,
        seeds: Mapping[int, int],
        among: Iterable[int],
        cost: Callable[[int, int, int], float],
    ) -> dict[int, int]:
        """Return for each cell among those given the seed from which it is reached at least cost.

        `seeds` gives a label to some cells; `cost` is what a step takes, from its label and two
        neighbours. Each region is connected, since a cell is reached through its own region.
        """
        free = set(among)
        reached: dict[int, int] = {}
        queue = [(0.0, cell, label) for label, cell in seeds.items()]
        heapq.heapify(queue)
        while queue:
            spent, cell, label = heapq.heappop(queue)
            if cell in reached:
                continue
            reached[cell] = label
            for other in self._neighbours[cell]:
                if other in free:
                    heapq.heappush(queue, (spent + cost(label, cell, other), other, label))
        return reached

    def split(self, among: Cells, count: int) -> list[Cells]:
        """Divide connected cells into `count` connected regions of about as many cells each."""

        def steps(_label: int, one: int, other: int) -> float:
            return 2 * self.distance(one, other) / float(self.widths[one] + self.widths[other])

        seeds = self._far_apart(among, count)
        parts: list[Cells] = []
        for _ in range(6):
            reached = self.grow(dict(enumerate(seeds)), among.tolist(), steps)
            labels = np.array([reached[cell] for cell in among.tolist()])
            parts = [among[labels == label] for label in range(count)]
            seeds = [self._middle(part) for part in parts]
        return parts

    def _middle(self, among: Cells) -> int:
        away = self.centres[among] - self.centres[among].mean(axis=0)
        return int(among[np.argmin(np.hypot(*away.T))])

    def _far_apart(self, among: Cells, count: int) -> list[int]:
        """Choose one cell after another, each as many cell widths as possible from those chosen."""
        seeds = [self._middle(among)]
        gap = np.full(len(among), np.inf)
        while len(seeds) < count:
            away = np.hypot(*(self.centres[among] - self.centres[seeds[-1]]).T)
            gap = np.minimum(gap, away / np.sqrt(self.widths[among] * self.widths[seeds[-1]]))
            seeds.append(int(among[np.argmax(gap)]))
        return seeds


def reading_order(places: Floats) -> Cells:
    """Return the order of places in the plane by rows from north to south, each from west to east."""
    count = len(places)
    rank = np.empty(count, dtype=np.int64)
    rank[np.argsort(-places[:, 1], kind="stable")] = np.arange(count)
    rows = max(1, round(count**0.5))
    return np.lexsort((places[:, 0], rank * rows // count))


def _neighbours(cells: Sequence[Polygon]) -> list[list[int]]:
    """Pair up the edges that two cells have in common."""
    points, of = shapely.get_coordinates(np.array(cells), return_index=True)
    places = map(tuple, np.rint(points * UNITS_PER_DEGREE).astype(np.int64).tolist())
    owner: dict[tuple[tuple[int, ...], ...], int] = {}
    neighbours: list[set[int]] = [set() for _ in cells]
    for (start, cell), (end, next_cell) in pairwise(zip(places, of.tolist(), strict=True)):
        if cell != next_cell:
            continue
        other = owner.pop((end, start), None)
        if other is None:
            owner[start, end] = cell
        else:
            neighbours[cell].add(other)
            neighbours[other].add(cell)
    return [sorted(several) for several in neighbours]
