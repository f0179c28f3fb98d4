"""Mending outlines: what is kept, what is said, what is refused."""

import pytest
import shapely
from shapely import MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from services.grid.domain.boundary_unusable import BoundaryUnusable
from services.grid.domain.repair import repair_outline

BOW_TIE = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])


class TestRepairOutline:
    def test_leaves_a_valid_outline_as_it_is(self) -> None:
        outline, reason = repair_outline(box(0, 0, 1, 1))
        assert outline.equals_exact(box(0, 0, 1, 1))
        assert reason is None

    def test_drops_heights_without_a_word(self) -> None:
        outline, reason = repair_outline(Polygon([(0, 0, 7), (1, 0, 7), (1, 1, 7)]))
        assert (outline.has_z, reason) == (False, None)

    def test_mends_a_crossing_and_says_where(self) -> None:
        outline, reason = repair_outline(BOW_TIE)
        assert reason == "Self-intersection[1 1]"
        assert outline.is_valid
        assert outline.area == 2

    def test_keeps_ground_that_two_parts_cover(self) -> None:
        # The default method takes the common ground of two parts for a hole.
        parts = MultiPolygon([box(0, 0, 2, 2), box(1, 1, 3, 3)])
        outline, reason = repair_outline(parts)
        assert outline.area == 7
        assert reason is not None

    def test_drops_a_spike_that_encloses_nothing(self) -> None:
        spike = Polygon([(0, 0), (4, 0), (4, 4), (9, 9), (4, 4), (0, 4)])
        outline, reason = repair_outline(spike)
        assert outline.equals(box(0, 0, 4, 4))
        assert isinstance(outline, Polygon)
        assert reason is not None

    @pytest.mark.parametrize("whole", [BOW_TIE, box(0, 0, 1, 1)])
    def test_keeps_the_areas_of_a_collection(self, whole: Polygon) -> None:
        mixed = shapely.geometrycollections([whole, Point(8, 8), MultiPolygon([box(5, 5, 6, 6)])])
        outline, reason = repair_outline(mixed)
        assert outline.area == whole.buffer(0).area * (1 if whole.is_valid else 2) + 1
        assert reason is not None

    @pytest.mark.parametrize(
        "geometry",
        [
            None,
            Polygon(),
            Point(1, 1),
            shapely.LineString([(0, 0), (1, 0), (1, 1), (0, 0)]),
            Polygon([(0, 0), (1, 1), (2, 2)]),
            shapely.geometrycollections([Point(1, 1)]),
            shapely.set_coordinates(box(0, 0, 1, 1), [[float("inf"), 0]] * 5),
        ],
    )
    def test_refuses_what_is_no_area(self, geometry: BaseGeometry | None) -> None:
        with pytest.raises(ValueError, match="no_area") as refusal:
            repair_outline(geometry)
        assert isinstance(refusal.value, BoundaryUnusable)
        assert "Check the feature" in refusal.value.en
        assert "请检查" in refusal.value.zh
