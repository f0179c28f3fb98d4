"""Compiling a partition: who gets overlaps and gaps, what is said, and that the result is exact."""

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from services.grid.domain.boundary_unusable import BoundaryUnusable
from services.grid.domain.edge_audit import audit_edges
from services.grid.domain.ground_area import areas_m2
from services.grid.domain.index_build import build_index
from services.grid.domain.partition import Partition, compile_partition
from tests.unit.grid.domain.small_tessellations import Face

METRE_EAST, METRE_NORTH = 1 / 95_455, 1 / 110_872  # degrees at 31.05° N


def field(west: float, south: float, east: float, north: float) -> Polygon:
    """Return a rectangle given in metres from a place in the district."""
    lon, lat = 112.2, 31.05
    return box(
        lon + west * METRE_EAST,
        lat + south * METRE_NORTH,
        lon + east * METRE_EAST,
        lat + north * METRE_NORTH,
    )


def area(face: Face) -> float:
    return float(areas_m2([face])[0])


def assert_compiled(partition: Partition) -> None:
    """Check what holds for every partition: on the grid, without overlap, indexable."""
    whole = [face for face in partition.faces if not face.is_empty]
    units = shapely.get_coordinates(whole) * 1e7
    assert np.abs(units - np.rint(units)).max() < 1e-6
    found = audit_edges(whole)
    assert (found.overlaps, found.invalid) == ([], [])
    assert partition.vanished == [i for i, face in enumerate(partition.faces) if face.is_empty]
    build_index(partition.faces)


class TestCompilePartition:
    def test_leaves_a_partition_as_it_is(self) -> None:
        cells = [field(0, 0, 50, 50), field(50, 0, 100, 50), field(0, 50, 100, 100)]
        partition = compile_partition(cells)
        assert (partition.overlaps, partition.gaps, partition.vanished) == ([], [], [])
        assert [area(face) for face in partition.faces] == pytest.approx(
            [area(cell) for cell in cells], rel=1e-3
        )
        assert_compiled(partition)

    def test_gives_an_overlap_to_the_smaller_and_says_so(self) -> None:
        large, small = field(0, 0, 100, 100), field(90, 40, 130, 60)
        partition = compile_partition([large, small])
        (overlap,) = partition.overlaps
        assert (overlap.first, overlap.second, overlap.winner) == (0, 1, 1)
        assert overlap.area_m2 == pytest.approx(200, rel=1e-3)
        assert large.intersection(small).contains(shapely.Point(overlap.lon, overlap.lat))
        assert area(partition.faces[1]) == pytest.approx(800, rel=1e-3)
        assert area(partition.faces[0]) == pytest.approx(9800, rel=1e-3)
        assert_compiled(partition)

    def test_gives_ground_of_three_to_the_smallest_and_names_each_pair(self) -> None:
        cells = [field(0, 0, 100, 100), field(0, 0, 50, 100), field(0, 0, 50, 50)]
        partition = compile_partition(cells)
        assert [area(face) for face in partition.faces] == pytest.approx(
            [5000, 2500, 2500], rel=1e-3
        )
        pairs = [(found.first, found.second, found.winner) for found in partition.overlaps]
        assert pairs[0] == (0, 1, 1), "the largest first"
        assert sorted(pairs) == [(0, 1, 1), (0, 2, 2), (1, 2, 2)]
        assert_compiled(partition)

    def test_reports_an_outline_that_smaller_ones_cover(self) -> None:
        cells = [field(0, 0, 100, 100), field(0, 0, 50, 100), field(50, 0, 100, 100)]
        partition = compile_partition(cells)
        assert partition.vanished == [0]
        assert partition.faces[0].is_empty
        assert_compiled(partition)

    def test_keeps_the_first_of_two_alike(self) -> None:
        partition = compile_partition([field(0, 0, 50, 50), field(0, 0, 50, 50)])
        assert partition.vanished == [1]
        assert partition.overlaps[0].winner == 0

    @pytest.mark.parametrize(("width", "is_filled"), [(1.9, True), (2.1, False)])
    def test_fills_a_gap_thinner_than_two_metres(self, width: float, is_filled: bool) -> None:
        # A gap 80 m long between two cells; a third closes one end, a fourth the other.
        cells = [
            field(0, 0, 50, 80),
            field(50 + width, 0, 100, 80),
            field(0, 80, 100, 100),
            field(0, -20, 100, 0),
        ]
        partition = compile_partition(cells)
        (gap,) = partition.gaps
        assert gap.width_m == pytest.approx(width, rel=0.02)
        assert gap.area_m2 == pytest.approx(80 * width, rel=0.02)
        assert set(gap.neighbours) == {0, 1, 2, 3}
        assert set(gap.neighbours[:2]) == {0, 1}
        assert (gap.filled_by is not None) == is_filled
        if is_filled:
            assert gap.filled_by == gap.neighbours[0]
        assert audit_edges(partition.faces).is_partition == is_filled
        assert_compiled(partition)

    def test_gives_a_thin_gap_to_the_longest_common_border(self) -> None:
        # On the west one neighbour along 80 m; on the east two along 30 m and 50 m.
        cells = [
            field(0, 0, 50, 80),
            field(51, 0, 100, 30),
            field(51, 30, 100, 80),
            field(0, 80, 100, 100),
            field(0, -20, 100, 0),
        ]
        partition = compile_partition(cells)
        (gap,) = partition.gaps
        assert gap.neighbours[:3] == (0, 2, 1)
        assert gap.filled_by == 0
        assert area(partition.faces[0]) == pytest.approx(81 * 50 - 50 + 80, rel=0.02)

    def test_leaves_a_long_gap_open_that_is_wide_in_one_place(self) -> None:
        outer, wide, thin = field(0, 0, 200, 60), field(20, 20, 30, 30), field(30, 25, 190, 25.3)
        ring = outer.difference(wide.union(thin))
        partition = compile_partition([ring])
        (gap,) = partition.gaps
        assert gap.filled_by is None
        assert gap.width_m == pytest.approx(10, rel=0.03)

    def test_takes_the_limit_as_asked(self) -> None:
        lake = field(20, 20, 30, 30)
        ring = field(0, 0, 50, 50).difference(lake)
        assert compile_partition([ring]).gaps[0].filled_by is None
        assert compile_partition([ring], thin_gap_m=12).gaps[0].filled_by == 0
        assert compile_partition([ring], thin_gap_m=0).gaps[0].filled_by is None

    def test_fills_a_crack_that_the_outside_reaches(self) -> None:
        # The second cell was drawn half a metre off: the crack is open at its two ends.
        cells = [field(0, 0, 50, 80), field(50.5, 0, 100, 80)]
        assert not audit_edges(cells).is_partition
        partition = compile_partition(cells)
        (gap,) = partition.gaps
        assert gap.width_m == pytest.approx(0.5, rel=0.02)
        assert gap.area_m2 == pytest.approx(40, rel=0.02)
        assert gap.filled_by is not None
        assert audit_edges(partition.faces).is_partition
        assert_compiled(partition)

    def test_leaves_a_wider_crack_open_and_says_so(self) -> None:
        cells = [field(0, 0, 50, 80), field(52.5, 0, 100, 80)]
        partition = compile_partition(cells)
        (gap,) = partition.gaps
        assert gap.width_m == pytest.approx(2.5, rel=0.02)
        assert (gap.filled_by, set(gap.neighbours)) == (None, {0, 1})
        assert_compiled(partition)

    def test_mends_a_vertex_beside_a_neighbours_edge_without_a_finding(self) -> None:
        # Midway on a slanted edge, as far from it as rounding puts it.
        whole = Polygon([(112.2, 31.0), (112.3, 31.0333333), (112.2, 31.0333333)])
        low = Polygon([(112.2, 31.0), (112.3, 31.0), (112.25, 31.0166667)])
        high = Polygon([(112.25, 31.0166667), (112.3, 31.0), (112.3, 31.0333333)])
        assert not audit_edges([whole, low, high]).is_partition
        partition = compile_partition([whole, low, high])
        assert audit_edges(partition.faces).is_partition
        assert sum(found.area_m2 for found in partition.overlaps) < 0.01

    def test_refuses_no_outlines(self) -> None:
        with pytest.raises(BoundaryUnusable, match="no_outline"):
            compile_partition([])

    @given(
        st.lists(
            st.tuples(*[st.integers(0, 20)] * 2, *[st.integers(1, 12)] * 2),
            min_size=1,
            max_size=8,
        ),
        st.sampled_from([1e-7, 3e-6, 1e-3]),
        st.integers(0, 3),
    )
    @example(sides=[(17, 0, 1, 1)], unit=1e-7, skew=1)
    @settings(max_examples=120, deadline=None)
    def test_gives_every_place_to_the_smallest_outline_there(
        self, sides: list[tuple[int, int, int, int]], unit: float, skew: int
    ) -> None:
        slanted = [
            shapely.transform(
                box(west, south, west + width, south + height),
                lambda xy: xy + xy[:, :1] * [0, skew / 7],
            )
            for west, south, width, height in sides
        ]
        outlines = [shapely.transform(shape, lambda xy: xy * unit + (112, 31)) for shape in slanted]
        try:
            partition = compile_partition(outlines, thin_gap_m=0)
        except BoundaryUnusable:
            # Rounded, slivers of a centimetre are lines.
            assert areas_m2(outlines).max() < 1e-3
            return
        assert_compiled(partition)
        index, sizes = build_index(partition.faces), areas_m2(outlines)
        # Places farther from all borders than rounding moves these.
        places = shapely.points(np.random.default_rng(1).random((60, 2)) * 31 * unit + (112, 31))
        borders = shapely.boundary(outlines)
        for place in places[shapely.distance(places, shapely.union_all(borders)) > 2e-7]:
            owners = [i for i, outline in enumerate(outlines) if outline.contains(place)]
            wanted = min(owners, key=lambda i: (sizes[i], i), default=-1)
            assert index.face_at(place.x, place.y) == wanted
