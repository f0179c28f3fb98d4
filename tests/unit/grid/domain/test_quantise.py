"""Degrees as whole units, and back."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point, Polygon

from services.grid.domain.boundary_unusable import BoundaryUnusable
from services.grid.domain.quantise import quantise, quantised, to_degrees


class TestQuantise:
    @given(st.integers(-1_800_000_000, 1_800_000_000))
    def test_returns_what_to_degrees_was_given(self, units: int) -> None:
        assert quantise(to_degrees(units)) == units

    @given(st.integers(-1_800_000_000, 1_800_000_000))
    def test_reads_a_decimal_of_seven_digits(self, units: int) -> None:
        sign, (whole, digits) = "-" * (units < 0), divmod(abs(units), 10_000_000)
        written = float(f"{sign}{whole}.{digits:07}")
        assert to_degrees(units) == written
        assert quantise(written) == units

    @pytest.mark.parametrize(
        ("degrees", "units"), [(0.49e-7, 0), (0.51e-7, 1), (-0.49e-7, 0), (-0.51e-7, -1)]
    )
    def test_rounds_to_the_nearest(self, degrees: float, units: int) -> None:
        assert quantise(degrees) == units

    def test_drops_the_third_dimension_of_outlines(self) -> None:
        (outline,) = quantised([Polygon([(0, 0, 9), (1e-7, 0, 9), (0, 1.4e-7, 9)])])
        assert shapely.get_coordinates(outline).tolist() == [[0, 0], [1, 0], [0, 1], [0, 0]]
        assert not outline.has_z

    def test_refuses_an_infinite_coordinate(self) -> None:
        with pytest.raises(BoundaryUnusable, match="coordinate_not_finite"):
            quantised(np.array([Point(np.inf, 0)]))
