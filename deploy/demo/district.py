"""The example district: four levels of areas that nest exactly, on an outline of the project's own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from deploy.demo.divisions import (
    DISTRICT_CODE,
    DISTRICT_NAME,
    DIVISIONS,
    KNOWN_COMMUNITIES,
    Division,
)
from deploy.demo.names import EXAMPLE_MARK, residential_name, village_name
from deploy.demo.outline import OUTLINE, SEAT
from deploy.demo.regions import KM_PER_DEGREE, CellGraph, Cells, reading_order
from deploy.demo.sites import Floats
from deploy.demo.tessellation import tessellate
from services.grid.domain.area import Area, Level

__all__ = ["DIVISIONS", "OUTLINE", "SEAT", "Division", "demo_areas", "demo_density"]

CELLS = 1200
CELLS_PER_COMMUNITY = 10
FIRST_VILLAGE = (
    201  # the last three digits are 200–399 for villages, 001–199 for residents' committees
)


@dataclass(frozen=True, slots=True)
class _Community:
    code: str
    name: str
    cells: Cells


def demo_areas(seed: int = 0) -> list[Area]:
    """Return the district, its 10 divisions, some 120 communities and 1,200 cells, in this order.

    Codes have 6, 9, 12 and 15 digits. The outline of an area is exactly the union of the areas
    under it and keeps all their vertices.
    """
    outlines = tessellate(OUTLINE, CELLS, seed=seed, density=demo_density)
    graph = CellGraph(outlines)
    communities = list(_communities(graph))
    levels: list[list[Area]] = [[], [], [], []]
    levels[0].append(_area(Level.DISTRICT, DISTRICT_CODE, DISTRICT_NAME, outlines))
    for division in DIVISIONS:
        inside = [outlines[i] for c in communities if c.code[:9] == division.code for i in c.cells]
        levels[1].append(_area(Level.STREET, division.code, division.name, inside))
    for community in communities:
        inside = [outlines[cell] for cell in community.cells]
        mark = "" if community.code in KNOWN_COMMUNITIES else EXAMPLE_MARK
        levels[2].append(_area(Level.COMMUNITY, community.code, community.name + mark, inside))
        for number, outline in enumerate(inside, start=1):
            name = f"{community.name}第{number}网格{EXAMPLE_MARK}"
            levels[3].append(_area(Level.CELL, f"{community.code}{number:03}", name, [outline]))
    return [area for level in levels for area in level]


def demo_density(lon: Floats, lat: Floats) -> Floats:
    """Return how many cells an area has in relation to open country: many in town, some in a market town."""
    density = 1 + 45 * np.exp(-((_km_from(SEAT, lon, lat) / 3) ** 2))
    for division in DIVISIONS:
        density += 5 * np.exp(-((_km_from(division.seat, lon, lat) / 1.2) ** 2))
    return density


def _km_from(place: tuple[float, float], lon: Floats, lat: Floats) -> Floats:
    stretch = np.cos(np.radians(place[1]))
    km: Floats = np.hypot((lon - place[0]) * stretch, lat - place[1]) * KM_PER_DEGREE
    return km


def _area(level: Level, code: str, name: str, parts: Sequence[Polygon]) -> Area:
    outline: Polygon | MultiPolygon = shapely.coverage_union_all(parts)
    parent = None if level is Level.DISTRICT else code[:-3]
    return Area(
        level=level,
        code=code,
        name=name,
        parent_code=parent,
        outline=shapely.orient_polygons(outline),
    )


def _communities(graph: CellGraph) -> Iterator[_Community]:
    """Divide the divisions into communities, and number those and their cells."""
    residential, villages = map(residential_name, count()), map(village_name, count())
    for division, members in _members(graph):
        parts = graph.split(members, max(2, round(len(members) / CELLS_PER_COMMUNITY)))
        urban, rural = _urban_and_rural(graph, division, parts)
        for number, part in enumerate(urban, start=1):
            code = f"{division.code}{number:03}"
            name = KNOWN_COMMUNITIES.get(code) or next(residential)
            yield _Community(code, name, part)
        for number, part in enumerate(rural, start=FIRST_VILLAGE):
            yield _Community(f"{division.code}{number:03}", next(villages), part)


def _members(graph: CellGraph) -> Iterator[tuple[Division, Cells]]:
    """Grow the divisions from their seats, each as fast as it spreads."""

    def cost(label: int, one: int, other: int) -> float:
        return graph.distance(one, other) / DIVISIONS[label].spread

    everything = np.arange(len(graph.widths))
    seats = {
        label: int(np.argmin(_distances(graph, division, graph.centres)))
        for label, division in enumerate(DIVISIONS)
    }
    reached = graph.grow(seats, everything.tolist(), cost)
    labels = np.array([reached[cell] for cell in everything.tolist()])
    for label, division in enumerate(DIVISIONS):
        yield division, everything[labels == label]


def _urban_and_rural(
    graph: CellGraph, division: Division, parts: list[Cells]
) -> tuple[list[Cells], list[Cells]]:
    """Make the parts nearest to the seat residents' committees; put parts and cells in reading order."""
    middles = np.array([graph.centres[part].mean(axis=0) for part in parts])
    by_distance = np.argsort(_distances(graph, division, middles), kind="stable")
    urban = by_distance[: max(1, round(division.urban_share * len(parts)))]
    in_order = [
        (index in urban, parts[index][reading_order(graph.centres[parts[index]])])
        for index in reading_order(middles)
    ]
    return [part for is_urban, part in in_order if is_urban], [
        part for is_urban, part in in_order if not is_urban
    ]


def _distances(graph: CellGraph, division: Division, places: Floats) -> Floats:
    km: Floats = np.hypot(*(places - graph.place(*division.seat)).T)
    return km
