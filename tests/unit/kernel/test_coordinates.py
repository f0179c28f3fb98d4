"""Conversion between WGS-84, GCJ-02, BD-09 and CGCS2000."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.coordinates import Crs, from_wgs84, to_wgs84
from shared.kernel.errors import Invalid

# (lon, lat) in WGS-84, GCJ-02, BD-09, to seven places; measured with another implementation (prcoords).
VECTORS = [
    ((112.201493, 31.051852), (112.2073179, 31.0496431), (112.2137122, 31.0559500)),
    ((112.178, 31.156), (112.1838863, 31.1538888), (112.1903114, 31.1601089)),
    ((112.05, 31.38), (112.0559913, 31.3780311), (112.0624642, 31.3841354)),
]
SEVEN_PLACES = 6e-8
A_MILLIMETRE = 1e-8

in_china_lon = st.floats(73, 137)
in_china_lat = st.floats(1, 55)


class TestFromWgs84:
    @pytest.mark.parametrize(("wgs84", "gcj02", "bd09"), VECTORS)
    def test_agrees_with_the_vectors(
        self, wgs84: tuple[float, float], gcj02: tuple[float, float], bd09: tuple[float, float]
    ) -> None:
        assert from_wgs84(*wgs84, Crs.GCJ02) == pytest.approx(gcj02, abs=SEVEN_PLACES)
        assert from_wgs84(*wgs84, Crs.BD09) == pytest.approx(bd09, abs=SEVEN_PLACES)

    def test_moves_nothing_outside_china_nor_in_cgcs2000(self) -> None:
        assert from_wgs84(-1.55, 53.8, Crs.GCJ02) == (-1.55, 53.8)
        assert from_wgs84(112.2, 31.05, Crs.CGCS2000) == (112.2, 31.05)


class TestToWgs84:
    @pytest.mark.parametrize(("wgs84", "gcj02", "bd09"), VECTORS)
    def test_agrees_with_the_vectors(
        self, wgs84: tuple[float, float], gcj02: tuple[float, float], bd09: tuple[float, float]
    ) -> None:
        assert to_wgs84(*gcj02, Crs.GCJ02) == pytest.approx(wgs84, abs=2 * SEVEN_PLACES)
        assert to_wgs84(*bd09, Crs.BD09) == pytest.approx(wgs84, abs=2 * SEVEN_PLACES)

    @given(lon=in_china_lon, lat=in_china_lat, crs=st.sampled_from(Crs))
    def test_undoes_from_wgs84_to_the_millimetre(self, lon: float, lat: float, crs: Crs) -> None:
        back = to_wgs84(*from_wgs84(lon, lat, crs), crs)

        assert back == pytest.approx((lon, lat), abs=A_MILLIMETRE)

    @pytest.mark.parametrize("crs", Crs)
    def test_gives_an_array_what_it_gives_each_point(self, crs: Crs) -> None:
        random = np.random.default_rng(7)
        lon, lat = random.uniform(111.8, 112.4, 20_000), random.uniform(30.7, 31.5, 20_000)

        many = to_wgs84(lon, lat, crs)

        some = [to_wgs84(float(x), float(y), crs) for x, y in zip(lon[:50], lat[:50], strict=True)]
        assert np.column_stack(many)[:50] == pytest.approx(np.array(some), abs=1e-12)
        assert many[0].shape == lon.shape

    def test_answers_a_float_with_floats(self) -> None:
        assert [type(value) for value in to_wgs84(112.2, 31.05, Crs.BD09)] == [float, float]

    @pytest.mark.parametrize(
        ("lon", "lat", "field"),
        [
            (180.5, 31.0, "lon"),
            (-181.0, 31.0, "lon"),
            (31.05, 112.2, "lat"),
            (112.2, math.nan, "lat"),
            (math.inf, 31.0, "lon"),
            (549_000.0, 31.0, "lon"),
        ],
    )
    def test_names_the_field_that_is_out_of_range(self, lon: float, lat: float, field: str) -> None:
        with pytest.raises(Invalid) as refusal:
            to_wgs84(lon, lat, Crs.WGS84)

        [error] = refusal.value.errors
        assert error.field == field
        assert error.zh
        assert error.en

    def test_names_the_position_in_an_array(self) -> None:
        lon, lat = np.array([112.2, 200.0, 112.2]), np.array([31.0, 31.0, np.nan])

        with pytest.raises(Invalid) as refusal:
            to_wgs84(lon, lat, Crs.GCJ02)

        assert [error.field for error in refusal.value.errors] == ["1.lon", "2.lat"]

    def test_leaves_the_array_that_it_was_given_as_it_was(self) -> None:
        lon, lat = np.array([112.2]), np.array([31.05])

        to_wgs84(lon, lat, Crs.GCJ02)

        assert (lon[0], lat[0]) == (112.2, 31.05)
