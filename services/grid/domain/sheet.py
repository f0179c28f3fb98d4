"""Pages of raster squares, and what runs along their strips."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.grid.domain.quantise import Integers
from services.grid.domain.runs import is_first


@dataclass(frozen=True, slots=True)
class Sheet:
    """Pages of one size, each `columns` × `rows` squares of 2**shift units, from its corner (x, y).

    Squares count upwards column by column, page by page; a strip is one column of one page.
    """

    x: Integers
    y: Integers
    columns: int
    rows: int
    shift: int

    @property
    def side(self) -> int:
        return 1 << self.shift

    def corner(self, square: Integers) -> tuple[Integers, Integers]:
        """Return the south-west corner of each square."""
        strip, row = np.divmod(square, self.rows)
        page, column = np.divmod(strip, self.columns)
        return self.x[page] + (column << self.shift), self.y[page] + (row << self.shift)

    def square_at(self, strip: Integers, y: Integers) -> Integers:
        """Return the square of each strip that holds row y."""
        return strip * self.rows + ((y - self.y[strip // self.columns]) >> self.shift)


def carry(
    start: Integers, length: int, line: Integers, first: Integers, face: NDArray[np.int32]
) -> Integers:
    """Return faces along lines of `length` places: `start`, then each `face` from place `first` on.

    The changes are given line by line in the order of their places; shape (lines * length,).
    """
    latest = np.zeros((len(start), length), dtype=np.int64)
    change = np.flatnonzero(first < length)
    latest[line[change], first[change]] = change + 1
    np.maximum.accumulate(latest, axis=1, out=latest)
    faces = np.append(face, 0)[latest - 1]
    return np.where(latest > 0, faces, start[:, np.newaxis]).ravel()


def contradictions(
    start: Integers, line: Integers, before: NDArray[np.int32], after: NDArray[np.int32]
) -> Integers:
    """Return the changes along lines whose face before is not the one the previous change left."""
    left = np.where(is_first(line), start[line], np.roll(after, 1))
    return np.flatnonzero(left != before)
