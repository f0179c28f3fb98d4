"""A boundary version that answers: which cell a point lies in, and what that cell lies under."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.grid.domain.area import LEVELS, Level
from shared.kernel.place import NamedArea, Place, PlaceStatus


class CellIndex(Protocol):
    """What finds the cell of a point: `PlanarIndex`, on the numbers of the cells."""

    def face_at(self, lon: float, lat: float) -> int: ...

    def faces_at(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int32]: ...

    def borders(self) -> NDArray[np.int32]: ...

    def nearest_face(
        self, lon: float, lat: float, tolerance_m: float
    ) -> tuple[int, float] | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryArea:
    """An area of a version as the registry lists it; `position` is its place in the version's files."""

    level: Level
    code: str
    name: str
    parent_code: str | None
    position: int

    @property
    def named(self) -> NamedArea:
        return NamedArea(code=self.code, name=self.name)


class Boundary:
    """One version, loaded. Answers the same for ever: a version never changes."""

    def __init__(
        self,
        *,
        version: int,
        areas: Sequence[BoundaryArea],
        chain: Mapping[Level, NDArray[np.int32]],
        index: CellIndex,
    ) -> None:
        self.version = version
        self.areas = areas
        self._index = index
        by_level = {level: [a for a in areas if a.level is level] for level in LEVELS}
        self._cells = by_level[Level.CELL]
        self._above = {
            level: ([area.named for area in by_level[level]], chain[level])
            for level in (Level.COMMUNITY, Level.STREET, Level.DISTRICT)
        }
        self._outside = Place(
            status=PlaceStatus.OUTSIDE,
            distance_m=None,
            cell=None,
            community=None,
            street=None,
            district=None,
            boundary_version=version,
        )
        self._inside: dict[int, Place] = {}

    @property
    def cells(self) -> Sequence[BoundaryArea]:
        """Return the cells in the order of their numbers."""
        return self._cells

    def place_of_cell(self, number: int) -> Place:
        """Return the place of whatever lies in a cell: the cell and what it lies under."""
        return self._in_cell(number)

    @property
    def cell_codes(self) -> list[str]:
        """Return the codes of the cells in the order of their numbers."""
        return [cell.code for cell in self._cells]

    def borders(self) -> NDArray[np.int32]:
        """Return the pairs of numbers of cells that share a border, shape (n, 2)."""
        return self._index.borders()

    def cell_numbers_at(self, lon: Sequence[float], lat: Sequence[float]) -> NDArray[np.int32]:
        """Return the number of the cell that holds each point (WGS-84 degrees), -1 in none."""
        return self._index.faces_at(
            np.array(lon, dtype=np.float64), np.array(lat, dtype=np.float64)
        )

    def locate(self, lon: float, lat: float, *, tolerance_m: float) -> Place:
        """Return where the point (WGS-84 degrees) lies; every point has exactly one answer.

        A point in no cell belongs to the nearest one within *tolerance_m* metres, and the answer
        says how far it is; beyond that it lies outside.
        """
        face = self._index.face_at(lon, lat)
        return self._in_cell(face) if face >= 0 else self._near(lon, lat, tolerance_m)

    def locate_many(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64], *, tolerance_m: float
    ) -> list[Place]:
        """Return the same for many points at once."""
        faces = self._index.faces_at(lon, lat)
        return [
            self._in_cell(face) if face >= 0 else self._near(x, y, tolerance_m)
            for face, x, y in zip(faces.tolist(), lon.tolist(), lat.tolist(), strict=True)
        ]

    def cells_at(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> list[str | None]:
        """Return the code of the cell each point lies in, without any tolerance."""
        return [
            self._cells[face].code if face >= 0 else None
            for face in self._index.faces_at(lon, lat).tolist()
        ]

    def _near(self, lon: float, lat: float, tolerance_m: float) -> Place:
        nearest = self._index.nearest_face(lon, lat, tolerance_m)
        if nearest is None:
            return self._outside
        face, distance_m = nearest
        # The district's own east and north border is its own, though no cell holds it.
        status = PlaceStatus.SNAPPED if distance_m > 0 else PlaceStatus.INSIDE
        return replace(self._in_cell(face), status=status, distance_m=round(distance_m, 2))

    def _in_cell(self, face: int) -> Place:
        known = self._inside.get(face)
        if known is None:
            above = {
                level.value: areas[positions[face]]
                for level, (areas, positions) in self._above.items()
            }
            known = self._inside[face] = Place(
                status=PlaceStatus.INSIDE,
                distance_m=0.0,
                cell=self._cells[face].named,
                **above,
                boundary_version=self.version,
            )
        return known
