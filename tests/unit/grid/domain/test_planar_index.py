"""The planar index as its callers use it: any input, saving and loading, the nearest face."""

import math
from pathlib import Path

import numpy as np
import pytest
from pyproj import Geod
from shapely import Polygon, box

from services.grid.domain.boundary_unusable import BoundaryUnusable
from services.grid.domain.index_build import build_index
from services.grid.domain.planar_index import OUTSIDE, PlanarIndex

WEST, EAST = box(112.0, 31.0, 112.1, 31.1), box(112.1, 31.0, 112.2, 31.1)

NOWHERE_NEAR = [
    (math.nan, 31.05),
    (112.05, math.nan),
    (math.nan, math.nan),
    (math.inf, 31.05),
    (112.05, -math.inf),
    (1e300, 31.05),
    (112.05, -1e300),
    (1.7e308, -1.7e308),
    (-112.05, -31.05),
    (0.0, 0.0),
    (180.0, 90.0),
    (112.05, 31.1 + 1e-7),
    (112.0 - 1e-7, 31.05),
    (112.05, 31.0 - 1e-7),
    (112.05 + 2**32 / 1e7, 31.05),
    (112.05, 31.05 - 2**32 / 1e7),
]


@pytest.fixture(scope="module")
def index() -> PlanarIndex:
    return build_index([WEST, EAST])


class TestFaceAt:
    def test_tells_the_face(self, index: PlanarIndex) -> None:
        assert (index.face_at(112.05, 31.05), index.face_at(112.15, 31.05)) == (0, 1)

    @pytest.mark.parametrize("point", NOWHERE_NEAR)
    def test_answers_outside_for_any_other_number(
        self, index: PlanarIndex, point: tuple[float, float]
    ) -> None:
        assert index.face_at(*point) == OUTSIDE
        assert index.faces_at([point[0]], [point[1]]).tolist() == [OUTSIDE]

    def test_takes_whole_numbers_and_numbers_of_numpy(self, index: PlanarIndex) -> None:
        assert index.face_at(10**400, 31) == OUTSIDE
        assert index.face_at(np.float64(112.15), np.float64(31.05)) == 1

    def test_rounds_to_the_nearest_unit(self, index: PlanarIndex) -> None:
        assert index.face_at(112.1 - 0.4e-7, 31.05) == 1
        assert index.face_at(112.1 - 0.6e-7, 31.05) == 0


class TestFacesAt:
    def test_answers_in_the_shape_of_the_points(self, index: PlanarIndex) -> None:
        lon, lat = np.meshgrid([112.05, 112.15, 113.0], [31.02, 31.08])
        faces = index.faces_at(lon, lat)
        assert faces.dtype == np.int32
        assert faces.tolist() == [[0, 1, OUTSIDE]] * 2

    def test_takes_no_points_and_a_single_one(self, index: PlanarIndex) -> None:
        assert index.faces_at([], []).tolist() == []
        assert index.faces_at(112.15, 31.05) == 1

    def test_agrees_with_face_at_over_many_blocks(self, index: PlanarIndex) -> None:
        rng = np.random.default_rng(1)
        lon, lat = 111.9 + 0.4 * rng.random(40_000), 30.9 + 0.3 * rng.random(40_000)
        lon[::1000] = math.nan
        one_by_one = [
            index.face_at(*point) for point in zip(lon.tolist(), lat.tolist(), strict=True)
        ]
        assert index.faces_at(lon, lat).tolist() == one_by_one

    def test_refuses_points_that_do_not_match(self, index: PlanarIndex) -> None:
        with pytest.raises(ValueError, match=r"\(2,\)"):
            index.faces_at([1.0, 2.0], [1.0])


class TestSaveAndLoad:
    def test_a_loaded_index_answers_alike(self, index: PlanarIndex, tmp_path: Path) -> None:
        index.save(tmp_path / "version" / "7")
        loaded = PlanarIndex.load(tmp_path / "version" / "7")
        rng = np.random.default_rng(2)
        lon, lat = 111.95 + 0.3 * rng.random(5000), 30.95 + 0.2 * rng.random(5000)
        assert loaded.faces_at(lon, lat).tolist() == index.faces_at(lon, lat).tolist()
        assert loaded.face_at(112.15, 31.05) == 1
        assert loaded.nearest_face(112.2001, 31.05, 50) == index.nearest_face(112.2001, 31.05, 50)
        assert loaded.face_count == 2

    def test_is_mapped_not_read(self, index: PlanarIndex, tmp_path: Path) -> None:
        index.save(tmp_path)
        assert isinstance(PlanarIndex.load(tmp_path).raster.base, np.memmap)

    def test_says_what_to_do_with_a_damaged_folder(
        self, index: PlanarIndex, tmp_path: Path
    ) -> None:
        index.save(tmp_path)
        cut = (tmp_path / "records.npy").read_bytes()[:-40]
        (tmp_path / "records.npy").write_bytes(cut)
        with pytest.raises(BoundaryUnusable, match="index_damaged"):
            PlanarIndex.load(tmp_path)

    def test_refuses_another_format(self, index: PlanarIndex, tmp_path: Path) -> None:
        index.save(tmp_path)
        header = np.load(tmp_path / "header.npy")
        np.save(tmp_path / "header.npy", header + 1)
        with pytest.raises(BoundaryUnusable, match="index_damaged"):
            PlanarIndex.load(tmp_path)

    def test_is_not_complete_without_its_header(self, index: PlanarIndex, tmp_path: Path) -> None:
        index.save(tmp_path)
        (tmp_path / "header.npy").unlink()
        with pytest.raises(FileNotFoundError):
            PlanarIndex.load(tmp_path)


def nearest(index: PlanarIndex, lon: float, lat: float, tolerance_m: float) -> tuple[int, float]:
    found = index.nearest_face(lon, lat, tolerance_m)
    assert found is not None
    return found


class TestNearestFace:
    def test_is_the_face_itself_within(self, index: PlanarIndex) -> None:
        assert index.nearest_face(112.15, 31.05, 0) == (1, 0.0)

    @pytest.mark.parametrize(
        ("point", "foot", "face"),
        [
            ((112.201, 31.05), (112.2, 31.05), 1),
            ((112.05, 31.101), (112.05, 31.1), 0),
            ((111.9996, 30.9997), (112.0, 31.0), 0),
        ],
    )
    def test_measures_as_a_geodesic_does(
        self, index: PlanarIndex, point: tuple[float, float], foot: tuple[float, float], face: int
    ) -> None:
        _, _, metres = Geod(ellps="WGS84").inv(*point, *foot)
        assert nearest(index, *point, 150) == pytest.approx((face, metres), abs=0.001)

    def test_is_none_beyond_the_tolerance(self, index: PlanarIndex) -> None:
        assert index.nearest_face(112.201, 31.05, 95) is None
        assert index.nearest_face(113.0, 31.05, 50) is None

    def test_gives_the_eastern_rim_to_its_face_at_no_distance(self, index: PlanarIndex) -> None:
        assert index.face_at(112.2, 31.05) == OUTSIDE
        assert nearest(index, 112.2, 31.05, 50) == pytest.approx((1, 0), abs=1e-6)

    def test_gives_a_corner_of_two_faces_to_the_first(self, index: PlanarIndex) -> None:
        assert nearest(index, 112.1, 31.1001, 50)[0] == 0

    def test_finds_the_shore_from_within_a_lake(self) -> None:
        lake = box(112.02, 31.02, 112.03, 31.03)
        index = build_index([WEST.difference(lake), EAST])
        assert index.face_at(112.0201, 31.025) == OUTSIDE
        assert nearest(index, 112.0201, 31.025, 50) == pytest.approx((0, 9.548), abs=0.001)

    def test_reaches_any_distance(self, index: PlanarIndex) -> None:
        assert nearest(index, 0.0, 0.0, math.inf)[0] == 0

    @pytest.mark.parametrize("point", [(math.nan, 31.0), (112.0, math.inf), (112.0, 90.0)])
    def test_is_none_for_a_place_that_is_none(
        self, index: PlanarIndex, point: tuple[float, float]
    ) -> None:
        assert index.nearest_face(*point, 50) is None

    def test_is_none_for_a_tolerance_that_is_none(self, index: PlanarIndex) -> None:
        assert index.nearest_face(112.2001, 31.05, -1) is None
        assert index.nearest_face(112.2001, 31.05, math.nan) is None

    def test_agrees_with_measuring_every_edge(self) -> None:
        # Independent of the tree and of the formula: the nearest of many points along the rim.
        rim = Polygon([(112, 31), (112.003, 31.001), (112.004, 31.004), (112.001, 31.003)])
        index = build_index([rim])
        along = [rim.exterior.interpolate(step / 20_000, normalized=True) for step in range(20_000)]
        rng = np.random.default_rng(4)
        for lon, lat in 111.999 + np.array([[0, -81]]) + 0.006 * rng.random((50, 2)):
            if index.face_at(lon, lat) == OUTSIDE:
                east = 111_319.49 * math.cos(math.radians(lat))
                shortest = min(math.hypot((p.x - lon) * east, (p.y - lat) * 110_870) for p in along)
                found = nearest(index, lon, lat, 10_000)
                assert found[1] == pytest.approx(shortest, rel=0.003, abs=0.1)
