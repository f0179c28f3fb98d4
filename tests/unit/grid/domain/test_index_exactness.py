"""The planar index against exact integers, where floats and shortcuts would go wrong."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from services.grid.domain import index_build
from services.grid.domain.index_build import build_index
from services.grid.domain.planar_index import PlanarIndex
from tests.unit.grid.domain.exact_oracle import ExactOracle, in_degrees
from tests.unit.grid.domain.small_tessellations import (
    Face,
    places_of_interest,
    random_faces,
    rectangle_faces,
    triangle_faces,
)

ORIGIN = (1_121_999_993, 310_519_001)

# From squares of one unit to a raster of very few, and from lists for all to pages for all.
GRAINS = [(16, 3), (1, 3), (1, 1), (1, 1000), (4, 2)]


def index_of(
    faces: list[Face], grain: tuple[int, int], origin: tuple[int, int] = ORIGIN
) -> PlanarIndex:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index_build, "SQUARES_PER_EDGE", grain[0])
        patch.setattr(index_build, "FEW_SQUARES", 0)
        patch.setattr(index_build, "LONGEST_LIST", grain[1])
        patch.setattr(index_build, "SQUARES_PER_BLOCK", 100)
        patch.setattr(index_build, "PAGES_PER_BLOCK", 20)
        return build_index(in_degrees(faces, origin))


def assert_exact(
    index: PlanarIndex,
    faces: list[Face],
    places: list[tuple[int, int]],
    origin: tuple[int, int] = ORIGIN,
) -> None:
    oracle = ExactOracle(faces)
    expected = [oracle.face_at(x, y) for x, y in places]
    lon, lat = ((np.array(places) + origin) / 1e7).T
    assert index.faces_at(lon, lat).tolist() == expected
    points = zip(lon.tolist(), lat.tolist(), strict=True)
    assert [index.face_at(*point) for point in points] == expected


def all_places(side: int) -> list[tuple[int, int]]:
    return [(x, y) for x in range(-2, side + 3) for y in range(-2, side + 3)]


class TestPlanarIndex:
    @given(triangle_faces(), st.sampled_from(GRAINS))
    @settings(max_examples=200, deadline=None)
    def test_answers_as_exact_integers_do_everywhere(
        self, faces: list[Face], grain: tuple[int, int]
    ) -> None:
        if any(not face.is_empty for face in faces):
            assert_exact(index_of(faces, grain), faces, all_places(9))

    @given(rectangle_faces(), st.sampled_from(GRAINS))
    @settings(max_examples=150, deadline=None)
    def test_answers_so_for_level_and_upright_edges_that_end_midway(
        self, faces: list[Face], grain: tuple[int, int]
    ) -> None:
        assert_exact(index_of(faces, grain), faces, all_places(12))

    @pytest.mark.parametrize("grain", GRAINS)
    @pytest.mark.parametrize("seed", range(4))
    def test_is_exact_at_vertices_their_rows_and_columns_and_raster_lines(
        self, seed: int, grain: tuple[int, int]
    ) -> None:
        faces = random_faces(seed, points=40, faces=6, width=3000, height=900)
        index = index_of(faces, grain)
        lines = [line - 1 for line in range(0, 3000, 64)] + list(range(0, 3000, 64))
        assert_exact(index, faces, places_of_interest(faces, lines))

    @pytest.mark.parametrize("grain", GRAINS)
    def test_is_exact_among_slivers_thinner_than_a_float_can_tell(
        self, grain: tuple[int, int]
    ) -> None:
        # Edges a fraction of a unit apart over the longest distance: their crossings with a row
        # differ by less than 2**-53 of their size.
        far = 2**31 - 5
        fan = [(far, 7 * step + 1) for step in range(12)]
        faces: list[Face] = [Polygon([(0, 0), one, other]) for one, other in pairwise(fan)]
        rng = np.random.default_rng(3)
        columns = rng.integers(0, far, 300)
        middle = [(int(x), int(x) * 40 // far + rise) for x in columns for rise in (-1, 0, 1)]
        places = [*places_of_interest(faces), *middle]
        assert_exact(index_of(faces, grain, (0, 0)), faces, places, (0, 0))

    @pytest.mark.parametrize("side", [10**6, 10**9, 2**31 - 4])
    @pytest.mark.parametrize("seed", range(3))
    def test_is_exact_up_to_the_largest_extent(self, seed: int, side: int) -> None:
        faces = random_faces(seed, points=30, faces=5, width=side)
        index = index_of(faces, (2, 3), (-(10**9), -900_000_000))
        lines = [(line << 20) - 1 for line in range(1, side >> 20, max(side >> 24, 1))]
        assert_exact(index, faces, places_of_interest(faces, lines), (-(10**9), -900_000_000))

    def test_answers_alike_on_its_shared_borders_from_all_sides(self) -> None:
        west, east, north = box(0, 0, 4, 4), box(4, 0, 8, 4), box(0, 4, 8, 8)
        index = build_index(in_degrees([west, east, north]))
        answers = {place: index.face_at(place[0] / 1e7, place[1] / 1e7) for place in all_places(8)}
        assert answers[(4, 2)] == 1, "an upright border belongs to its east"
        assert answers[(2, 4)] == 2, "a level border belongs to its north"
        assert answers[(4, 4)] == 2, "a corner belongs to what lies just north of its east"
        assert answers[(0, 0)] == 0
        assert answers[(8, 2)] == answers[(2, 8)] == answers[(8, 8)] == -1

    def test_finds_islands_in_lakes_and_parts_that_touch_at_a_corner(self) -> None:
        lake, island = box(10, 10, 50, 50), box(20, 20, 30, 30)
        land = box(0, 0, 60, 60).difference(lake)
        parts = MultiPolygon([island, box(30, 30, 40, 40)])
        faces: list[Face] = [land, parts, Polygon()]
        for grain in GRAINS:
            assert_exact(index_of(faces, grain), faces, all_places(60))


def without_the_west_line(index: PlanarIndex) -> PlanarIndex:
    """Return an index as it was once: an edge counts in all its rows, be it far west of the square."""
    low, high, _, y, run, rise, *_ = (records := index.records.copy()).T
    records[:, 0] = np.where(run != 0, np.minimum(low, y), low)
    records[:, 1] = np.where(run != 0, np.maximum(high, y + rise), high)
    return PlanarIndex(
        origin=index.origin,
        shift=index.shift,
        face_count=index.face_count,
        raster=index.raster,
        pages=index.pages,
        records=records,
        edges=index.edges,
    )


class TestTheTrap:
    """An edge of the square's list that crosses the point's row west of the square.

    Between that place and the square another border may run, which is in no list of the square.
    """

    def test_an_edge_beyond_the_west_line_does_not_count(self) -> None:
        area = box(-64, -64, 64, 64)
        # Its border leaves the square east of 0 through the west line, and climbs on north-west.
        behind = Polygon([(-64, -64), (20, -64), (20, -20), (-40, 40), (-40, 64), (-64, 64)])
        # Its west border runs between the two, outside the square.
        ahead = Polygon([(-5, 20), (30, 25), (64, 25), (64, 64), (-5, 64)])
        faces: list[Face] = [behind, ahead, area.difference(behind).difference(ahead)]
        index = index_of(faces, (2, 1000), (0, 0))
        assert index.shift == 5, "the case needs a raster line at 0"
        lon, lat = 1 / 1e7, 22 / 1e7
        assert ExactOracle(faces).face_at(1, 22) == 1
        assert index.face_at(lon, lat) == 1
        assert without_the_west_line(index).face_at(lon, lat) == 2, "this test can fail"

    def test_the_naive_index_is_wrong_at_places_of_interest_and_this_one_is_not(self) -> None:
        faces = random_faces(27, points=60, faces=8, width=4000)
        index, oracle = index_of(faces, (16, 1000)), ExactOracle(faces)
        places = places_of_interest(faces, [line - 1 for line in range(0, 4000, 64)])
        lon, lat = ((np.array(places) + ORIGIN) / 1e7).T
        expected = np.array([oracle.face_at(x, y) for x, y in places])
        naive = without_the_west_line(index).faces_at(lon, lat)
        assert np.count_nonzero(naive != expected) > 0, "this test can fail"
        assert np.count_nonzero(index.faces_at(lon, lat) != expected) == 0
