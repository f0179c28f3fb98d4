"""The look-up of a single point, which every report and every track of a patrol waits for."""

from collections.abc import Callable
from math import floor
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from services.grid.domain.index_format import FIRST_PAGE, OUTSIDE, PAGE_BITS, PAGE_SIDE
from services.grid.domain.quantise import PER_DEGREE

Faces = NDArray[np.int32]

_RECORD = Struct("8i")


def face_finder(
    to_units: tuple[float, float], shift: int, raster: Faces, pages: Faces, records: Faces
) -> Callable[[float, float], int]:
    """Return the function that tells the face of a point (longitude, latitude), or OUTSIDE.

    It is a closure, and all in one piece, because attributes and calls would take as long as
    the look-up itself; memoryviews, because they give plain integers three times as fast as
    arrays do. `to_units` is what rounds a coordinate and moves it to the raster's corner.
    """
    to_x, to_y = to_units
    squares, finer, lists = raster.data, pages.data, records.data.cast("B")
    unpack: Callable[[memoryview, int], tuple[int, ...]] = _RECORD.unpack_from
    size = _RECORD.size
    first_page, page_bits, page_mask = FIRST_PAGE, PAGE_BITS, PAGE_SIDE - 1
    outside, per_degree, down = OUTSIDE, PER_DEGREE, floor

    def face_at(lon: float, lat: float) -> int:
        try:
            x, y = down(lon * per_degree + to_x), down(lat * per_degree + to_y)
            if x < 0 or y < 0:
                return outside
            value: int = squares[x >> shift, y >> shift]
        except (IndexError, OverflowError, ValueError):  # too far, infinite, not a number
            return outside
        if value >= outside:
            return value
        finer_shift = shift
        while value < first_page:
            finer_shift -= page_bits
            place = first_page - value, x >> finer_shift & page_mask, y >> finer_shift & page_mask
            value = finer[place]
        offset = ~value * size
        while value < outside:  # as CONTINUE is
            low, high, x1, y1, run, rise, east, value = unpack(lists, offset)
            if low <= y < high and (x - x1) * rise >= (y - y1) * run:
                return east
            offset += size
        return value

    return face_at
