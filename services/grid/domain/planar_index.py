"""From a point to its face, exactly and fast: the planar index of one boundary version."""

from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from services.grid.domain.boundary_unusable import BoundaryUnusable
from services.grid.domain.face_finder import face_finder
from services.grid.domain.index_format import CONTINUE, FIRST_PAGE, OUTSIDE, PAGE_BITS, PAGE_SIDE
from services.grid.domain.nearest_border import NearestBorder
from services.grid.domain.quantise import PER_DEGREE, Integers
from services.grid.domain.side_by_side import borders_of

__all__ = ["OUTSIDE", "PlanarIndex"]

POINTS_PER_BLOCK = 1 << 14
"""So few that what is computed about a block stays in the processor's cache."""

FORMAT = 1
Faces = NDArray[np.int32]


class PlanarIndex:
    """Tells which face holds a point; immutable, so that it can be shared and replaced at any time.

    A point is rounded to units of 1e-7 degrees, and the rest is whole numbers. On a border it
    belongs to the face on the east, on a level border to the one on the north: every point has
    one answer. A square of the raster holds its face if there is but one, else the list of
    edges that touch it, or, when these are many, a page of 8 × 8 finer squares.

    `edges` has a row per edge: x1, y1, x2, y2 in units from `origin`, and the faces on its west
    and east, or OUTSIDE. It runs north; a level edge runs west, its "east" being north.
    """

    def __init__(
        self,
        *,
        origin: tuple[int, int],
        shift: int,
        face_count: int,
        raster: Faces,
        pages: Faces,
        records: Faces,
        edges: Faces,
    ) -> None:
        self.origin, self.face_count, self.edges = origin, face_count, edges
        self.shift, self.raster, self.pages, self.records = shift, raster, pages, records
        self._to_units = 0.5 - origin[0], 0.5 - origin[1]
        self.face_at = face_finder(self._to_units, shift, raster, pages, records)
        """Returns the face that holds a point (WGS-84 degrees), or OUTSIDE, whatever the point."""

    def faces_at(self, lon: ArrayLike, lat: ArrayLike) -> Faces:
        """Return, in the shape of `lon` and `lat`, what `face_at` returns for each point."""
        lons, lats = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
        if lons.shape != lats.shape:
            raise ValueError(f"lon has shape {lons.shape} and lat {lats.shape}: give them alike")
        faces = np.full(lons.size, OUTSIDE, dtype=np.int32)
        flat_lon, flat_lat = lons.ravel(), lats.ravel()
        to_x, to_y = self._to_units
        columns, rows = self.raster.shape
        for start in range(0, faces.size, POINTS_PER_BLOCK):
            block = slice(start, start + POINTS_PER_BLOCK)
            with np.errstate(over="ignore", invalid="ignore"):
                x = np.floor(flat_lon[block] * PER_DEGREE + to_x)
                y = np.floor(flat_lat[block] * PER_DEGREE + to_y)
                within = (x >= 0) & (x < columns << self.shift)
                within &= (y >= 0) & (y < rows << self.shift)
            if within.all():
                faces[block] = self._faces_of_units(x.astype(np.int64), y.astype(np.int64))
            else:
                x, y = x[within].astype(np.int64), y[within].astype(np.int64)
                faces[block][within] = self._faces_of_units(x, y)
        return faces.reshape(lons.shape)

    def _faces_of_units(self, x: Integers, y: Integers) -> Faces:
        square = (x >> self.shift) * self.raster.shape[1] + (y >> self.shift)
        value: Faces = self.raster.take(square)
        mixed = np.flatnonzero(value < OUTSIDE)
        x, y, finer = x.take(mixed), y.take(mixed), value.take(mixed)
        self._turn_pages(x, y, finer)
        self._walk_lists(x, y, finer)
        value[mixed] = finer
        return value

    def _turn_pages(self, x: Integers, y: Integers, value: Faces) -> None:
        """Replace pages by what they hold for the points."""
        shift = self.shift
        rest = np.flatnonzero(value < FIRST_PAGE)
        while rest.size:
            shift -= PAGE_BITS
            place = (FIRST_PAGE - value.take(rest)).astype(np.int64) << 2 * PAGE_BITS
            place |= (x.take(rest) >> shift & (PAGE_SIDE - 1)) << PAGE_BITS
            place |= y.take(rest) >> shift & (PAGE_SIDE - 1)
            finer = self.pages.take(place)
            value[rest] = finer
            rest = rest[finer < FIRST_PAGE]

    def _walk_lists(self, x: Integers, y: Integers, value: Faces) -> None:
        """Replace lists by the face they hold for the points."""
        rest = np.flatnonzero(value < OUTSIDE)
        record = ~value.take(rest)
        while rest.size:
            low, high, x1, y1, run, rise, east, west = self.records.take(record, axis=0).T
            x_rest, y_rest = x.take(rest), y.take(rest)
            # int64 - int32: products below 2**62, see LARGEST_EXTENT
            holds = (x_rest - x1) * rise >= (y_rest - y1) * run
            holds &= (low <= y_rest) & (y_rest < high)
            face = np.where(holds, east, west)
            value[rest] = face
            goes_on = np.flatnonzero(face == CONTINUE)
            rest, record = rest.take(goes_on), record.take(goes_on) + 1

    def nearest_face(self, lon: float, lat: float, tolerance_m: float) -> tuple[int, float] | None:
        """Return the face that holds the point or lies nearest, and its distance in metres.

        None if no face lies within the tolerance. Of faces equally near, the first counts.
        """
        face = self.face_at(lon, lat)
        if face != OUTSIDE:
            return face, 0.0
        return self._border.nearest(lon, lat, tolerance_m)

    def borders(self) -> Faces:
        """Return the pairs of faces that share a border, shape (n, 2)."""
        return borders_of(self.edges)

    @cached_property
    def _border(self) -> NearestBorder:
        west, east = self.edges[:, 4], self.edges[:, 5]
        lone = self.edges[(west == OUTSIDE) | (east == OUTSIDE)]
        ends = lone[:, :4].astype(np.int64) + np.tile(self.origin, 2)
        return NearestBorder(ends / PER_DEGREE, lone[:, 4:].max(axis=1))

    def save(self, folder: Path) -> None:
        """Write the index as .npy files into a folder, which is made if absent."""
        folder.mkdir(parents=True, exist_ok=True)
        header = np.array([FORMAT, *self.origin, self.shift, self.face_count], dtype=np.int64)
        for name, array in (
            ("raster", self.raster),
            ("pages", self.pages),
            ("records", self.records),
            ("edges", self.edges),
            ("header", header),  # last: a folder without it is not complete
        ):
            np.save(folder / f"{name}.npy", array)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the index saved in a folder, memory-mapped: read as it is used.

        Raises:
            FileNotFoundError: A file is missing.
            BoundaryUnusable: The files are damaged, or of another format.
        """
        try:
            form, x, y, shift, face_count = np.load(folder / "header.npy").tolist()
            raster, pages, records, edges = (
                np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))
                for name in ("raster", "pages", "records", "edges")
            )
        except (ValueError, EOFError) as damage:
            raise _damaged(folder) from damage
        if form != FORMAT:
            raise _damaged(folder)
        return cls(
            origin=(x, y),
            shift=shift,
            face_count=face_count,
            raster=raster,
            pages=pages,
            records=records,
            edges=edges,
        )


def _damaged(folder: Path) -> BoundaryUnusable:
    return BoundaryUnusable(
        code="index_damaged",
        zh=f"索引文件夹“{folder.name}”已损坏或格式不符：请由边界重新建索引。",
        en=f"The index folder '{folder.name}' is damaged or of another format: "
        "build the index from the boundary again.",
    )
