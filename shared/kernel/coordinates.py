"""From the coordinates a map or phone gives to WGS-84, and back: GCJ-02, BD-09, CGCS2000."""

import math
from collections.abc import Iterator
from enum import StrEnum
from types import ModuleType
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from shared.kernel.errors import FieldError, Invalid

Degrees = TypeVar("Degrees", float, NDArray[np.float64])
"""One coordinate, or an array of them; what goes in comes out."""

REPORTED_AT_MOST = 100


class Crs(StrEnum):
    """Raw GNSS, browsers: wgs84. WeChat, Amap, Tencent: gcj02. Baidu: bd09. Tianditu: cgcs2000."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"
    CGCS2000 = "cgcs2000"  # differs from WGS-84 by centimetres: the same for phones


# GCJ-02's public reconstruction (as in eviltransform, prcoords): Krasovsky's ellipsoid in metres,
# and the box of degrees outside which maps give plain WGS-84.
_SEMI_MAJOR_M = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BOX_LON = (72.004, 137.8347)
_BOX_LAT = (0.8293, 55.8271)
_BD_TURN = math.pi * 3000 / 180
# One step leaves 2.7 m in Dongbao, two 1 cm, three 0.03 mm.
_STEPS = 3


def to_wgs84(lon: Degrees, lat: Degrees, crs: Crs) -> tuple[Degrees, Degrees]:
    """Return *lon*, *lat* (degrees in *crs*; floats, or arrays of one shape) in WGS-84.

    GCJ-02 and BD-09 have no closed inverse: three fixed-point steps leave less than a millimetre.

    Raises:
        Invalid: a coordinate is not finite or outside its range; `errors` names it.
    """
    check_range(lon, lat)
    if crs is Crs.BD09:
        lon, lat = _inverse(_gcj02_to_bd09, lon, lat)
    if crs in (Crs.BD09, Crs.GCJ02):
        lon, lat = _inverse(_wgs84_to_gcj02, lon, lat)
    return lon, lat


def from_wgs84(lon: Degrees, lat: Degrees, crs: Crs) -> tuple[Degrees, Degrees]:
    """Return WGS-84 *lon*, *lat* (degrees; floats, or arrays of one shape) in *crs*.

    Raises:
        Invalid: a coordinate is not finite or outside its range; `errors` names it.
    """
    check_range(lon, lat)
    if crs in (Crs.BD09, Crs.GCJ02):
        lon, lat = _wgs84_to_gcj02(lon, lat)
    if crs is Crs.BD09:
        lon, lat = _gcj02_to_bd09(lon, lat)
    return lon, lat


def check_range(lon: Degrees, lat: Degrees) -> None:
    """Refuse coordinates that are no place on Earth.

    Raises:
        Invalid: `errors` names the field, "lon" or "lat"; in arrays with the position, from 0, as "3.lon".
    """
    errors = [*_out_of_range("lon", lon, 180), *_out_of_range("lat", lat, 90)]
    if errors:
        raise Invalid(code="coordinates", zh=errors[0].zh, en=errors[0].en, errors=errors)


def _out_of_range(name: str, values: Degrees, limit: int) -> Iterator[FieldError]:
    wrong = ~(np.abs(values) <= limit)  # so written, NaN is wrong too
    for position in np.flatnonzero(wrong)[:REPORTED_AT_MOST]:
        value = float(np.ravel(values)[position])
        zh_name, en_name = ("经度", "longitude") if name == "lon" else ("纬度", "latitude")
        yield FieldError(
            field=f"{position}.{name}" if np.ndim(values) else name,
            code="out_of_range",
            zh=f"{zh_name} {value} 不在 −{limit} 至 {limit} 度之间；请检查经纬度是否颠倒，或是否为投影坐标。",
            en=f"The {en_name} {value} is not between −{limit} and {limit} degrees; "
            "look whether longitude and latitude are swapped, or the coordinates are projected.",
        )


def _functions(value: Degrees) -> ModuleType:
    """Return the module whose sin, cos, … fit: math is ten times faster for a single float."""
    return np if np.ndim(value) else math


class _Shift(Protocol):
    def __call__(self, lon: Degrees, lat: Degrees, /) -> tuple[Degrees, Degrees]: ...


def _inverse(forward: _Shift, lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Return the point that *forward* takes to *lon*, *lat*: w ← w − (forward(w) − target)."""
    back_lon, back_lat = lon, lat
    for _ in range(_STEPS):
        there_lon, there_lat = forward(back_lon, back_lat)
        back_lon, back_lat = back_lon - (there_lon - lon), back_lat - (there_lat - lat)
    return back_lon, back_lat


def _wgs84_to_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    m = _functions(lon)
    x, y = lon - 105.0, lat - 35.0
    root, pi = m.sqrt(abs(x)), math.pi
    wave = 20 * m.sin(6 * pi * x) + 20 * m.sin(2 * pi * x)
    north = wave + 20 * m.sin(pi * y) + 40 * m.sin(pi * y / 3)
    north += 160 * m.sin(pi * y / 12) + 320 * m.sin(pi * y / 30)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + north * 2 / 3
    east = wave + 20 * m.sin(pi * x) + 40 * m.sin(pi * x / 3)
    east += 150 * m.sin(pi * x / 12) + 300 * m.sin(pi * x / 30)
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + east * 2 / 3

    latitude = m.radians(lat)
    bulge = 1 - _ECCENTRICITY_SQUARED * m.sin(latitude) ** 2
    east_radius = _SEMI_MAJOR_M / m.sqrt(bulge) * m.cos(latitude)
    north_radius = _SEMI_MAJOR_M * (1 - _ECCENTRICITY_SQUARED) / (bulge * m.sqrt(bulge))

    shifted = (_BOX_LON[0] <= lon) & (lon <= _BOX_LON[1])
    shifted &= (_BOX_LAT[0] <= lat) & (lat <= _BOX_LAT[1])
    return (
        lon + shifted * m.degrees(east / east_radius),
        lat + shifted * m.degrees(north / north_radius),
    )


def _gcj02_to_bd09(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    m = _functions(lon)
    length = m.sqrt(lon * lon + lat * lat) + 0.00002 * m.sin(lat * _BD_TURN)
    angle = m.atan2(lat, lon) + 0.000003 * m.cos(lon * _BD_TURN)
    return length * m.cos(angle) + 0.0065, length * m.sin(angle) + 0.006
