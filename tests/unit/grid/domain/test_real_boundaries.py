"""Real boundary sets, clean and messy, through audit, partition and index."""

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from services.grid.domain.edge_audit import audit_edges
from services.grid.domain.ground_area import areas_m2
from services.grid.domain.index_build import build_index
from services.grid.domain.partition import compile_partition
from services.grid.domain.quantise import quantise, quantised
from services.grid.domain.repair import repair_outline
from tests.unit.grid.domain.small_tessellations import Face

DATA = Path(__file__).resolve().parents[4].parent / "shared" / "data"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the folder of real boundary sets, ../shared/data, is not there"
)


def outlines(name: str) -> list[Face]:
    features = json.loads((DATA / name).read_text(encoding="utf-8"))["features"]
    return [repair_outline(shape(feature["geometry"]))[0] for feature in features]


def points_for(faces: list[Face], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points over the extent, around the faces' middles, and next to their vertices."""
    rng = np.random.default_rng(6)
    west, south, east, north = shapely.total_bounds(faces)
    over = rng.uniform([west, south], [east, north], (count // 2, 2))
    bounds = shapely.bounds(np.array(faces))[rng.integers(0, len(faces), count // 4)]
    inner = rng.uniform(bounds[:, :2], bounds[:, 2:])
    vertices = shapely.get_coordinates(faces)
    beside = vertices[rng.integers(0, len(vertices), count - len(over) - len(inner))]
    beside = beside + rng.integers(-2, 3, beside.shape) * 1e-7
    points = np.concatenate([over, inner, beside])
    return points[:, 0], points[:, 1]


def assert_agrees_with_a_tree(faces: list[Face], count: int) -> None:
    """Compare wherever exactly one polygon holds the point, or none: not on borders."""
    index = build_index(faces)
    lon, lat = points_for(faces, count)
    answers = index.faces_at(lon, lat)
    # In units, where the polygons' vertices are exact and a point on a border lies on it.
    units = shapely.points(quantise(lon), quantise(lat))
    point, polygon = shapely.STRtree(quantised(faces)).query(units, predicate="intersects")
    holders = np.bincount(point, minlength=count)
    expected = np.full(count, -1)
    expected[point] = polygon
    borders = shapely.STRtree(shapely.boundary(quantised(faces)))
    on_border = np.zeros(count, dtype=bool)
    on_border[borders.query(units, predicate="intersects")[0]] = True
    assert np.count_nonzero(~on_border) > 0.8 * count
    assert (answers == expected)[~on_border].all()
    # On a border, it is one of those that meet there, or outside on the district's east or north.
    shared = np.flatnonzero(on_border & (holders > 1))
    meets = set(zip(point.tolist(), polygon.tolist(), strict=True))
    assert all((i, int(answers[i])) in meets or answers[i] == -1 for i in shared)
    some = np.arange(0, count, 20)
    one_by_one = [
        index.face_at(*p) for p in zip(lon[some].tolist(), lat[some].tolist(), strict=True)
    ]
    assert one_by_one == answers[some].tolist()


class TestLeeds:
    def test_its_output_areas_are_a_partition_after_repair(self) -> None:
        faces = outlines("uk_E08000035_oa.geojson")
        assert len(faces) == 2543
        assert audit_edges(faces).is_partition

    def test_its_index_agrees_with_a_tree_at_100_000_points(self) -> None:
        assert_agrees_with_a_tree(outlines("uk_E08000035_oa.geojson"), 100_000)

    def test_compiling_it_changes_nothing(self) -> None:
        faces = outlines("uk_E08000035_oa.geojson")
        partition = compile_partition(faces)
        assert (partition.overlaps, partition.gaps, partition.vanished) == ([], [], [])
        moved = shapely.hausdorff_distance(partition.faces, faces)
        assert moved.max() < 1e-7

    def test_the_slivers_of_its_middle_layer_are_found_and_mended(self) -> None:
        faces = outlines("uk_E08000035_msoa.geojson")
        found = audit_edges(faces)
        assert (len(found.gaps), len(found.overlaps)) == (1, 1)
        assert audit_edges(compile_partition(faces).faces).is_partition


@pytest.mark.parametrize(
    ("name", "overlap_km2", "gap_km2"),
    [
        # By union and difference of the polygons as they are, in the same equal-area projection.
        ("la_nc_boundaries_2019.json", 24.8, 58.4),
        ("hood_los-angeles-county.geojson", 20.3, 23.6),
    ],
)
class TestLosAngeles:
    def test_becomes_a_partition(self, name: str, overlap_km2: float, gap_km2: float) -> None:
        faces = outlines(name)
        assert not audit_edges(faces).is_partition
        partition = compile_partition(faces)
        found = audit_edges(partition.faces)
        still_open = [gap for gap in partition.gaps if gap.filled_by is None]
        assert (found.overlaps, found.invalid) == ([], [])
        assert len(found.gaps) == len(still_open)
        assert partition.vanished == []
        assert sum(gap.area_m2 for gap in partition.gaps) == pytest.approx(gap_km2 * 1e6, rel=0.01)
        lost = areas_m2(faces).sum() - areas_m2(partition.faces).sum()
        assert lost == pytest.approx(overlap_km2 * 1e6, rel=0.1)

    def test_its_index_agrees_with_a_tree(
        self, name: str, overlap_km2: float, gap_km2: float
    ) -> None:
        assert_agrees_with_a_tree(compile_partition(outlines(name)).faces, 20_000)
