"""The order, from west to east, of the edges that share a raster square."""

from dataclasses import dataclass

import numpy as np

from services.grid.domain.boundary_unusable import BoundaryUnusable
from services.grid.domain.quantise import Booleans, Integers
from services.grid.domain.raster_cut import expand


@dataclass(frozen=True, slots=True)
class Entries:
    """Edges of squares, sorted by square: the line from (x, y) along (run, rise), rise > 0.

    An entry counts in rows low <= y < high. In its core, `core_low` <= y < `core_high`, the line
    itself decides; in its other rows it stands for the square's west line.
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

    def pick(self, which: Integers | Booleans) -> "Entries":
        return Entries(*(getattr(self, name)[which] for name in self.__slots__))


def ranks_from_west(entries: Entries) -> Integers:
    """Return a number per entry, larger than that of every entry of its square west of it.

    Edges that do not cross have such an order even if no row meets all of them, since none can
    be west of itself by way of others (Guibas and Yao 1983, "On translating a set of
    rectangles"). Where two share rows, the first of these decides.

    Raises:
        BoundaryUnusable: Two edges cross.
    """
    west, east = _neighbours(entries)
    rank = np.zeros(len(entries.square), dtype=np.int64)
    for _ in range(len(rank) + 1):
        too_low = rank[east] <= rank[west]
        if not too_low.any():
            return rank
        np.maximum.at(rank, east[too_low], rank[west[too_low]] + 1)
    raise BoundaryUnusable(code="edges_cross", zh="", en="")


def _neighbours(entries: Entries) -> tuple[Integers, Integers]:
    """Return all pairs of entries that share a square and a row, the western one first."""
    place = np.arange(len(entries.square))
    end = np.searchsorted(entries.square, entries.square, side="right")
    one, other = expand(place + 1, end)
    row = np.maximum(entries.low[one], entries.low[other])
    meet = row < np.minimum(entries.high[one], entries.high[other])
    one, other, row = one[meet], other[meet], row[meet]
    swap = ~_is_west(entries, one, other, row)
    return np.where(swap, other, one), np.where(swap, one, other)


def _is_west(entries: Entries, one: Integers, other: Integers, row: Integers) -> Booleans:
    """Tell whether entry `one` lies west of the `other` just north of a row they share."""
    whole, rest, rise, run = _crossing(entries, one, row)
    whole_other, rest_other, rise_other, run_other = _crossing(entries, other, row)
    place, place_other = rest * rise_other, rest_other * rise
    lean, lean_other = run * rise_other, run_other * rise
    is_west = (whole < whole_other) | (
        (whole == whole_other)
        & ((place < place_other) | ((place == place_other) & (lean < lean_other)))
    )
    in_core = (entries.core_low[one] <= row) & (row < entries.core_high[one])
    in_core_other = (entries.core_low[other] <= row) & (row < entries.core_high[other])
    return ~in_core | (in_core_other & is_west)


def _crossing(
    entries: Entries, index: Integers, row: Integers
) -> tuple[Integers, Integers, Integers, Integers]:
    run, rise = entries.run[index], entries.rise[index]
    whole, rest = np.divmod((row - entries.y[index]) * run, rise)
    return entries.x[index] + whole, rest, rise, run
