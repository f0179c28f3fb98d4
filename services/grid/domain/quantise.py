"""Coordinates as whole numbers: one unit is 1e-7 of a degree, about a centimetre on the ground."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from services.grid.domain.boundary_unusable import BoundaryUnusable

PER_DEGREE = 1e7

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Geometries = NDArray[np.object_]


def quantise(degrees: ArrayLike) -> Integers:
    """Return finite degrees in units, the nearest whole number (half upwards)."""
    return np.floor(np.asarray(degrees, dtype=np.float64) * PER_DEGREE + 0.5).astype(np.int64)


def to_degrees(units: ArrayLike) -> Floats:
    """Return units in degrees: the float nearest to the decimal of seven digits."""
    return np.asarray(units, dtype=np.float64) / PER_DEGREE


def quantised(outlines: Sequence[BaseGeometry] | NDArray[Any]) -> Geometries:
    """Return the outlines with whole units for degrees, in two dimensions, as an array.

    Raises:
        BoundaryUnusable: A coordinate is not a number, or infinite.
    """
    return np.asarray(shapely.transform(in_units(outlines), lambda xy: np.floor(xy + 0.5)))


def in_units(outlines: Sequence[BaseGeometry] | NDArray[Any]) -> Geometries:
    """Do as `quantised`, but do not round."""
    flat = shapely.force_2d(np.asarray(outlines, dtype=object))
    if not np.isfinite(shapely.get_coordinates(flat)).all():
        raise BoundaryUnusable(
            code="coordinate_not_finite",
            zh="边界含有非数值或无穷大的坐标：请检查源文件并重新导出。",
            en="An outline has a coordinate that is no finite number: check the source and export it again.",
        )
    return np.asarray(shapely.transform(flat, lambda xy: xy * PER_DEGREE), dtype=object)
