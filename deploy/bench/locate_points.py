"""The cells and points of the look-up's benchmark."""

from functools import cache

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon

from deploy.demo.district import OUTLINE, SEAT, demo_density
from deploy.demo.tessellation import tessellate

Floats = NDArray[np.float64]


@cache
def cells_of(count: int) -> list[Polygon]:
    """Return a tessellation of the example district, smaller cells in town."""
    return tessellate(OUTLINE, count, seed=7, density=demo_density)


def points(count: int, seed: int = 11) -> tuple[Floats, Floats]:
    """Return longitudes and latitudes, about seven in eight inside the district and more in town.

    The rest lie over the bounding box and along the border, which is the hard part.
    """
    random = np.random.default_rng(seed)
    west, south, east, north = OUTLINE.bounds
    town = random.normal(SEAT, (0.04, 0.03), (count // 2, 2))
    country = random.uniform((west, south), (east, north), (2 * count, 2))
    country = country[shapely.contains_xy(OUTLINE, country)][: count * 3 // 8]
    anywhere = random.uniform((west, south), (east, north), (count // 16, 2))
    ring = OUTLINE.exterior
    along = shapely.get_coordinates(
        shapely.line_interpolate_point(ring, random.uniform(0, ring.length, count))
    )
    along += random.normal(0, 0.002, along.shape)
    mixed = np.concatenate([town, country, anywhere, along])[:count]
    random.shuffle(mixed)
    return mixed[:, 0].copy(), mixed[:, 1].copy()
