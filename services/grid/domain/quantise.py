"""Coordinates as whole numbers: one unit is 1e-7 of a degree, about a centimetre on the ground."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

PER_DEGREE = 10_000_000

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Geometries = NDArray[np.object_]


def quantise(degrees: ArrayLike) -> Integers:
    """Return finite degrees in units, rounded half to even as Python's `round` does."""
    return np.rint(np.asarray(degrees, dtype=np.float64) * PER_DEGREE).astype(np.int64)


def to_degrees(units: ArrayLike) -> Floats:
    """Return units in degrees: the float nearest to the seven-digit decimal."""
    return np.asarray(units, dtype=np.float64) / PER_DEGREE


def quantised(outlines: Sequence[BaseGeometry] | NDArray[Any]) -> Geometries:
    """Return the outlines in units instead of degrees, in two dimensions, as an array."""
    flat = shapely.force_2d(np.asarray(outlines, dtype=object))
    return np.asarray(shapely.transform(flat, lambda xy: np.rint(xy * PER_DEGREE)), dtype=object)
