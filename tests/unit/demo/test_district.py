"""The example district: real divisions, example places, and four levels that nest exactly."""

import re
from collections import Counter

import numpy as np
import pytest
import shapely
from shapely import Point, Polygon

from deploy.demo.district import DIVISIONS, OUTLINE, SEAT, demo_areas
from deploy.demo.names import EXAMPLE_MARK
from services.grid.domain.area import Area, Level
from tests.unit.demo.exactness import (
    directed_edges,
    doubled_area,
    gap_to,
    outer_edges,
    units,
)

CODES = {
    Level.DISTRICT: r"420802",
    Level.STREET: r"420802(?!000)[0-5]\d\d",
    Level.COMMUNITY: r"420802(?!000)[0-5]\d\d(?!000)[0-5]\d\d",
    Level.CELL: r"420802(?!000)[0-5]\d\d(?!000)[0-5]\d\d(?!000)\d{3}",
}


def of_level(areas: list[Area], level: Level) -> list[Area]:
    return [area for area in areas if area.level is level]


def outlines(areas: list[Area]) -> list[Polygon]:
    return [area.outline for area in areas]


class TestOutline:
    def test_is_a_detailed_valid_polygon_of_the_size_of_dongbao(self) -> None:
        west, south, east, north = OUTLINE.bounds

        assert OUTLINE.is_valid
        assert 100 <= len(OUTLINE.exterior.coords) <= 300
        assert west > 111.83
        assert east < 112.37
        assert south > 30.75
        assert north < 31.48
        assert 1500 < OUTLINE.area * 111.2**2 * np.cos(np.radians(31.1)) < 1900
        assert units(OUTLINE)

    def test_has_the_seat_well_inside(self) -> None:
        assert OUTLINE.contains(Point(SEAT))
        assert OUTLINE.exterior.distance(Point(SEAT)) > 0.05


class TestDivisions:
    def test_are_the_ten_of_the_statistical_code_table(self) -> None:
        assert {division.code: division.name for division in DIVISIONS} == {
            "420802001": "龙泉街道",
            "420802002": "泉口街道",
            "420802100": "栗溪镇",
            "420802101": "子陵铺镇",
            "420802102": "漳河镇",
            "420802103": "马河镇",
            "420802104": "石桥驿镇",
            "420802105": "牌楼镇",
            "420802200": "仙居乡",
            "420802400": "东宝工业园区",
        }

    def test_lie_where_they_roughly_are(self, areas: list[Area]) -> None:
        place = {area.name: area.outline.centroid for area in of_level(areas, Level.STREET)}
        lon, lat = SEAT

        assert place["栗溪镇"].x < lon - 0.1
        assert place["栗溪镇"].y > lat + 0.15
        assert place["仙居乡"].y > lat + 0.2
        assert place["石桥驿镇"].x > lon
        assert place["石桥驿镇"].y > lat + 0.1
        assert place["漳河镇"].x < lon
        assert place["漳河镇"].y < lat
        assert place["牌楼镇"].x > lon

    def test_of_the_town_are_small_and_hold_the_seat(self, areas: list[Area]) -> None:
        streets = of_level(areas, Level.STREET)
        town = [street for street in streets if street.name.endswith("街道")]

        assert any(street.outline.contains(Point(SEAT)) for street in town)
        assert max(street.outline.area for street in town) < OUTLINE.area / 30


class TestDemoAreas:
    def test_has_the_expected_number_at_each_level(self, areas: list[Area]) -> None:
        count = Counter(area.level for area in areas)

        assert [area.level for area in areas] == sorted(
            (area.level for area in areas), key=list(Level).index
        )
        assert count[Level.DISTRICT] == 1
        assert count[Level.STREET] == 10
        assert 110 <= count[Level.COMMUNITY] <= 130
        assert count[Level.CELL] == 1200

    @pytest.mark.parametrize("seed", [0, 1, 2])
    def test_writes_codes_that_name_the_area_above(self, seed: int) -> None:
        areas = demo_areas(seed)
        codes = {area.code for area in areas}

        assert len(codes) == len(areas)
        assert all(re.fullmatch(CODES[area.level], area.code) for area in areas)
        assert {a.parent_code for a in areas if a.level is not Level.DISTRICT} <= codes
        assert all(a.code[:-3] == a.parent_code for a in areas if a.parent_code)
        assert "420802001013" in codes

    def test_divides_the_outline_exactly_into_cells(self, cells: list[Area]) -> None:
        edges = outer_edges(outlines(cells))

        assert doubled_area(edges) == doubled_area(directed_edges(OUTLINE))
        assert gap_to(OUTLINE, edges) < 1e-6

    def test_makes_each_area_the_union_of_those_under_it(self, areas: list[Area]) -> None:
        for area in areas:
            inside = [other for other in areas if other.parent_code == area.code]
            if area.level is not Level.CELL:
                assert set(outer_edges(outlines(inside))) == set(directed_edges(area.outline))

    def test_keeps_each_area_in_one_piece(self, areas: list[Area]) -> None:
        assert all(isinstance(area.outline, Polygon) for area in areas)
        assert all(shapely.is_valid(area.outline) for area in areas)

    def test_makes_cells_smaller_in_town(self, cells: list[Area]) -> None:
        town = [c.outline.area for c in cells if c.code[:9] in {"420802001", "420802002"}]
        country = [c.outline.area for c in cells if c.code[6] == "1"]

        assert np.mean(country) > 10 * np.mean(town)
        assert len(town) > 300

    def test_has_villages_in_the_country_and_residents_committees_in_town(
        self, areas: list[Area]
    ) -> None:
        communities = of_level(areas, Level.COMMUNITY)
        for division in DIVISIONS:
            of_division = [c for c in communities if c.parent_code == division.code]
            residential = [c for c in of_division if int(c.code[9:]) < 200]
            is_street = division.code[6] == "0"

            assert residential
            assert (len(residential) > len(of_division) / 2) == is_street or division.code[6] == "4"
            assert all("社区" in c.name for c in residential)
            assert all("村" in c.name for c in of_division if c not in residential)

    def test_marks_every_invented_name_as_an_example(self, areas: list[Area]) -> None:
        below = [a for a in areas if a.level in {Level.COMMUNITY, Level.CELL}]
        unmarked = {a.code: a.name for a in below if not a.name.endswith(EXAMPLE_MARK)}

        assert unmarked == {"420802001013": "塔影社区"}
        assert len({a.name for a in below}) == len(below)

    def test_numbers_cells_from_the_north_west(self, areas: list[Area]) -> None:
        for community in of_level(areas, Level.COMMUNITY):
            cells = [area for area in areas if area.parent_code == community.code]
            last = cells[-1].outline.centroid

            assert [int(cell.code[12:]) for cell in cells] == list(range(1, len(cells) + 1))
            assert cells[0].outline.centroid.y > last.y or len(cells) < 3

    def test_is_the_same_for_the_same_seed_and_another_for_another(self, areas: list[Area]) -> None:
        assert demo_areas() == areas
        assert demo_areas(1)[-1].outline != areas[-1].outline
