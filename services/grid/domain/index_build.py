"""Building the planar index of a partition, block by block so that memory stays small."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from services.grid.domain.boundary_unusable import BoundaryUnusable
from services.grid.domain.edge_lists import entries_of_squares, records_of
from services.grid.domain.edge_table import EdgeTable, edge_table
from services.grid.domain.planar_index import (
    FIRST_PAGE,
    OUTSIDE,
    PAGE_BITS,
    PAGE_SIDE,
    PlanarIndex,
)
from services.grid.domain.quantise import Integers
from services.grid.domain.raster_cut import (
    Passes,
    WestCrossings,
    faces_at_bottom,
    passes,
    west_crossings,
)
from services.grid.domain.sheet import Sheet, carry, contradictions

SQUARES_PER_EDGE = 16
"""At most, in the raster: finer is faster to ask and larger."""

LONGEST_LIST = 3
"""Records; a square that needs more becomes a page. Three edges meet at most vertices."""

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
        shift, columns, rows = 0, width, height
        while columns * rows > SQUARES_PER_EDGE * len(table.ends):
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
            block[:] = self._cut(sheet, edge, np.zeros_like(edge), outside, 0).reshape(-1, rows)
        return raster

    def _cut(
        self, sheet: Sheet, edge: Integers, page: Integers, bottom: Integers, depth: int
    ) -> Faces:
        """Return the value of each square of the sheet, given the face at the foot of each strip."""
        table = self._table
        crossings = west_crossings(table, sheet, edge, page)
        corner = self._corners(sheet, crossings, bottom)
        touches = passes(table, sheet, edge, page)
        crossed = sheet.square_at(crossings.strip, crossings.row)
        crossings = crossings.pick(crossings.row > sheet.corner(crossed)[1])
        listed = touches.pick(touches.is_listed)
        entries, default = entries_of_squares(table, sheet, listed, crossings, corner)
        crowded = np.zeros(len(corner), dtype=bool)
        if sheet.shift >= PAGE_BITS:
            crowded = np.bincount(entries.square, minlength=len(corner)) > LONGEST_LIST + depth
        value = corner.astype(np.int32)
        square, first, records = records_of(table, entries.pick(~crowded[entries.square]), default)
        value[square] = ~(self._record_count + first)
        # The top of the last square may be 2**31, beyond all points and int32.
        self._records.append(np.minimum(records, LARGEST_INT32).astype(np.int32))
        self._record_count += len(records)
        square = np.flatnonzero(crowded)
        value[square] = FIRST_PAGE - self._page_count - np.arange(len(square))
        touches = touches.pick(crowded[touches.square])
        self._add_pages(sheet, square, corner[square], touches, depth + 1)
        return value

    def _corners(self, sheet: Sheet, crossings: WestCrossings, bottom: Integers) -> Integers:
        """Return the face at the south-west corner of each square."""
        strip, below, above = crossings.strip, crossings.below, crossings.above
        self._refuse(crossings.edge[contradictions(bottom, strip, below, above)])
        first = -((sheet.y[strip // sheet.columns] - crossings.row) >> sheet.shift)
        return carry(bottom, sheet.rows, strip, first, above)

    def _add_pages(
        self, sheet: Sheet, square: Integers, corner: Integers, touches: Passes, depth: int
    ) -> None:
        """Cut the squares into pages of finer squares, in their order."""
        pages = np.empty((len(square), PAGE_SIDE, PAGE_SIDE), dtype=np.int32)
        self._pages.append(pages)
        self._page_count += len(square)
        x, y = sheet.corner(square)
        touches = touches.pick(np.argsort(touches.square, kind="stable"))
        page = np.searchsorted(square, touches.square)
        for start in range(0, len(square), PAGES_PER_BLOCK):
            end = min(start + PAGES_PER_BLOCK, len(square))
            some = slice(*np.searchsorted(page, [start, end]))
            edge, of = touches.edge[some], page[some] - start
            finer = Sheet(x[start:end], y[start:end], PAGE_SIDE, PAGE_SIDE, sheet.shift - PAGE_BITS)
            bottom, wrong = faces_at_bottom(self._table, finer, edge, of, corner[start:end])
            self._refuse(wrong)
            pages[start:end] = self._cut(finer, edge, of, bottom, depth).reshape(
                -1, PAGE_SIDE, PAGE_SIDE
            )

    def _refuse(self, edge: Integers) -> None:
        if len(edge):
            x, y = self._table.ends[edge[0], :2].tolist()
            raise BoundaryUnusable.because_faces_overlap(*self._table.degrees(x, y))
