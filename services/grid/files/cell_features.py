"""The cells of a boundary version as features of a map (GeoJSON, RFC 7946), page by page."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from services.grid.domain.boundary import Boundary
from services.grid.files.boundary_folder import outlines_of
from services.grid.files.shelf import BoundaryShelf
from shared.contracts.grid import CellFilter
from shared.kernel.box import Box
from shared.runtime.cursor import cursor_of, keys_of, not_ours, page_size

Numbers = NDArray[np.intp]


def features_in(
    shelf: BoundaryShelf, where: CellFilter, *, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Return a page of cells, how many there are in all, and where the next page starts.

    All pages are of one version, whatever is put in force meanwhile.
    """
    size = page_size(limit)
    boundary, first = _beginning(shelf, where, cursor)
    if boundary is None:
        return {"features": [], "matched": 0, "next_cursor": None}
    folder = shelf.folder_of(boundary.version)
    touched = _touched(folder, boundary, where.box)
    coming = touched[np.searchsorted(touched, first) :]
    more = len(coming) > size
    return {
        "features": _features(folder, boundary, coming[:size]),
        "matched": len(touched),
        "next_cursor": cursor_of(boundary.version, int(coming[size])) if more else None,
    }


def feature(folder: Path, boundary: Boundary, code: str) -> dict[str, Any] | None:
    """Return one cell as a feature; None where there is none of that code."""
    numbers = [number for number, cell in enumerate(boundary.cells) if cell.code == code]
    return next(iter(_features(folder, boundary, numbers)), None)


def extent(folder: Path, boundary: Boundary) -> list[float]:
    """Return the box around all cells: west, south, east, north."""
    bounds = _bounds(folder, boundary)
    return [*map(float, bounds[:, :2].min(axis=0)), *map(float, bounds[:, 2:].max(axis=0))]


def _beginning(
    shelf: BoundaryShelf, where: CellFilter, cursor: str | None
) -> tuple[Boundary | None, int]:
    if cursor is not None:
        version, first = keys_of(cursor, 2)
        # Tells true from 1, too.
        if type(version) is not int or type(first) is not int or not shelf.was_in_force(version):
            raise not_ours()
        boundary = shelf.version(version)
        return boundary, min(max(first, 0), len(boundary.cells))
    if where.since is None and where.until is None:
        return shelf.in_force(None), 0
    return shelf.in_force_between(where.since, where.until), 0


def _touched(folder: Path, boundary: Boundary, box: Box | None) -> Numbers:
    """Return the numbers of the cells that have a point in common with the box, in their order."""
    if box is None:
        return np.arange(len(boundary.cells))
    west, south, east, north = _bounds(folder, boundary).T
    found = np.zeros(len(boundary.cells), dtype=bool)
    for first, last in box.spans:
        is_near = (west <= last) & (east >= first) & (south <= box.north) & (north >= box.south)
        is_within = (west >= first) & (east <= last) & (south >= box.south) & (north <= box.north)
        found |= is_within
        # Of what the border of the box may cross, only the outline itself can tell.
        doubtful = np.flatnonzero(is_near & ~found)
        around = shapely.envelope(
            shapely.multipoints([[first, box.south], [last, box.north]])  # a point, line or area
        )
        outlines = outlines_of(folder, [boundary.cells[number] for number in doubtful.tolist()])
        found[doubtful] = shapely.intersects(outlines, around)
    return np.flatnonzero(found)


@lru_cache(maxsize=4)
def _bounds(folder: Path, boundary: Boundary) -> NDArray[np.float64]:
    """Return west, south, east and north of each cell; a version never changes."""
    bounds: NDArray[np.float64] = shapely.bounds(outlines_of(folder, boundary.cells))
    return bounds


def _features(
    folder: Path, boundary: Boundary, numbers: Numbers | Sequence[int]
) -> list[dict[str, Any]]:
    outlines = outlines_of(folder, [boundary.cells[number] for number in numbers])
    # Outer rings run against the clock (RFC 7946, 3.1.6).
    turned = shapely.orient_polygons(outlines)
    return [
        _feature(boundary, int(number), outline)
        for number, outline in zip(numbers, turned, strict=True)
    ]


def _feature(boundary: Boundary, number: int, outline: Any) -> dict[str, Any]:
    place = boundary.place_of_cell(number)
    above = {"community": place.community, "street": place.street, "district": place.district}
    names = {
        f"{level}_{part}": getattr(area, part, None)
        for level, area in above.items()
        for part in ("code", "name")
    }
    cell = boundary.cells[number]
    return {
        "type": "Feature",
        "id": cell.code,
        "geometry": shapely.geometry.mapping(outline),
        "properties": {"code": cell.code, "name": cell.name}
        | names
        | {"boundary_version": boundary.version},
    }
