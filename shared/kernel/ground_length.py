"""Lengths on the ground, in metres, near a place in WGS-84 degrees."""

from math import cos, radians, sin

_SEMI_MAJOR_M = 6378137.0
_ECCENTRICITY_SQUARED = 0.00669437999014
"""WGS-84."""


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Return the length of a degree of longitude and of one of latitude at a latitude.

    The radii of curvature of the ellipsoid: Snyder, Map Projections – A Working Manual, USGS
    1395, eqs. 4-18 and 4-20.
    """
    bent = 1 - _ECCENTRICITY_SQUARED * sin(radians(lat)) ** 2
    across = _SEMI_MAJOR_M / bent**0.5
    along = across * (1 - _ECCENTRICITY_SQUARED) / bent
    return radians(across * cos(radians(lat))), radians(along)
