"""What the index can be built of, what is refused, and that its size stays in proportion."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from shapely import Point, Polygon, box

from services.grid.domain.boundary_unusable import BoundaryUnusable
from services.grid.domain.index_build import build_index
from services.grid.domain.planar_index import OUTSIDE
from tests.unit.grid.domain.exact_oracle import in_degrees
from tests.unit.grid.domain.small_tessellations import Face, random_faces


class TestBuildIndex:
    def test_refuses_faces_that_overlap_and_says_where(self) -> None:
        shifted = [box(112.0, 31.0, 112.2, 31.2), box(112.1, 31.1, 112.3, 31.3)]
        with pytest.raises(BoundaryUnusable) as refusal:
            build_index(shifted)
        assert refusal.value.code == "faces_overlap"
        assert "112." in refusal.value.en
        assert "31." in refusal.value.zh

    def test_refuses_the_same_face_twice(self) -> None:
        with pytest.raises(BoundaryUnusable, match="faces_overlap"):
            build_index([box(112, 31, 113, 32), box(112, 31, 113, 32)])

    def test_refuses_a_face_within_another(self) -> None:
        with pytest.raises(BoundaryUnusable, match="faces_overlap"):
            build_index([box(112, 31, 113, 32), box(112.4, 31.4, 112.5, 31.5)])

    @pytest.mark.parametrize("seed", range(8))
    def test_refuses_a_shifted_face_wherever_it_lies(self, seed: int) -> None:
        faces = random_faces(seed, points=30, faces=20, width=2000)
        number = next(i for i, face in enumerate(faces) if face.area > 10_000)
        faces[number] = shapely.affinity.translate(faces[number], 37, -41)
        with pytest.raises(BoundaryUnusable, match="faces_overlap"):
            build_index(in_degrees(faces))

    @pytest.mark.parametrize("faces", [[], [Polygon()], [box(1, 1, 1 + 1e-9, 1 + 1e-9)]])
    def test_refuses_to_index_nothing(self, faces: list[Face]) -> None:
        with pytest.raises(BoundaryUnusable, match="no_outline"):
            build_index(faces)

    def test_refuses_an_extent_too_large_to_be_exact(self) -> None:
        with pytest.raises(BoundaryUnusable, match="extent_too_large") as refusal:
            build_index([box(-180, -10, -170, 10), box(170, -10, 180, 10)])
        assert "360.0" in refusal.value.en

    def test_refuses_a_coordinate_that_is_no_number(self) -> None:
        with np.errstate(invalid="ignore"):
            broken = Polygon([(0, 0), (1, 0), (1, float("nan"))])
        with pytest.raises(BoundaryUnusable, match="coordinate_not_finite"):
            build_index([broken])

    def test_drops_heights(self) -> None:
        index = build_index([Polygon([(0, 0, 5), (1, 0, 5), (1, 1, 7)])])
        assert index.face_at(0.9, 0.5) == 0

    def test_keeps_the_number_of_faces_behind_an_empty_one(self) -> None:
        index = build_index([Polygon(), box(0, 0, 1, 1)])
        assert (index.face_count, index.face_at(0.5, 0.5)) == (2, 1)

    def test_lists_each_edge_once_with_the_faces_on_its_west_and_east(self) -> None:
        index = build_index(in_degrees([box(0, 0, 4, 4), box(4, 0, 8, 4)], (100, 200)))
        x0, y0 = index.origin
        edges = {
            (x1 + x0, y1 + y0, x2 + x0, y2 + y0): (west, east)
            for x1, y1, x2, y2, west, east in index.edges.tolist()
        }
        assert edges == {
            (100, 200, 100, 204): (OUTSIDE, 0),
            (104, 200, 104, 204): (0, 1),
            (108, 200, 108, 204): (1, OUTSIDE),
            (104, 200, 100, 200): (OUTSIDE, 0),
            (108, 200, 104, 200): (OUTSIDE, 1),
            (104, 204, 100, 204): (0, OUTSIDE),
            (108, 204, 104, 204): (1, OUTSIDE),
        }

    def test_divides_an_edge_where_a_neighbour_has_a_vertex(self) -> None:
        index = build_index(in_degrees([box(0, 0, 4, 8), box(4, 0, 8, 4), box(4, 4, 8, 8)]))
        inner = index.edges[(index.edges[:, 4:] != OUTSIDE).all(axis=1)]
        assert sorted(map(tuple, inner[:, 4:].tolist())) == [(0, 1), (0, 2), (1, 2)]


class TestSizeOfTheIndex:
    def test_stays_small_where_many_edges_run_side_by_side(self) -> None:
        fan = [(2**31 - 5, 7 * step + 1) for step in range(60)]
        index = build_index(in_degrees([Polygon([(0, 0), *pair]) for pair in pairwise(fan)]))
        assert index.pages.nbytes + index.records.nbytes < 10_000_000

    def test_stays_small_around_a_corner_of_many_faces(self) -> None:
        angles = np.linspace(0, 2 * np.pi, 721)
        rim = np.rint(1e6 * np.column_stack([np.cos(angles), np.sin(angles)])).astype(int)
        star = [Polygon([(0, 0), *pair]) for pair in pairwise(rim.tolist())]
        index = build_index(in_degrees(star, (1_120_000_000, 310_000_000)))
        assert index.pages.nbytes + index.records.nbytes < 16_000_000

    def test_divides_finely_only_where_the_edges_are(self) -> None:
        # A town of a thousand cells in one corner of a wide, empty county.
        town = [box(x, y, x + 40, y + 40) for x in range(0, 1280, 40) for y in range(0, 1280, 40)]
        county = box(0, 0, 10**7, 10**7).difference(box(0, 0, 1280, 1280))
        index = build_index(in_degrees([*town, county]))
        middles = (
            np.array([shapely.get_coordinates(Point(face.centroid))[0] for face in town]) / 1e7
        )
        assert index.faces_at(*middles.T).tolist() == list(range(len(town)))
        assert index.raster.nbytes + index.pages.nbytes + index.records.nbytes < 2_000_000
