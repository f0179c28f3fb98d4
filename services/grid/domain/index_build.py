"""Building the planar index of a partition, block by block so that memory stays small."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from services.grid.domain.boundary_unusable import BoundaryUnusable
from services.grid.domain.edge_lists import records_of
from services.grid.domain.edge_table import EdgeTable, edge_table
from services.grid.domain.index_format import FIRST_PAGE, OUTSIDE, PAGE_BITS, PAGE_SIDE
from services.grid.domain.planar_index import PlanarIndex
from services.grid.domain.quantise import Booleans, Integers
from services.grid.domain.raster_cut import faces_at_bottom
from services.grid.domain.sheet import Sheet
from services.grid.domain.square_cut import Cut, cut_edges

SQUARES_PER_EDGE = 16
"""At most, in the raster: finer is faster to ask, and larger."""

FEW_SQUARES = 1 << 24
"""Up to so many, 64 MB, there may be four times as many to an edge."""

LONGEST_LIST = 3
"""Records; a square that needs more becomes a page. Three edges meet at most vertices."""

MOST_GROWTH = 3
"""How many times its own edges the crowded squares of a page may hold together."""

LARGEST_INT32 = 2**31 - 1

SQUARES_PER_BLOCK = 1 << 20
PAGES_PER_BLOCK = 1 << 13

Faces = NDArray[np.int32]


def build_index(faces: Sequence[Polygon | MultiPolygon]) -> PlanarIndex:
    """Return the index of faces in WGS-84 degrees; face numbers are their places in the sequence.

    The faces must not overlap; they may leave gaps, have holes and parts, or be empty.

    Raises:
        BoundaryUnusable: Faces overlap, reach too far for exact arithmetic, or all are empty.
    """
    table = edge_table(faces)
    if table.doubled.any():
        x, y = table.ends[table.doubled][0, :2].tolist()
        raise BoundaryUnusable.because_faces_overlap(*table.degrees(x, y))
    return _Builder(table).index(len(faces))


class _Builder:
    """Collects pages and lists while blocks of squares are cut; numbers run on across blocks."""

    def __init__(self, table: EdgeTable) -> None:
        self._table = table
        self._pages = [np.full((1, PAGE_SIDE, PAGE_SIDE), OUTSIDE, dtype=np.int32)]
        self._records = [np.zeros((1, 8), dtype=np.int32)]
        self._page_count = self._record_count = 1

    def index(self, face_count: int) -> PlanarIndex:
        table = self._table
        width, height = (int(table.ends[:, axis::2].max()) + 1 for axis in (0, 1))
        usual = SQUARES_PER_EDGE * len(table.ends)
        most = max(usual, min(4 * usual, FEW_SQUARES))
        shift, columns, rows = 0, width, height
        while columns * rows > most:
            shift += 1
            columns, rows = (width >> shift) + 1, (height >> shift) + 1
        raster = self._raster(shift, columns, rows)
        order = np.argsort(~table.is_open, kind="stable")
        edges = np.column_stack([table.ends, table.west, table.east])[order].astype(np.int32)
        return PlanarIndex(
            origin=table.origin,
            shift=shift,
            face_count=face_count,
            raster=raster,
            pages=np.concatenate(self._pages),
            records=np.concatenate(self._records),
            edges=edges,
        )

    def _raster(self, shift: int, columns: int, rows: int) -> Faces:
        raster = np.empty((columns, rows), dtype=np.int32)
        west, east = np.sort(self._table.ends[:, ::2], axis=1).T
        step = max(SQUARES_PER_BLOCK // rows, 1)
        for start in range(0, columns, step):
            block = raster[start : start + step]
            x, end = start << shift, start + len(block) << shift
            sheet = Sheet(np.array([x]), np.array([0]), len(block), rows, shift)
            edge = np.flatnonzero((east >= x) & (west < end))
            outside = np.full(len(block), OUTSIDE, dtype=np.int64)
            cut = self._cut(sheet, edge, np.zeros_like(edge), outside)
            value, _ = self._fill(sheet, cut, np.array([LARGEST_INT32]), 0)
            block[:] = value.reshape(-1, rows)
        return raster

    def _cut(self, sheet: Sheet, edge: Integers, page: Integers, bottom: Integers) -> Cut:
        cut = cut_edges(self._table, sheet, edge, page, bottom)
        self._refuse(cut.wrong)
        return cut

    def _fill(self, sheet: Sheet, cut: Cut, load: Integers, depth: int) -> tuple[Faces, Booleans]:
        """Return the value of each square, and which pages are worth having.

        `load` is the number of records that each page is to replace. Where edges run side by
        side, the squares of a page hold as many of them as the page, and pages would multiply
        without end: such pages are given up.
        """
        count = np.bincount(cut.entries.square, minlength=len(cut.corner))
        crowded = (count > LONGEST_LIST + depth) & (sheet.shift >= PAGE_BITS)
        crowd = np.where(crowded, count, 0).reshape(len(load), -1).sum(axis=1)
        is_worth_it = crowd <= MOST_GROWTH * load
        wanted = np.repeat(is_worth_it, sheet.columns * sheet.rows)
        value = cut.corner.astype(np.int32)
        self._add_pages(value, sheet, cut, crowded & wanted, count, depth + 1)
        self._add_lists(value, cut, wanted & (value >= FIRST_PAGE))
        return value, is_worth_it

    def _add_lists(self, value: Faces, cut: Cut, wanted: Booleans) -> None:
        entries = cut.entries.pick(wanted[cut.entries.square])
        square, first, records = records_of(self._table, entries, cut.default)
        value[square] = ~(self._record_count + first)
        # The top of the last square may be 2**31, beyond all points and int32.
        self._records.append(np.minimum(records, LARGEST_INT32).astype(np.int32))
        self._record_count += len(records)

    def _add_pages(
        self, value: Faces, sheet: Sheet, cut: Cut, which: Booleans, count: Integers, depth: int
    ) -> None:
        """Cut squares into pages of finer squares."""
        square = np.flatnonzero(which)
        touches = cut.touches.pick(which[cut.touches.square])
        touches = touches.pick(np.argsort(touches.square, kind="stable"))
        page = np.searchsorted(square, touches.square)
        for start in range(0, len(square), PAGES_PER_BLOCK):
            some = square[start : start + PAGES_PER_BLOCK]
            these = slice(*np.searchsorted(page, [start, start + len(some)]))
            edge, of = touches.edge[these], page[these] - start
            finer = Sheet(*sheet.corner(some), PAGE_SIDE, PAGE_SIDE, sheet.shift - PAGE_BITS)
            bottom, wrong = faces_at_bottom(self._table, finer, edge, of, cut.corner[some])
            self._refuse(wrong)
            inner = self._cut(finer, edge, of, bottom)
            squares, is_worth_it = self._fill(finer, inner, count[some], depth)
            pages = squares.reshape(-1, PAGE_SIDE, PAGE_SIDE)[is_worth_it]
            value[some[is_worth_it]] = FIRST_PAGE - self._page_count - np.arange(len(pages))
            self._pages.append(pages)
            self._page_count += len(pages)

    def _refuse(self, edge: Integers) -> None:
        if len(edge):
            x, y = self._table.ends[edge[0], :2].tolist()
            raise BoundaryUnusable.because_faces_overlap(*self._table.degrees(x, y))
