"""The list of edges of each raster square, in which one comparison after another finds the face."""

from dataclasses import dataclass

import numpy as np

from services.grid.domain.edge_order import Entries, ranks_from_west
from services.grid.domain.edge_table import NOWHERE, EdgeTable
from services.grid.domain.index_format import CONTINUE
from services.grid.domain.quantise import Booleans, Integers
from services.grid.domain.raster_cut import Passes, WestCrossings
from services.grid.domain.runs import is_first
from services.grid.domain.sheet import Sheet


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


def entries_of_squares(
    table: EdgeTable, sheet: Sheet, passes: Passes, crossings: WestCrossings, corner: Integers
) -> tuple[Entries, Integers]:
    """Return what the lists of the squares are made of, and each square's face where none counts.

    An edge counts in the rows where it runs east of the square's west line, and not elsewhere:
    further west, another edge may lie between it and the square. Where no edge counts, the west
    line decides; its pieces take part like edges, save the longest, which is the default.
    `corner` holds the face at the corner of each square of the sheet.
    """
    pieces = _west_pieces(sheet, passes, crossings, corner)
    low, high = passes.low.copy(), passes.high.copy()
    pieces = pieces.pick(~_lend(table, passes, pieces, low, high))
    pieces, default = _without_longest(pieces, corner)
    x1, y1, x2, y2 = table.ends[passes.edge].T
    edges = [passes.square, low, high, passes.low, passes.high]
    edges += [x1, y1, x2 - x1, y2 - y1, table.east[passes.edge].astype(np.int64)]
    lines = [pieces.square, pieces.low, pieces.high, pieces.low, pieces.low]
    line, still = sheet.corner(pieces.square)[0], np.zeros_like(pieces.low)
    lines += [line, pieces.low, still, still + 1, pieces.face]
    entries = Entries(*(np.concatenate(both) for both in zip(edges, lines, strict=True)))
    return entries.pick(np.argsort(entries.square, kind="stable")), default


def records_of(
    table: EdgeTable, entries: Entries, default: Integers
) -> tuple[Integers, Integers, Integers]:
    """Return the squares that have a list, the first record of each, and the records.

    A list runs from east to west, so that the first edge that lies west of a point is the
    nearest to it. `index_format` tells what a record is.
    """
    entries = entries.pick(np.lexsort((-ranks_from_west(table, entries), entries.square)))
    begins = is_first(entries.square)
    first = np.flatnonzero(begins)
    west = np.where(np.roll(begins, -1), default[entries.square], CONTINUE)
    line = (entries.x, entries.y, entries.run, entries.rise)
    records = np.column_stack([entries.low, entries.high, *line, entries.east, west])
    return entries.square[first], first, records


def _west_pieces(
    sheet: Sheet, passes: Passes, crossings: WestCrossings, corner: Integers
) -> _Pieces:
    """Cut the west lines of all squares that edges separate or cross."""
    crossed = sheet.square_at(crossings.strip, crossings.row)
    has_list = np.zeros(len(corner), dtype=bool)
    has_list[passes.square] = has_list[crossed] = True
    squares = np.flatnonzero(has_list)
    square = np.concatenate([squares, crossed])
    order = np.argsort(square, kind="stable")
    square = square[order]
    low = np.concatenate([sheet.corner(squares)[1], crossings.row])[order]
    face = np.concatenate([corner[squares], crossings.above])[order]
    lower = np.concatenate([np.full_like(squares, NOWHERE), crossings.edge])[order]
    is_top = np.roll(is_first(square), -1)
    high = np.where(is_top, sheet.corner(square)[1] + sheet.side, np.roll(low, -1))
    upper = np.where(is_top, NOWHERE, np.roll(lower, -1))
    return _Pieces(square, low, high, face, lower, upper)


def _lend(
    table: EdgeTable, passes: Passes, pieces: _Pieces, low: Integers, high: Integers
) -> Booleans:
    """Widen edges' rows over the pieces that have their east face; tell which pieces are covered.

    An edge that leaves through the west line has its own east face on one side of that place:
    above it when it runs west, below it when it runs east. So most lists are a single record.
    """
    covered = np.equal(pieces.low, pieces.high)
    run = table.ends[:, 2] - table.ends[:, 0]
    key = passes.square * len(table.ends) + passes.edge
    by_key = np.argsort(key)
    for bounding, direction, ends, own in (
        (pieces.lower, -1, high, pieces.high),
        (pieces.upper, 1, low, pieces.low),
    ):
        piece = np.flatnonzero((bounding != NOWHERE) & ~covered)
        piece = piece[np.sign(run[bounding[piece]]) == direction]
        wanted = pieces.square[piece] * len(table.ends) + bounding[piece]
        at = np.searchsorted(key, wanted, sorter=by_key)
        found = np.append(key[by_key], -1)[at] == wanted
        piece, entry = piece[found], by_key[at[found]]
        ends[entry] = own[piece]
        covered[piece] = True
    return covered


def _without_longest(pieces: _Pieces, corner: Integers) -> tuple[_Pieces, Integers]:
    """Take out the longest piece of each square, and return the faces with those as defaults."""
    order = np.lexsort((pieces.high - pieces.low, pieces.square))
    is_longest = np.roll(is_first(pieces.square[order]), -1)
    longest, default = order[is_longest], corner.copy()
    default[pieces.square[longest]] = pieces.face[longest]
    return pieces.pick(order[~is_longest]), default
