"""Cutting the edges of a partition into what each raster square needs to know of them."""

from dataclasses import dataclass

from services.grid.domain.edge_lists import entries_of_squares
from services.grid.domain.edge_order import Entries
from services.grid.domain.edge_table import EdgeTable
from services.grid.domain.quantise import Integers
from services.grid.domain.raster_cut import Passes, passes, west_crossings
from services.grid.domain.sheet import Sheet, carry, contradictions


@dataclass(frozen=True, slots=True)
class Cut:
    """What lies in the squares of a sheet.

    `corner` is the face at the south-west corner of each square; `touches` tells which edges
    pass, `entries` which of them its list would hold, `default` the face where none of these
    counts. `wrong` are edges that contradict their neighbours: none, if no faces overlap.
    """

    corner: Integers
    touches: Passes
    entries: Entries
    default: Integers
    wrong: Integers


def cut_edges(
    table: EdgeTable, sheet: Sheet, edge: Integers, page: Integers, bottom: Integers
) -> Cut:
    """Cut the edges, each touching the page beside it; `bottom` is the face at each strip's foot."""
    crossings = west_crossings(table, sheet, edge, page)
    strip, below, above = crossings.strip, crossings.below, crossings.above
    wrong = crossings.edge[contradictions(bottom, strip, below, above)]
    first = -((sheet.y[strip // sheet.columns] - crossings.row) >> sheet.shift)
    corner = carry(bottom, sheet.rows, strip, first, above)
    within = crossings.row > sheet.corner(sheet.square_at(strip, crossings.row))[1]
    touches = passes(table, sheet, edge, page)
    listed = touches.pick(touches.is_listed)
    entries, default = entries_of_squares(table, sheet, listed, crossings.pick(within), corner)
    return Cut(corner, touches, entries, default, wrong)
