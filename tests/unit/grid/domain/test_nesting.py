"""Which area lies in which, and what is made when a level is missing."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from shapely import Polygon, box

from services.grid.domain.area import LEVELS, Level
from services.grid.domain.draft_area import DraftArea
from services.grid.domain.nesting import NestingOptions, by_containment, nest
from services.grid.domain.tier import UNKNOWN, Tier
from shared.kernel.grid_code import CodeScheme

CN = NestingOptions(scheme=CodeScheme.CN)
FREE = NestingOptions(scheme=CodeScheme.FREE)
STEP = 0.01


def strip(west: float, east: float) -> Polygon:
    return box(112 + west * STEP, 31.0, 112 + east * STEP, 31.0 + STEP)


def an_area(
    level: Level, code: str, west: float, east: float, parent: str | None = None
) -> DraftArea:
    return DraftArea(
        level=level,
        code=code,
        name=f"the {code}",
        stated_parent=parent,
        outline=strip(west, east),
        file="cells.geojson",
        feature=int(west) + 1,
    )


def cells(
    codes: Sequence[str], parents: Sequence[str | None] | None = None, level: Level = Level.CELL
) -> list[DraftArea]:
    stated = parents or [None] * len(codes)
    return [
        an_area(level, code, west, west + 1, parent)
        for west, (code, parent) in enumerate(zip(codes, stated, strict=True))
    ]


def tree(tiers: dict[Level, Tier]) -> list[list[tuple[str, str | None]]]:
    """Return (code, code of the parent) of every level below the district."""
    return [
        [
            (area.code, None if at == UNKNOWN else tiers[upper].areas[at].code)
            for area, at in zip(tiers[lower].areas, tiers[lower].parents, strict=True)
        ]
        for upper, lower in pairwise(LEVELS)
    ]


class TestNestByPrefix:
    def test_makes_the_levels_above_from_the_cells(self) -> None:
        codes = ["420802001013001", "420802001013002", "420802002001001"]

        tiers, findings = nest({Level.CELL: cells(codes)}, CN)

        assert [area.code for area in tiers[Level.DISTRICT].areas] == ["420802"]
        assert tree(tiers) == [
            [("420802001", "420802"), ("420802002", "420802")],
            [("420802001013", "420802001"), ("420802002001", "420802002")],
            [(code, code[:12]) for code in codes],
        ]
        assert all(area.outline is None for area in tiers[Level.STREET].areas)
        assert not findings

    def test_reports_a_cell_whose_community_is_in_no_file(self) -> None:
        given = {
            Level.COMMUNITY: cells(["420802001013"], level=Level.COMMUNITY),
            Level.CELL: cells(["420802001013001", "420802001014001"]),
        }

        tiers, [finding] = nest(given, CN)

        assert tiers[Level.CELL].parents.tolist() == [0, UNKNOWN]
        assert finding.kind == "parent_missing"
        assert "cells.geojson, feature 2 (420802001014001)" in finding.en
        assert "420802001014 is in no file" in finding.en

    def test_makes_cells_of_communities_when_there_are_none(self) -> None:
        given = {Level.COMMUNITY: cells(["420802001013"], level=Level.COMMUNITY)}

        tiers, _ = nest(given, CN)

        [cell] = tiers[Level.CELL].areas
        assert cell.code == "420802001013001"
        assert cell.outline == strip(0, 1)


class TestNestByStatedParent:
    def test_follows_the_file(self) -> None:
        given = {
            Level.COMMUNITY: cells(["x", "y"], level=Level.COMMUNITY),
            # The second lies in y's place, and still the file's word counts.
            Level.CELL: cells(["1", "2"], ["x", "x"]),
        }

        tiers, findings = nest(given, FREE)

        assert tree(tiers)[2] == [("1", "x"), ("2", "x")]
        assert not findings

    def test_reports_a_parent_that_is_in_no_file(self) -> None:
        given = {
            Level.COMMUNITY: cells(["x", "y"], level=Level.COMMUNITY),
            Level.CELL: cells(["1", "2", "3"], ["x", "z", None]),
        }

        _, findings = nest(given, FREE)

        assert [(finding.feature, finding.codes) for finding in findings] == [
            (2, ("2",)),
            (3, ("3",)),
        ]
        assert "its community z is in no file" in findings[0].en
        assert "parent field is empty" in findings[1].en

    def test_takes_the_parent_that_all_state_for_the_district(self) -> None:
        given = {
            Level.STREET: [an_area(Level.STREET, "s", 0, 2)],
            Level.COMMUNITY: cells(["x", "y"], level=Level.COMMUNITY),
            Level.CELL: cells(["1", "2"], ["E08", "E08"]),
        }

        tiers, findings = nest(given, FREE)

        assert [area.code for area in tiers[Level.DISTRICT].areas] == ["E08"]
        assert tree(tiers)[2] == [("1", "x"), ("2", "y")]
        assert not findings

    def test_makes_the_missing_level_that_the_cells_name(self) -> None:
        given = {
            Level.STREET: cells(["s", "t"], level=Level.STREET),
            Level.CELL: [
                an_area(Level.CELL, "1", 0, 0.5, "x"),
                an_area(Level.CELL, "2", 0.5, 1, "x"),
                an_area(Level.CELL, "3", 1, 2, "y"),
            ],
        }

        tiers, findings = nest(given, FREE)

        assert tree(tiers)[1:] == [
            [("x", "s"), ("y", "t")],
            [("1", "x"), ("2", "x"), ("3", "y")],
        ]
        assert not findings

    def test_takes_the_word_of_cells_that_name_the_level_above_the_missing_one(self) -> None:
        given = {
            Level.STREET: cells(["s", "t"], level=Level.STREET),
            # The second lies in t's place, and still the file's word counts.
            Level.CELL: cells(["1", "2"], ["s", "s"]),
        }

        tiers, _ = nest(given, FREE)

        assert tree(tiers)[1:] == [
            [("s-community", "s")],
            [("1", "s-community"), ("2", "s-community")],
        ]

    def test_hangs_a_made_up_area_where_most_of_its_cells_lie(self) -> None:
        given = {
            Level.STREET: [an_area(Level.STREET, "s", 0, 1), an_area(Level.STREET, "t", 1, 4)],
            Level.CELL: [*cells(["1", "2", "3"], ["x"] * 3), an_area(Level.CELL, "4", 3, 4, "y")],
        }

        tiers, _ = nest(given, FREE)

        assert tree(tiers)[1] == [("x", "t"), ("y", "t")]


class TestNestByContainment:
    def test_takes_the_largest_common_ground(self) -> None:
        around = cells(["x", "y"], level=Level.COMMUNITY)
        inner = [an_area(Level.CELL, "1", 0.2, 1.1), an_area(Level.CELL, "2", 0.9, 1.8)]

        assert by_containment(inner, around).tolist() == [0, 1]

    def test_does_not_count_a_common_border(self) -> None:
        around = cells(["x"], level=Level.COMMUNITY)

        assert by_containment([an_area(Level.CELL, "1", 1, 2)], around).tolist() == [UNKNOWN]

    def test_reports_an_area_that_lies_in_none(self) -> None:
        given = {
            Level.COMMUNITY: cells(["x"], level=Level.COMMUNITY),
            Level.CELL: [an_area(Level.CELL, "1", 0, 1), an_area(Level.CELL, "2", 5, 6)],
        }

        _, [finding] = nest(given, FREE)

        assert "feature 6 (2): it lies in no community" in finding.en
        assert finding.lon == pytest.approx(112.055)
        assert "不在任何社区" in finding.zh


class TestNestWithMissingLevels:
    def test_makes_one_area_of_each_level_over_cells_alone(self) -> None:
        options = NestingOptions(
            scheme=CodeScheme.FREE, district_code="LA", district_name="Los Angeles"
        )

        tiers, _ = nest({Level.CELL: cells(["1", "2"])}, options)

        assert tree(tiers) == [
            [("LA-street", "LA")],
            [("LA-community", "LA-street")],
            [("1", "LA-community"), ("2", "LA-community")],
        ]
        assert {area.name for area in tiers[Level.COMMUNITY].areas} == {"Los Angeles"}

    def test_makes_one_middle_area_for_each_parent(self) -> None:
        given = {
            Level.STREET: cells(["s", "t"], level=Level.STREET),
            Level.CELL: cells(["1", "2"]),
        }

        tiers, _ = nest(given, FREE)

        assert tree(tiers)[1:] == [
            [("s-community", "s"), ("t-community", "t")],
            [("1", "s-community"), ("2", "t-community")],
        ]

    def test_makes_one_cell_for_each_lowest_area(self) -> None:
        tiers, _ = nest({Level.STREET: cells(["s", "t"], level=Level.STREET)}, FREE)

        assert [area.code for area in tiers[Level.CELL].areas] == [
            "s-community-cell",
            "t-community-cell",
        ]
        assert [area.outline for area in tiers[Level.CELL].areas] == [strip(0, 1), strip(1, 2)]

    def test_calls_a_nameless_district_district(self) -> None:
        tiers, _ = nest({Level.CELL: cells(["1", "2"])}, FREE)

        assert [area.code for area in tiers[Level.DISTRICT].areas] == ["district"]
