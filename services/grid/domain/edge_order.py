"""The order, from west to east, of the edges that share a raster square."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from services.grid.domain.boundary_unusable import BoundaryUnusable
from services.grid.domain.edge_table import EdgeTable
from services.grid.domain.quantise import Booleans, Integers
from services.grid.domain.runs import expand, is_first

PAIRS_PER_PORTION = 1 << 21


@dataclass(frozen=True, slots=True)
class Entries:
    """Edges of squares, sorted by square: the line from (x, y) along (run, rise), rise > 0.

    An entry counts in rows low <= y < high. In its core, `core_low` <= y < `core_high`, the line
    itself decides; in its other rows it stands for the square's west line. `east` is the face.
    """

    square: Integers
    low: Integers
    high: Integers
    core_low: Integers
    core_high: Integers
    x: Integers
    y: Integers
    run: Integers
    rise: Integers
    east: Integers

    def pick(self, which: Integers | Booleans | slice) -> "Entries":
        return Entries(*(getattr(self, name)[which] for name in self.__slots__))

    def has_core_at(self, index: Integers, row: Integers) -> Booleans:
        return np.asarray((self.core_low[index] <= row) & (row < self.core_high[index]))


def ranks_from_west(table: EdgeTable, entries: Entries) -> Integers:
    """Return a number per entry, larger than that of every entry of its square west of it.

    Edges that do not cross have such an order even when no row meets them all: none can be west
    of itself by way of others (Guibas and Yao 1983, "On translating a set of rectangles").

    Raises:
        BoundaryUnusable: Two edges cross.
    """
    portions = [_ranks(table, entries.pick(some)) for some in _portions(entries.square)]
    return np.concatenate([np.empty(0, dtype=np.int64), *portions])


def _portions(square: Integers) -> list[slice]:
    """Divide the entries between squares so that no portion has too many pairs for the memory."""
    starts = np.append(np.flatnonzero(is_first(square)), len(square))
    sizes = np.diff(starts)
    portion = np.cumsum(sizes * sizes) // PAIRS_PER_PORTION
    cuts = np.append(starts[:-1][is_first(portion)], len(square))
    return [slice(start, end) for start, end in pairwise(cuts.tolist())]


def _ranks(table: EdgeTable, entries: Entries) -> Integers:
    west, east = _pairs_from_west(table, entries)
    rank = np.zeros(len(entries.square), dtype=np.int64)
    rounds_left = np.bincount(entries.square - entries.square[0]).max()
    while (too_low := np.flatnonzero(rank[east] <= rank[west])).size:
        if rounds_left == 0:
            raise _crossing_at(table, entries, west[too_low], entries.low[west[too_low]])
        np.maximum.at(rank, east[too_low], rank[west[too_low]] + 1)
        rounds_left -= 1
    return rank


def _pairs_from_west(table: EdgeTable, entries: Entries) -> tuple[Integers, Integers]:
    """Return all pairs of entries that share a square and a row, the western one first."""
    place = np.arange(len(entries.square))
    end = np.searchsorted(entries.square, entries.square, side="right")
    one, other = expand(place + 1, end)
    row = np.maximum(entries.low[one], entries.low[other])
    last = np.minimum(entries.high[one], entries.high[other]) - 1
    meet = row <= last
    one, other, row, last = one[meet], other[meet], row[meet], last[meet]
    is_west = _is_west(entries, one, other, row)
    if (turns := is_west != _is_west(entries, one, other, last)).any():
        raise _crossing_at(table, entries, one[turns], last[turns])
    return np.where(is_west, one, other), np.where(is_west, other, one)


def _is_west(entries: Entries, one: Integers, other: Integers, row: Integers) -> Booleans:
    """Tell whether entry `one` lies west of the `other` just north of a row they share."""
    whole, rest, rise, run = _crossing(entries, one, row)
    whole_other, rest_other, rise_other, run_other = _crossing(entries, other, row)
    place, place_other = rest * rise_other, rest_other * rise
    leans_west = run * rise_other < run_other * rise
    is_west = (place < place_other) | ((place == place_other) & leans_west)
    is_west = np.where(whole == whole_other, is_west, whole < whole_other)
    return np.where(entries.has_core_at(one, row), entries.has_core_at(other, row) & is_west, True)


def _crossing(
    entries: Entries, index: Integers, row: Integers
) -> tuple[Integers, Integers, Integers, Integers]:
    run, rise = entries.run[index], entries.rise[index]
    whole, rest = np.divmod((row - entries.y[index]) * run, rise)
    return entries.x[index] + whole, rest, rise, run


def _crossing_at(
    table: EdgeTable, entries: Entries, index: Integers, row: Integers
) -> BoundaryUnusable:
    x = _crossing(entries, index[:1], row[:1])[0]
    return BoundaryUnusable.because_faces_overlap(*table.degrees(int(x[0]), int(row[0])))
