"""Which cells lie side by side, as a sparse matrix."""

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from services.command.domain.warning.arrays import Booleans, Integers


def neighbourhoods(cells: int, borders: Integers) -> csr_array:
    """Return a matrix (cells, cells) with 1 where two cells share a border, and on the diagonal.

    Args:
        cells: how many there are.
        borders: shape (n, 2), pairs of cell numbers; a pair may be there often and either way.
    """
    one, other = borders.reshape(-1, 2).T
    own = np.arange(cells)
    rows, columns = np.concatenate([one, other, own]), np.concatenate([other, one, own])
    matrix = coo_array((np.ones(len(rows)), (rows, columns)), shape=(cells, cells)).tocsr()
    matrix.data[:] = 1.0  # pairs given twice were added up
    return matrix


def patches(is_chosen: Booleans, near: csr_array) -> Integers:
    """Return for each cell the number of its patch of chosen cells that touch, -1 where not chosen."""
    chosen = np.flatnonzero(is_chosen)
    found = np.full(len(is_chosen), -1, dtype=np.int64)
    _, found[chosen] = connected_components(near[chosen][:, chosen], directed=False)
    return found
