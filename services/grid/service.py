"""The doors of the grid registry: what may be asked of it."""

import base64
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

import numpy as np
import shapely
from annotated_types import MaxLen

from services.grid import queries, wiring
from services.grid.domain.boundary import Boundary, BoundaryArea
from services.grid.domain.cells_under import cells_under
from services.grid.domain.shown_rule import shown_rule
from services.grid.files import cell_features
from services.grid.files.boundary_folder import outline_of, tile
from services.grid.files.shelf import BoundaryShelf
from services.grid.usecases.no_such_version import no_such_version
from shared.contracts.clocks import ClockOrder
from shared.contracts.grid import (
    AssignedCell,
    BoundaryImport,
    CalendarOrder,
    CellFilter,
    CellOfficer,
)
from shared.kernel.clock import china_now
from shared.kernel.coordinates import Crs, to_wgs84
from shared.kernel.deadlines.calendar_year import CalendarYear
from shared.kernel.errors import Invalid, NotFound
from shared.kernel.place import Place, Point
from shared.kernel.rights import Permission
from shared.runtime import calendars
from shared.runtime.doors import Doors, command, long_command, rpc

Points = Annotated[list[Point], MaxLen(10_000)]
Degrees = Annotated[list[float], MaxLen(20_000)]
AreaCodes = Annotated[list[str], MaxLen(10_000)]


class GridService(Doors):
    name = "grid"

    @property
    def shelf(self) -> BoundaryShelf:
        return wiring.shelf(self.settings)

    @rpc(Permission.GRID_READ)
    def locate(self, point: Point, at: datetime | None = None) -> Place:
        """Return the cell a point lies in, and what that lies under."""
        lon, lat = to_wgs84(point.lon, point.lat, point.crs)
        boundary = self.shelf.in_force(at)
        return boundary.locate(lon, lat, tolerance_m=self.settings.snap_tolerance_m)

    @rpc(Permission.GRID_READ)
    def locate_many(self, points: Points, at: datetime | None = None) -> list[Place]:
        """Return the same for up to 10,000 points, in their order."""
        boundary = self.shelf.in_force(at)
        lon, lat = _in_wgs84(points)
        return boundary.locate_many(lon, lat, tolerance_m=self.settings.snap_tolerance_m)

    @rpc(Permission.GRID_READ)
    def divisions(self, parent: str | None = None, at: datetime | None = None) -> dict[str, Any]:
        """Return the areas right under *parent*; without one, the district."""
        boundary = self.shelf.in_force(at)
        return {
            "boundary_version": boundary.version,
            "items": [
                {"code": area.code, "name": area.name, "level": area.level, "parent": parent}
                for area in boundary.areas
                if area.parent_code == parent
            ],
        }

    @rpc(Permission.GRID_READ)
    def chain_of(self, code: str) -> list[dict[str, Any]]:
        """Return an area of the boundary in force and those above it."""
        boundary = self.shelf.in_force(None)
        chain = [_area(boundary, code)]
        while chain[-1].parent_code is not None:
            chain.append(_area(boundary, chain[-1].parent_code))
        return [{"code": area.code, "name": area.name, "level": area.level} for area in chain]

    @rpc(Permission.GRID_READ)
    def chains_of(self, codes: AreaCodes) -> dict[str, list[str]]:
        """Return for each code that is known those of the areas it lies in, its own first."""
        areas = {area.code: area for area in self.shelf.in_force(None).areas}
        return {code: _codes_above(areas[code], areas) for code in codes if code in areas}

    @rpc(Permission.GRID_READ)
    def cell(self, code: str, at: datetime | None = None) -> dict[str, Any]:
        """Return an area with its outline, its officers, and what became of its code."""
        boundary = self.shelf.in_force(at)
        area = _area(boundary, code)
        outline = outline_of(self.shelf.folder_of(boundary.version), area)
        connection = self.work.connection
        return {
            "code": area.code,
            "name": area.name,
            "level": area.level,
            "parent": area.parent_code,
            "boundary_version": boundary.version,
            "outline": shapely.geometry.mapping(outline),
            "officers": queries.officers_of(connection, code, at or china_now()),
            "lineage": queries.lineage_of_code(connection, code),
        }

    @rpc(Permission.GRID_READ)
    def cell_features(
        self, where: CellFilter, limit: int = 50, cursor: str | None = None
    ) -> dict[str, Any]:
        """Return a page of cells as features of a map, and how many there are in all."""
        return cell_features.features_in(self.shelf, where, limit=limit, cursor=cursor)

    @rpc(Permission.GRID_READ)
    def cell_feature(self, code: str) -> dict[str, Any]:
        """Return a cell of the boundary in force as a feature of a map."""
        boundary = self.shelf.in_force(None)
        found = cell_features.feature(self.shelf.folder_of(boundary.version), boundary, code)
        if found is None:
            raise _no_such_area(boundary, code)
        return found

    @rpc(Permission.GRID_READ)
    def cell_extent(self) -> dict[str, Any]:
        """Return the box around all cells in force, and since when there has been a boundary."""
        boundary = self.shelf.in_force(None)
        box = cell_features.extent(self.shelf.folder_of(boundary.version), boundary)
        return {"box": box, "since": self.shelf.first_since()}

    @rpc(Permission.SERVICE_RECORDS)
    def ground(self, known: int | None = None) -> dict[str, Any]:
        """Return the cells of the boundary in force, and the pairs that lie side by side.

        A caller who knows that version already gets its number alone.
        """
        boundary = self.shelf.in_force(None)
        if boundary.version == known:
            return {"version": known}
        return {"version": boundary.version, "cells": boundary.cell_codes} | {
            "borders": boundary.borders().tolist()
        }

    @rpc(Permission.SERVICE_RECORDS)
    def cells_at(self, lon: Degrees, lat: Degrees, version: int) -> list[int]:
        """Return the number of the cell of a version that holds each point (WGS-84), or -1."""
        boundary = self.shelf.version(version)
        if len(lon) != len(lat):
            raise Invalid(
                code="invalid",
                zh="经度与纬度的个数不同。",
                en="There are not as many longitudes as latitudes.",
            )
        return [int(cell) for cell in boundary.cell_numbers_at(lon, lat)]

    @long_command(Permission.BOUNDARY_CHANGE)
    def import_boundary(self, order: BoundaryImport) -> dict[str, Any]:
        """Check a boundary set and keep it as a draft; return the findings."""
        use_case = wiring.import_boundary(self.settings, self.work)
        return use_case(order, actor=self.call.actor)

    @rpc(Permission.GRID_READ)
    def boundaries(self) -> list[dict[str, Any]]:
        """Return every boundary version, newest first."""
        return queries.boundaries(self.work.connection)

    @rpc(Permission.GRID_READ)
    def boundary(self, version: int) -> dict[str, Any]:
        """Return one boundary version with its findings."""
        found = queries.boundary(self.work.connection, version)
        if found is None:
            raise no_such_version(version)
        return found

    @command(Permission.BOUNDARY_CHANGE)
    def activate_boundary(self, version: int, accept_findings: bool = False) -> dict[str, Any]:
        """Put a boundary version in force."""
        use_case = wiring.activate_boundary(self.settings, self.work, self.outbox)
        activated = use_case(version, accept_findings=accept_findings, actor=self.call.actor)
        self.work.after_keep("shelf", self.shelf.look_again)
        return activated

    @rpc(Permission.BOUNDARY_READ)
    def boundary_impact(self, version: int) -> dict[str, Any]:
        """Return which open incidents would change their cell under a version."""
        draft = self.shelf.version(version)
        use_case = wiring.foresee_moves(self.neighbours)
        return use_case(draft, tolerance_m=self.settings.snap_tolerance_m)

    @rpc(Permission.GRID_READ)
    def boundary_lineage(self, version: int) -> list[dict[str, Any]]:
        """Return what became of the codes of the version before this one."""
        return queries.lineage_of_version(self.work.connection, version)

    @rpc(Permission.GRID_READ)
    def tile(self, version: int, z: int, x: int, y: int) -> str:
        """Return a vector tile, in base64."""
        return base64.b64encode(tile(self.shelf.folder_of(version), z, x, y)).decode()

    @command(Permission.OFFICERS_CHANGE)
    def set_cell_officers(self, code: str, officers: list[CellOfficer]) -> dict[str, Any]:
        """Replace who is responsible for a cell."""
        _area(self.shelf.in_force(None), code)
        wiring.set_cell_officers(self.work, self.outbox)(code, officers, actor=self.call.actor)
        return {
            "code": code,
            "officers": queries.officers_of(self.work.connection, code, china_now()),
        }

    @rpc(Permission.SERVICE_RECORDS)
    def assignments(
        self,
        since: datetime,
        until: datetime,
        place: str | None = None,
        account: str | None = None,
    ) -> list[AssignedCell]:
        """Return the cells under a place, and who is responsible for them at any time of a span.

        With an account, only the cells that are his, with all who share them.
        """
        boundary = self.shelf.in_force(None)
        if place is not None:
            _area(boundary, place)
        if since.tzinfo is None or until.tzinfo is None:
            raise Invalid(
                code="invalid",
                zh="时间须带时区。",
                en="Give the times with their offset.",
            )
        spans = queries.officer_spans(self.work.connection, since, until, account)
        return [
            AssignedCell(
                code=cell.code,
                name=cell.name,
                community=chain.get("community"),
                street=chain.get("street"),
                district=chain.get("district"),
                officers=spans.get(cell.code, []),
            )
            for cell, chain in cells_under(boundary, place)
            if account is None or cell.code in spans
        ]

    @rpc(Permission.OWN_SIGN_IN)
    def clock_rules(self, on: date | None = None) -> list[dict[str, Any]]:
        """Return the rules about time limits that are in force on a date, today by default."""
        clock = wiring.deadline_clock(self.settings, self.work)
        return [shown_rule(rule) for rule in clock.rules.in_force(on or china_now().date())]

    @rpc(Permission.OWN_SIGN_IN)
    def compute_clock(self, order: ClockOrder) -> dict[str, Any]:
        """Return when a limit ends and how that was counted."""
        return wiring.compute_clock(self.settings, self.work)(order)

    @rpc(Permission.OWN_SIGN_IN)
    def calendar(self, year: int) -> dict[str, Any]:
        """Return the calendar of a year with its versions."""
        clock = wiring.deadline_clock(self.settings, self.work)
        found = queries.calendar(self.work.connection, clock, year)
        if found is None:
            raise NotFound(
                code="calendar_not_published",
                zh=f"{year} 年的节假日安排尚未公布或尚未录入；涉及该年的期限为暂定。",
                en=f"The calendar of {year} is not published, or not set yet; deadlines that reach it are provisional.",
            )
        return found

    @rpc(Permission.GRID_READ)
    def set_calendars(self) -> list[CalendarYear]:
        """Return the newest version of each calendar that was set, for whoever did not hear of it."""
        return list(calendars.kept_years(self.work.connection))

    @command(Permission.CALENDAR_SET)
    def set_calendar(self, year: int, order: CalendarOrder) -> dict[str, Any]:
        """Put another calendar of a year in force."""
        kept = wiring.set_calendar(self.work, self.outbox)(year, order, actor=self.call.actor)
        return queries.shown_calendar(kept, wiring.deadline_clock(self.settings, self.work))


def _in_wgs84(points: list[Point]) -> tuple[np.ndarray, np.ndarray]:
    """Return the longitudes and latitudes in WGS-84; points of each system are turned together."""
    lon = np.array([point.lon for point in points], dtype=np.float64)
    lat = np.array([point.lat for point in points], dtype=np.float64)
    systems = np.array([point.crs.value for point in points])
    for crs in Crs:
        here = systems == crs.value
        if here.any():
            lon[here], lat[here] = to_wgs84(lon[here], lat[here], crs)
    return lon, lat


def _codes_above(area: BoundaryArea, areas: Mapping[str, BoundaryArea]) -> list[str]:
    codes = [area.code]
    while area.parent_code is not None:
        area = areas[area.parent_code]
        codes.append(area.code)
    return codes


def _area(boundary: Boundary, code: str) -> BoundaryArea:
    found = next((area for area in boundary.areas if area.code == code), None)
    if found is None:
        raise _no_such_area(boundary, code)
    return found


def _no_such_area(boundary: Boundary, code: str) -> NotFound:
    return NotFound(
        code="no_such_area",
        zh=f"边界版本 {boundary.version} 中没有编码为 {code} 的区域。",
        en=f"Boundary version {boundary.version} has no area of the code {code}.",
    )
