"""Areas on the ground, in square metres, of outlines in WGS-84 degrees."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

_SEMI_MAJOR_M = 6378137.0
_ECCENTRICITY = 0.0818191908426215
"""WGS-84: first eccentricity of the ellipsoid."""


def areas_m2(outlines: Sequence[BaseGeometry] | NDArray[Any]) -> NDArray[np.float64]:
    """Return the area of each outline (degrees, longitude first); 0 where there is none.

    Lambert's cylindrical equal-area projection keeps areas of the ellipsoid exact, anywhere on
    Earth (Snyder, Map Projections – A Working Manual, USGS 1395, eqs. 10-14, 10-15 and 3-12).
    """
    flat = shapely.transform(np.asarray(outlines, dtype=object), _equal_area)
    return np.nan_to_num(np.asarray(shapely.area(flat), dtype=np.float64))


def _equal_area(lon_lat: NDArray[np.float64]) -> NDArray[np.float64]:
    lon, sine = np.radians(lon_lat[:, 0]), np.sin(np.radians(lon_lat[:, 1]))
    bent = _ECCENTRICITY * sine
    q = (1 - _ECCENTRICITY**2) * (sine / (1 - bent**2) + np.arctanh(bent) / _ECCENTRICITY)
    return _SEMI_MAJOR_M * np.column_stack((lon, q / 2))
