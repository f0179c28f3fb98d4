"""The edge audit: every injected fault is found, and nothing is found where there is none."""

from collections.abc import Callable

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from shapely import MultiPolygon, Polygon, affinity, box

from services.grid.domain.boundary_unusable import BoundaryUnusable
from services.grid.domain.edge_audit import EdgeAudit, audit_edges
from tests.unit.grid.domain.exact_oracle import ExactOracle, in_degrees
from tests.unit.grid.domain.small_tessellations import (
    Face,
    random_faces,
    rectangle_faces,
    triangle_faces,
)

FAULTS: dict[str, Callable[[Polygon], Face]] = {
    "shifted": lambda face: affinity.translate(face, 2, 1),
    "shrunk": lambda face: affinity.scale(face, 0.99, 0.99),
    "grown": lambda face: affinity.scale(face, 1.01, 1.01),
    "with a hole": lambda face: face.difference(face.centroid.buffer(3)),
    "with a vertex moved": lambda face: Polygon(
        [(x + 2 * (i == 1), y) for i, (x, y) in enumerate(face.exterior.coords[:-1])]
    ),
}


def grid_of_cells(side: int = 6, width: int = 1000) -> list[Face]:
    """Return crooked quadrangles, edge to edge."""
    rng = np.random.default_rng(8)
    corner = np.stack(np.meshgrid(np.arange(side + 1), np.arange(side + 1)), axis=-1) * width
    corner = corner + rng.integers(-width // 4, width // 4, corner.shape)
    return [
        Polygon([corner[i, j], corner[i, j + 1], corner[i + 1, j + 1], corner[i + 1, j]])
        for i in range(side)
        for j in range(side)
    ]


def audit(faces: list[Face]) -> EdgeAudit:
    return audit_edges(in_degrees(faces, (1_121_000_000, 310_000_000)))


class TestAuditEdges:
    def test_finds_nothing_in_a_partition(self) -> None:
        found = audit(grid_of_cells())
        assert found.is_partition
        assert found.unpaired.shape == (0, 4)
        assert (found.gaps, found.overlaps, found.invalid) == ([], [], [])

    @pytest.mark.parametrize("fault", FAULTS)
    @pytest.mark.parametrize("number", [0, 3, 14, 21, 35])
    def test_finds_a_face(self, fault: str, number: int) -> None:
        faces = grid_of_cells()
        whole = faces[number]
        assert isinstance(whole, Polygon)
        faces[number] = FAULTS[fault](whole)
        found = audit(faces)
        assert not found.is_partition
        assert found.gaps or found.overlaps
        assert len(found.unpaired)

    def test_finds_a_face_that_moved_away_from_the_others_into_the_open(self) -> None:
        # The crack behind it is narrow for its size, but is open to the outside at both ends.
        faces = grid_of_cells()
        faces[35] = affinity.translate(faces[35], 20, 20)
        found = audit(faces)
        assert not found.is_partition
        crack = shapely.union_all(found.gaps)
        whole = in_degrees(grid_of_cells(), (1_121_000_000, 310_000_000))
        assert all(crack.distance(whole[number]) == 0 for number in (29, 34, 35))

    def test_takes_notches_and_islands_apart_for_what_they_are(self) -> None:
        # A notch of 10 degrees where two cells meet at the rim; an island as far off as it is wide.
        west = Polygon([(0, 0), (1000, 0), (1000, 800), (913, 1800), (0, 1800)])
        east = Polygon([(1000, 0), (2000, 0), (2000, 1800), (1087, 1800), (1000, 800)])
        island = box(2900, 0, 3800, 900)
        assert audit([west, east, island]).is_partition

    def test_finds_a_gap_where_a_face_is_missing(self) -> None:
        faces = grid_of_cells()
        missing = faces.pop(14)
        found = audit(faces)
        assert not found.is_partition
        (gap,) = found.gaps
        assert gap.equals(in_degrees([missing], (1_121_000_000, 310_000_000))[0])
        assert len(found.unpaired) == 4
        assert found.overlaps == []

    def test_takes_a_missing_face_at_the_rim_for_another_rim(self) -> None:
        assert audit(grid_of_cells()[1:]).is_partition

    def test_finds_a_gap_that_touches_the_outside_in_one_point(self) -> None:
        ring = box(0, 0, 30, 30).difference(Polygon([(0, 0), (20, 10), (10, 20)]))
        assert len(audit([ring]).gaps) == 1

    def test_finds_a_face_twice(self) -> None:
        faces = grid_of_cells()
        found = audit([*faces, faces[14]])
        assert not found.is_partition
        claimed = {tuple(edge) for edge in found.unpaired.round(7).tolist()}
        assert len(claimed) >= 4
        assert len(found.overlaps) == 1

    def test_finds_a_face_drawn_on_another_without_a_common_edge(self) -> None:
        found = audit([box(0, 0, 100, 100), box(20, 20, 40, 40)])
        assert not found.is_partition
        assert len(found.overlaps) == 1

    def test_finds_two_layers_with_the_same_rim(self) -> None:
        cells = grid_of_cells()
        found = audit([*cells, shapely.union_all(cells)])
        assert not found.is_partition

    def test_accepts_parts_apart_and_an_island_in_a_filled_lake(self) -> None:
        lake = box(2000, 2000, 8000, 8000)
        island = box(4000, 4000, 6000, 6000)
        land = box(0, 0, 10000, 10000).difference(lake)
        far = MultiPolygon([box(20000, 0, 21000, 1000), box(21000, 1000, 22000, 2000)])
        assert audit([land, lake.difference(island), island, far]).is_partition
        assert len(audit([land, island, far]).gaps) == 1

    def test_accepts_a_vertex_midway_on_a_neighbours_edge(self) -> None:
        assert audit([box(0, 0, 4, 8), box(4, 0, 8, 4), box(4, 4, 8, 8)]).is_partition

    def test_finds_a_vertex_one_unit_beside_a_neighbours_edge(self) -> None:
        notched = Polygon([(4, 0), (8, 0), (8, 8), (4, 8), (5, 4)])
        found = audit([box(0, 0, 4, 8), notched])
        assert [len(found.gaps), len(found.overlaps)] == [1, 0]

    def test_finds_an_outline_that_rounding_makes_cross_itself(self) -> None:
        # Valid as it is; rounded, the tip of its notch comes to lie beyond the base line.
        spike = Polygon([(0, 0), (1000, 0.6), (2000, 0.6), (2000, 900), (500, 0.4), (0, 900)])
        assert spike.is_valid
        found = audit_edges(in_degrees([spike]))
        assert not found.is_partition
        assert found.invalid == [0]

    def test_finds_an_outline_smaller_than_a_unit(self) -> None:
        found = audit([box(0, 0, 9, 9), box(20, 20, 20.2, 20.2)])
        assert (found.is_partition, found.invalid) == (False, [1])

    def test_refuses_no_outlines(self) -> None:
        with pytest.raises(BoundaryUnusable, match="no_outline"):
            audit_edges([])

    def test_is_not_misled_by_inner_borders_through_the_middle(self) -> None:
        # The point that stands for the district lies on borders between its faces.
        quarters = [box(x, y, x + 10, y + 10) for x in (0, 10) for y in (0, 10)]
        assert audit(quarters).is_partition

    @given(triangle_faces())
    @settings(max_examples=150, deadline=None)
    def test_agrees_with_the_rim_of_the_union(self, faces: list[Face]) -> None:
        faces = [face for face in faces if not face.is_empty]
        assume(faces)
        union = shapely.union_all(faces)
        # What is enclosed, be it pinched off in a corner only.
        rings = shapely.polygonize(shapely.get_parts(shapely.node(union.boundary)))
        enclosed = sum(ring.area for ring in shapely.get_parts(rings))
        found = audit(faces)
        assert (found.overlaps, found.invalid) == ([], [])
        if enclosed > union.area:
            assert not found.is_partition
        assert found.is_partition == (not found.gaps)

    @given(rectangle_faces())
    @settings(max_examples=100, deadline=None)
    def test_accepts_rectangles_however_they_meet(self, faces: list[Face]) -> None:
        assert audit(faces).is_partition

    @pytest.mark.parametrize("seed", range(30))
    def test_agrees_with_counting_at_every_place(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        faces = [face for face in random_faces(seed, 12, 6, 12) if not face.is_empty]
        moved = affinity.translate(faces[0], *rng.integers(-1, 2, 2))
        found = audit([moved, *faces[1:]])
        oracle = ExactOracle([moved, *faces[1:]])
        covered = [len(oracle.holders(x, y)) for x in range(-2, 15) for y in range(-2, 15)]
        if max(covered) > 1:
            assert not found.is_partition
            assert found.overlaps or len(found.unpaired)
