"""The list of edges of each raster square, in which one comparison after another finds the face."""

from dataclasses import dataclass

import numpy as np

from services.grid.domain.edge_order import Entries, ranks_from_west
from services.grid.domain.edge_table import NOWHERE, EdgeTable
from services.grid.domain.quantise import Booleans, Integers
from services.grid.domain.raster_cut import Passes, Sheet, WestCrossings

CONTINUE = -2
"""Instead of the face west of a list's last edge: the list goes on with the next record."""


@dataclass(frozen=True, slots=True)
class EdgeLists:
    """Records, shape (n, 8), and the squares they belong to with the first record of each.

    A record is low, high, x, y, run, rise, east, west: in rows low <= y < high, what lies on or
    east of the line from (x, y) along (run, rise) is the face `east`; all else belongs to the
    next record if `west` is CONTINUE, and to the face `west` if not.
    """

    square: Integers
    first: Integers
    records: Integers


@dataclass(frozen=True, slots=True)
class _Pieces:
    """West lines of squares, cut where edges cross: rows low <= y < high touch `face` there.

    `lower` and `upper` are the edges that bound a piece, or NOWHERE at an end of the square.
    """

    square: Integers
    low: Integers
    high: Integers
    face: Integers
    lower: Integers
    upper: Integers

    def pick(self, which: Integers | Booleans) -> "_Pieces":
        return _Pieces(*(getattr(self, name)[which] for name in self.__slots__))


def edge_lists(
    table: EdgeTable, sheet: Sheet, passes: Passes, crossings: WestCrossings, corner: Integers
) -> EdgeLists:
    """Return the lists of all squares that are not of one face; `corner` has a face per square.

    A list holds a square's edges from east to west, so that the first one west of a point is the
    nearest. An edge counts in the rows where it runs east of the square's west line, and not
    elsewhere: further west, another edge may lie between it and the square. Where no edge
    counts, the pieces of the west line decide, and take part like edges.
    """
    pieces = _west_pieces(sheet, passes, crossings, corner)
    low, high = passes.low.copy(), passes.high.copy()
    pieces = pieces.pick(~_lend(table, passes, pieces, low, high))
    pieces, default = _without_longest(pieces, corner)
    entries = _entries(table, sheet, passes, pieces, low, high)
    entries = entries.pick(np.lexsort((-ranks_from_west(entries), entries.square)))
    is_first = np.ones(len(entries.square), dtype=bool)
    is_first[1:] = entries.square[1:] != entries.square[:-1]
    is_last = np.roll(is_first, -1)
    west = np.where(is_last, default[entries.square], CONTINUE)
    lines = (entries.x, entries.y, entries.run, entries.rise)
    records = np.column_stack([entries.low, entries.high, *lines, entries.east, west])
    first = np.flatnonzero(is_first)
    return EdgeLists(entries.square[first], first, records)


def _west_pieces(
    sheet: Sheet, passes: Passes, crossings: WestCrossings, corner: Integers
) -> _Pieces:
    """Cut the west lines of all squares that edges separate or cross."""
    _, crossed = sheet.square_at(crossings.strip, crossings.row)
    squares = np.unique(np.concatenate([passes.square, crossed]))
    bottom = sheet.corner(squares)[1]
    square = np.concatenate([squares, crossed])
    order = np.argsort(square, kind="stable")
    square = square[order]
    low = np.concatenate([bottom, crossings.row])[order]
    face = np.concatenate([corner[squares], crossings.above])[order]
    lower = np.concatenate([np.full_like(squares, NOWHERE), crossings.edge])[order]
    goes_on = np.append(square[1:] == square[:-1], False)
    top = sheet.corner(square)[1] + sheet.side
    high = np.where(goes_on, np.roll(low, -1), top)
    upper = np.where(goes_on, np.roll(lower, -1), NOWHERE)
    return _Pieces(square, low, high, face, lower, upper)


def _lend(
    table: EdgeTable, passes: Passes, pieces: _Pieces, low: Integers, high: Integers
) -> Booleans:
    """Widen edges' rows over the pieces that have their east face; tell which pieces that covers.

    An edge that leaves through the west line has its own east face on one side of that place:
    above when it runs west, below when it runs east. So most lists are a single record.
    """
    key = passes.square * len(table.ends) + passes.edge
    by_key = np.argsort(key)
    runs = table.ends[:, 2] - table.ends[:, 0]

    def listed(edge: Integers, direction: int) -> tuple[Integers, Integers]:
        piece = np.flatnonzero((edge != NOWHERE) & (np.sign(runs[edge]) == direction))
        wanted = pieces.square[piece] * len(table.ends) + edge[piece]
        at = np.minimum(np.searchsorted(key, wanted, sorter=by_key), len(key) - 1)
        found = key[by_key[at]] == wanted
        return piece[found], by_key[at[found]]

    covered = pieces.low == pieces.high
    if len(key):
        piece, edge = listed(pieces.lower, -1)
        high[edge] = pieces.high[piece]
        covered[piece] = True
        piece, edge = listed(np.where(covered, NOWHERE, pieces.upper), 1)
        low[edge] = pieces.low[piece]
        covered[piece] = True
    return covered


def _without_longest(pieces: _Pieces, corner: Integers) -> tuple[_Pieces, Integers]:
    """Take out the longest piece of each square, and return the face it leaves as the default."""
    order = np.lexsort((pieces.high - pieces.low, pieces.square))
    is_longest = np.ones(len(order), dtype=bool)
    is_longest[:-1] = np.diff(pieces.square[order]) != 0
    longest, default = order[is_longest], corner.copy()
    default[pieces.square[longest]] = pieces.face[longest]
    return pieces.pick(order[~is_longest]), default


def _entries(
    table: EdgeTable, sheet: Sheet, passes: Passes, pieces: _Pieces, low: Integers, high: Integers
) -> Entries:
    """Return edges and pieces alike, square by square; a piece is an upright edge."""
    x1, y1, x2, y2 = table.ends[passes.edge].T
    still, one = np.zeros_like(pieces.low), np.ones_like(pieces.low)
    edges = (passes.square, low, high, passes.low, passes.high, x1, y1, x2 - x1, y2 - y1)
    lines = (pieces.square, pieces.low, pieces.high, pieces.low, pieces.low)
    lines += (sheet.corner(pieces.square)[0], pieces.low, still, one)
    joined = [np.concatenate(pair) for pair in zip(edges, lines, strict=True)]
    east = np.concatenate([table.east[passes.edge], pieces.face])
    return Entries(*joined, east).pick(np.argsort(joined[0], kind="stable"))
