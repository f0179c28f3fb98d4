"""Where edges pass through the squares of a raster, in exact integers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.grid.domain.edge_table import EdgeTable
from services.grid.domain.exact_order import order_along_lines
from services.grid.domain.quantise import Booleans, Integers
from services.grid.domain.runs import expand
from services.grid.domain.sheet import Sheet, carry, contradictions


@dataclass(frozen=True, slots=True)
class WestCrossings:
    """Crossings of the squares' west lines, from south to north along each strip.

    `row` is the first row of points that lies beyond the edge; `below` and `above` are the faces.
    """

    edge: Integers
    strip: Integers
    row: Integers
    below: NDArray[np.int32]
    above: NDArray[np.int32]

    def pick(self, which: Booleans) -> "WestCrossings":
        return WestCrossings(*(getattr(self, name)[which] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Passes:
    """Which edge touches which square, and the rows `low` <= y < `high` where it counts there.

    In these rows, and no others, the edge runs through the square east of its west line. Where
    `is_listed` is false it separates no points within the square.
    """

    edge: Integers
    square: Integers
    low: Integers
    high: Integers
    is_listed: Booleans

    def pick(self, which: Integers | Booleans) -> "Passes":
        return Passes(*(getattr(self, name)[which] for name in self.__slots__))


def west_crossings(table: EdgeTable, sheet: Sheet, edge: Integers, page: Integers) -> WestCrossings:
    """Return where the edges cross the west lines of the squares of their pages.

    A line is taken a hair east of its points, so that an edge on the line does not cross it.
    """
    x1, y1, x2, y2 = table.ends[edge].T
    first = -((sheet.x[page] - np.minimum(x1, x2)) >> sheet.shift)
    last = -((sheet.x[page] - np.maximum(x1, x2)) >> sheet.shift)
    of, column = expand(np.maximum(first, 0), np.minimum(last, sheet.columns))
    edge, page, x1, y1, x2, y2 = (part[of] for part in (edge, page, x1, y1, x2, y2))
    span, rise, runs_east = np.abs(x2 - x1), y2 - y1, x2 > x1
    climbed, rest = np.divmod(np.abs(sheet.x[page] + (column << sheet.shift) - x1) * rise, span)
    # A point on a border belongs to the east: below an edge running north-east, else above it.
    row = y1 + climbed + (runs_east | (rest > 0))
    within = (row > sheet.y[page]) & (row < sheet.y[page] + (sheet.rows << sheet.shift))
    strip, lean = page * sheet.columns + column, np.where(runs_east, rise, -rise)
    keys = (part[within] for part in (strip, y1 + climbed, rest, span, lean))
    order = np.flatnonzero(within)[order_along_lines(*keys)]
    edge, runs_east = edge[order], runs_east[order]
    west, east = table.west[edge], table.east[edge]
    below, above = np.where(runs_east, east, west), np.where(runs_east, west, east)
    return WestCrossings(edge, strip[order], row[order], below, above)


def passes(table: EdgeTable, sheet: Sheet, edge: Integers, page: Integers) -> Passes:
    """Return every square of its page that an edge touches."""
    x1, y1, x2, y2 = table.ends[edge].T
    first = (y1 - sheet.y[page]) >> sheet.shift
    last = (np.maximum(y2 - 1, y1) - sheet.y[page]) >> sheet.shift
    of, row = expand(np.maximum(first, 0), np.minimum(last + 1, sheet.rows))
    edge, page, x1, y1, x2, y2 = (part[of] for part in (edge, page, x1, y1, x2, y2))
    base = sheet.y[page] + (row << sheet.shift)
    low, high = np.maximum(y1, base), np.minimum(y2, base + sheet.side)
    rise = np.maximum(y2 - y1, 1)
    x_low = x1 + (low - y1) * (x2 - x1) // rise
    x_high = np.where(y1 == y2, x2, x1 + (high - y1) * (x2 - x1) // rise)
    first = (np.minimum(x_low, x_high) - sheet.x[page]) >> sheet.shift
    last = (np.maximum(x_low, x_high) - sheet.x[page]) >> sheet.shift
    of, column = expand(np.maximum(first, 0), np.minimum(last + 1, sheet.columns))
    edge, page, low, high, row = (part[of] for part in (edge, page, low, high, row))
    west_line = sheet.x[page] + (column << sheet.shift)
    low, high, is_listed = _east_of(table.ends[edge], west_line, low, high, sheet.side)
    square = (page * sheet.columns + column) * sheet.rows + row
    return Passes(edge, square, low, high, is_listed)


def _east_of(
    ends: Integers, west_line: Integers, low: Integers, high: Integers, side: int
) -> tuple[Integers, Integers, Booleans]:
    """Narrow the rows to those where the edge lies east of the line, and tell if it comes near."""
    x1, y1, x2, y2 = ends.T
    run, rise = x2 - x1, y2 - y1
    climbed = (west_line - x1) * rise // np.maximum(np.abs(run), 1)
    low = np.where(run > 0, np.maximum(low, y1 + climbed + 1), low)
    high = np.where(run < 0, np.minimum(high, y1 - climbed), high)
    nearest = np.where(run < 0, high - 1, low)
    is_listed = (nearest - y1) * run <= (west_line + side - 1 - x1) * rise
    is_listed &= (low < high) & ((run != 0) | (x1 > west_line))
    return low, high, is_listed


def faces_at_bottom(
    table: EdgeTable, sheet: Sheet, edge: Integers, page: Integers, corner: Integers
) -> tuple[Integers, Integers]:
    """Return the face at the foot of each strip, given the face at the corner of each page.

    Also return the indices of edges that contradict their neighbour in the row: none, in a partition.
    """
    _, y1, _, y2 = table.ends[edge].T
    meets = (y1 <= sheet.y[page]) & (sheet.y[page] < y2)
    edge, page = edge[meets], page[meets]
    x1, y1, x2, y2 = table.ends[edge].T
    whole, rest = np.divmod((sheet.y[page] - y1) * (x2 - x1), y2 - y1)
    place = x1 + whole + (rest > 0) - sheet.x[page]
    within = (place > 0) & (place < sheet.columns << sheet.shift)
    keys = (part[within] for part in (page, x1 + whole, rest, y2 - y1, x2 - x1))
    order = np.flatnonzero(within)[order_along_lines(*keys)]
    edge, page, first = edge[order], page[order], -(-place[order] >> sheet.shift)
    bottom = carry(corner, sheet.columns, page, first, table.east[edge])
    return bottom, edge[contradictions(corner, page, table.west[edge], table.east[edge])]
