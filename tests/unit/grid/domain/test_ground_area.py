"""Square metres of outlines in degrees, against PROJ's geodesics."""

import numpy as np
import pytest
from pyproj import Geod
from shapely import MultiPolygon, Point, Polygon, box

from services.grid.domain.ground_area import areas_m2

GEOD = Geod(ellps="WGS84")


class TestAreasM2:
    @pytest.mark.parametrize("lat", [-60.0, 0.0, 31.05, 53.8])
    def test_agrees_with_the_geodesic_area(self, lat: float) -> None:
        outline = Point(112.2, lat).buffer(0.01, quad_segs=64)
        expected, _ = GEOD.geometry_area_perimeter(outline)

        assert areas_m2([outline])[0] == pytest.approx(abs(expected), rel=1e-6)

    def test_takes_holes_and_parts_away_and_together(self) -> None:
        ring = Polygon(
            box(112, 31, 112.02, 31.02).exterior, [box(112.01, 31.01, 112.015, 31.015).exterior]
        )
        whole, hole = areas_m2([box(112, 31, 112.02, 31.02), box(112.01, 31.01, 112.015, 31.015)])

        assert areas_m2([ring])[0] == pytest.approx(whole - hole, rel=1e-9)
        assert areas_m2([MultiPolygon([ring, box(113, 31, 113.01, 31.01)])])[0] > whole - hole

    def test_is_zero_where_there_is_no_outline(self) -> None:
        assert areas_m2([Polygon(), None]).tolist() == [0.0, 0.0]
        assert areas_m2(np.array([], dtype=object)).shape == (0,)
