"""A small district of eight cells, and the grid service that knows it."""

from datetime import datetime
from typing import Any, ClassVar

from shared.contracts.grid import AssignedCell, OfficerSpan
from shared.kernel.errors import NotFound
from shared.kernel.place import Place, Point
from shared.kernel.rights import Permission
from shared.runtime.doors import Doors, rpc
from tests.builders.place import a_place, outside

DISTRICT = "420802"
STREETS = (f"{DISTRICT}001", f"{DISTRICT}002")
COMMUNITIES = tuple(f"{street}{number:03}" for street in STREETS for number in (1, 2))
CELLS = tuple(f"{community}{number:03}" for community in COMMUNITIES for number in (1, 2))


def place_of_cell(cell: str) -> Place:
    return a_place(cell=cell, community=cell[:12], street=cell[:9], district=cell[:6])


def a_point_in(cell: str) -> Point:
    """Return a point of that cell: they lie beside each other, from west to east."""
    return Point(lon=112 + CELLS.index(cell) / 100, lat=31.05)


NOWHERE = Point(lon=100, lat=31.05)


class Grid(Doors):
    """Finds cells as the grid registry does."""

    name = "grid"
    # What rounds of early warning are told; a test of a new boundary gives others.
    version = 1
    cells: ClassVar[list[str]] = list(CELLS)
    officers: ClassVar[dict[str, list[OfficerSpan]]] = {}

    def _locate(self, point: Point) -> Place:
        number = round((point.lon - 112) * 100)
        return place_of_cell(CELLS[number]) if 0 <= number < len(CELLS) else outside()

    @rpc(Permission.GRID_READ)
    def locate_many(self, points: list[Point]) -> list[Place]:
        """Return the cell of each point."""
        return [self._locate(point) for point in points]

    @rpc(Permission.GRID_READ)
    def chain_of(self, code: str) -> list[dict[str, Any]]:
        """Return an area and those above it."""
        _check_code(code)
        levels = {6: "district", 9: "street", 12: "community", 15: "cell"}
        return [
            {"code": code[:length], "name": f"area {code[:length]}", "level": level}
            for length, level in reversed(levels.items())
            if length <= len(code)
        ]

    @rpc(Permission.GRID_READ)
    def chains_of(self, codes: list[str]) -> dict[str, list[str]]:
        """Return for each code that is known those of the areas it lies in."""
        areas = {DISTRICT, *STREETS, *COMMUNITIES, *CELLS}
        return {
            code: [code[:length] for length in (15, 12, 9, 6) if length <= len(code)]
            for code in codes
            if code in areas
        }

    @rpc(Permission.SERVICE_RECORDS)
    def assignments(
        self,
        since: datetime,
        until: datetime,
        place: str | None = None,
        account: str | None = None,
    ) -> list[AssignedCell]:
        """Return the cells, and those who are responsible for them as a test says."""
        if place is not None:
            _check_code(place)
        return [
            AssignedCell(
                code=cell,
                name=f"area {cell}",
                community=cell[:12],
                street=cell[:9],
                district=cell[:6],
                officers=[span for span in spans if span.valid_from < until],
            )
            for cell in CELLS
            if cell.startswith(place or "")
            for spans in [self.officers.get(cell, [])]
            if account is None or any(span.account == account for span in spans)
        ]

    @rpc(Permission.SERVICE_RECORDS)
    def ground(self, known: int | None = None) -> dict[str, Any]:
        """Return the cells, each beside the next."""
        if known == self.version:
            return {"version": known}
        borders = [[cell, cell + 1] for cell in range(len(CELLS) - 1)]
        return {"version": self.version, "cells": self.cells, "borders": borders}

    @rpc(Permission.SERVICE_RECORDS)
    def cells_at(self, lon: list[float], lat: list[float], version: int) -> list[int]:
        """Return the number of the cell of each point."""
        return [self.cells.index(CELLS[round((each - 112) * 100)]) for each in lon]


def _check_code(code: str) -> None:
    if not any(cell.startswith(code) for cell in CELLS):
        raise NotFound(code="no_such_area", zh="没有", en="none")
