"""Which faces lie side by side: the pairs on both sides of an edge of the index."""

import numpy as np
from numpy.typing import NDArray

from services.grid.domain.edge_table import NOWHERE


def borders_of(edges: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the pairs of faces that share a border, each once, the smaller number first.

    A border counts from a length of 1e-7 degrees on; faces that meet in a point share none.

    Args:
        edges: those of a `PlanarIndex`, shape (n, 6).
    """
    west, east = edges[:, 4], edges[:, 5]
    shared = (west != NOWHERE) & (east != NOWHERE) & (west != east)
    one = np.minimum(west[shared], east[shared]).astype(np.int64)
    other = np.maximum(west[shared], east[shared])
    pairs = np.unique(one << 32 | other)
    return np.column_stack([pairs >> 32, pairs & 0xFFFFFFFF]).astype(np.int32)
