"""Points in the example district: anywhere in town or country, or around one cell."""

from collections.abc import Iterable

import numpy as np
import shapely

from deploy.demo.district import FIRST_VILLAGE
from deploy.demo.regions import KM_PER_DEGREE
from deploy.demo.sites import Floats
from services.grid.domain.area import Area, Level

Point = tuple[float, float]

UNEVENNESS = 0.7  # of the cells, as the standard deviation of a log-normal distribution


class Places:
    """Draws points (longitude and latitude, WGS-84, 7 digits) inside the district.

    Some cells see more than others; since cells have about as many people, town is where most is.
    """

    def __init__(self, areas: Iterable[Area], rng: np.random.Generator) -> None:
        self._rng = rng
        by_level: dict[Level, list[Area]] = {level: [] for level in Level}
        for area in areas:
            by_level[area.level].append(area)
        (district,) = by_level[Level.DISTRICT]
        self._district = district.outline
        shapely.prepare(self._district)
        cells = by_level[Level.CELL]
        self._cells = {
            True: [cell for cell in cells if _is_in_town(cell)],
            False: [cell for cell in cells if not _is_in_town(cell)],
        }
        self._weights = {
            in_town: shares(rng.lognormal(0, UNEVENNESS, len(several)))
            for in_town, several in self._cells.items()
        }

    def in_setting(self, *, in_town: bool) -> Point:
        """Return a point in a cell of a residents' committee, or else in one of a village."""
        cells = self._cells[in_town]
        cell = cells[self._rng.choice(len(cells), p=self._weights[in_town])]
        west, south, east, north = cell.outline.bounds
        while True:
            lon, lat = self._rng.uniform((west, south), (east, north)).round(7).tolist()
            if shapely.contains_xy(cell.outline, lon, lat):
                return lon, lat

    def centre(self, code: str) -> Point:
        """Return a point in the middle of some cell of an area."""
        cells = [c for both in self._cells.values() for c in both if c.code.startswith(code)]
        outline = cells[self._rng.integers(len(cells))].outline
        point = shapely.point_on_surface(outline)
        return point.x, point.y

    def around(self, centre: Point, radius_km: float) -> Point:
        """Return a point about `radius_km` from another, in the district."""
        per_degree = np.array([np.cos(np.radians(centre[1])), 1]) * KM_PER_DEGREE
        while True:
            shift = self._rng.normal(0, radius_km, 2) / per_degree
            lon, lat = (np.array(centre) + shift).round(7).tolist()
            if shapely.contains_xy(self._district, lon, lat):
                return lon, lat


def _is_in_town(cell: Area) -> bool:
    return int(cell.code[9:12]) < FIRST_VILLAGE


def shares(weights: Floats) -> Floats:
    """Return the weights divided by their sum."""
    parts: Floats = weights / weights.sum()
    return parts
