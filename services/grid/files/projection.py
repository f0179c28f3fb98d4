"""Outlines of any coordinate reference system into WGS-84, longitude first."""

from collections.abc import Callable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from services.grid.domain.finding import Finding, Severity
from services.grid.files.refusal import unusable
from shared.kernel.coordinates import Crs, to_wgs84

Vertices = NDArray[np.float64]
"""Shape (n, 2): x or longitude, y or latitude."""

_SATELLITE_ELLIPSOID_M = 6378137.0
"""Semi-major axis of WGS-84 and CGCS2000; datums on another ellipsoid lie tens of metres off."""


def outlines_in_wgs84(
    outlines: NDArray[Any], crs: str | None, *, file: str
) -> tuple[NDArray[Any], list[Finding]]:
    """Return the geometries in WGS-84 without heights, and what is doubtful about the way there.

    *crs* is a name of `Crs`, or whatever PROJ understands ("EPSG:4546", WKT). Vertices that no
    WGS-84 point corresponds to are left for the check of the features to find.

    Raises:
        Invalid: no coordinate system is known, or *crs* is none, or the coordinates cannot be degrees.
    """
    if crs is None:
        raise unusable(
            file,
            "crs_missing",
            "没有坐标系说明（例如缺少 .prj）；请用 --crs 指明，如 --crs EPSG:4546、wgs84、gcj02 或 bd09。",
            "it does not say its coordinate system (a .prj is missing, for example); "
            "give --crs, such as EPSG:4546, wgs84, gcj02 or bd09.",
        )
    flat = shapely.force_2d(outlines)
    plain = crs.lower().replace("-", "").replace("_", "")
    if plain in list(Crs):
        _check_degrees(flat, flat, crs, file)
        return shapely.transform(flat, lambda at: _shifted(at, Crs(plain))), []
    system = _understood(crs, file)
    if system.is_geographic:
        _check_degrees(flat, flat, system.name, file)
    way = Transformer.from_crs(system, 4326, always_xy=True)
    there = shapely.transform(flat, _projected(way))
    _check_degrees(there, flat, system.name, file)
    return there, _doubts(system, file)


def _understood(crs: str, file: str) -> CRS:
    try:
        system = CRS.from_user_input(int(crs) if crs.isdecimal() else crs).to_2d()
    except CRSError:
        system = None
    if system is None or not (system.is_geographic or system.is_projected):
        raise unusable(
            file,
            "crs_unknown",
            f"不认识坐标系“{crs[:60]}”；请用 --crs 指明 EPSG 代码（如 EPSG:4546、EPSG:4490）或 wgs84、gcj02、bd09、cgcs2000。",
            f"the coordinate system “{crs[:60]}” is unknown; "
            "give --crs with an EPSG code (EPSG:4546, EPSG:4490, …) or wgs84, gcj02, bd09, cgcs2000.",
        )
    return system


def _check_degrees(there: NDArray[Any], given: NDArray[Any], crs: str, file: str) -> None:
    """Refuse a layer most of whose vertices lie nowhere on Earth: its coordinate system is another."""
    wrong = ~_on_earth(shapely.get_coordinates(there))
    if np.count_nonzero(wrong) > len(wrong) / 2:
        x, y = shapely.get_coordinates(given)[wrong][0]
        raise unusable(
            file,
            "crs_wrong",
            f"坐标（如 {x:.3f}, {y:.3f}）不是 {crs} 的坐标；请检查经纬度是否颠倒；若是投影坐标，请用 --crs "
            "指明，东宝一带通常为 EPSG:4546（CGCS2000 3 度带，中央经线 111°），东坐标带带号 37 时为 EPSG:4525。",
            f"the coordinates ({x:.3f}, {y:.3f}, for one) are none of {crs}; look whether longitude and "
            "latitude are swapped, and if they are projected say so with --crs: around Dongbao mostly EPSG:4546 "
            "(CGCS2000, 3-degree zone, central meridian 111°), or EPSG:4525 if eastings begin with zone 37.",
        )


def _on_earth(at: Vertices) -> NDArray[np.bool_]:
    return np.asarray((np.abs(at) <= (180, 90)).all(axis=1))


def _shifted(at: Vertices, crs: Crs) -> Vertices:
    moved, here = at.copy(), _on_earth(at)
    moved[here] = np.column_stack(to_wgs84(at[here, 0], at[here, 1], crs))
    return moved


def _projected(way: Transformer) -> Callable[[Vertices], Vertices]:
    return lambda at: np.column_stack(way.transform(at[:, 0], at[:, 1]))


def _doubts(system: CRS, file: str) -> list[Finding]:
    """Warn when PROJ knows no shift of the datum and takes its degrees for those of WGS-84."""
    ellipsoid = system.ellipsoid
    if ellipsoid is None or ellipsoid.semi_major_metre == _SATELLITE_ELLIPSOID_M:
        return []
    try:
        Transformer.from_crs(system, 4326, allow_ballpark=False)
    except ProjError:
        return [
            Finding(
                kind="datum_shift_unknown",
                severity=Severity.WARNING,
                zh=f"{file}：坐标系 {system.name} 到 WGS-84 的基准面转换参数未知，位置可能偏差上百米；"
                "请先在测绘软件中转换为 CGCS2000 再导入。",
                en=f"{file}: the datum shift from {system.name} to WGS-84 is unknown, places may be off by "
                "a hundred metres; convert to CGCS2000 with surveying software first.",
                file=file,
            )
        ]
    return []
