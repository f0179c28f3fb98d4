"""Cells side by side in rows, and incidents strewn over them; the same seed strews the same way."""

import numpy as np
from numpy.typing import NDArray

SIDE = 40
CELLS = SIDE * SIDE


def borders_of_a_square(side: int = SIDE) -> NDArray[np.int64]:
    """Return which cells of a square of side × side cells share a border or a corner."""
    numbers = np.arange(side * side).reshape(side, side)
    pairs = [
        (numbers[:, :-1], numbers[:, 1:]),
        (numbers[:-1], numbers[1:]),
        (numbers[:-1, :-1], numbers[1:, 1:]),
        (numbers[:-1, 1:], numbers[1:, :-1]),
    ]
    return np.concatenate(
        [np.column_stack([one.ravel(), other.ravel()]) for one, other in pairs]
    ).astype(np.int64)
