"""The way between two points on the ground, in metres."""

from math import hypot

from shared.kernel.ground_length import metres_per_degree

HALF_TURN = 180


def distance_m(lon: float, lat: float, to_lon: float, to_lat: float) -> float:
    """Return the metres between two points in WGS-84 degrees.

    As on a plane at their mean latitude: within a district that is exact to a thousandth.
    """
    across, along = metres_per_degree((lat + to_lat) / 2)
    turn = (to_lon - lon + HALF_TURN) % (2 * HALF_TURN) - HALF_TURN
    return hypot(turn * across, (to_lat - lat) * along)
