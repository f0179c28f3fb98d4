"""An export as a GeoPackage (OGC 12-128r18): a layer of points in EPSG:4326, and a table that tells of it."""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from pyogrio import raw

from services.gateway.domain.export import Export
from services.gateway.domain.export_columns import Column, Kind, Row, columns_of

LAYER = "incidents"
TOLD = "export"
# Each appending opens the file anew.
_AT_ONCE = 5_000
_POINT = struct.Struct("<BIdd")  # well-known binary, little end first
_TYPES = {Kind.TEXT: np.dtype(object), Kind.WHOLE: np.dtype(np.int64)}
_UTC = 100  # as OGR writes an offset


class GpkgWriter:
    """Writes rows in batches; a point says where each is, so its degrees are in no column."""

    def __init__(self, path: Path, export: Export) -> None:
        self._path = path
        self._export = export
        self._columns = [each for each in columns_of(export) if each.kind is not Kind.DEGREES]
        self._waiting: list[Row] = []
        self._rows = 0
        self._append([])

    def write(self, rows: Sequence[Row]) -> None:
        self._waiting += rows
        self._rows += len(rows)
        if len(self._waiting) >= _AT_ONCE:
            self._append_waiting()

    def close(self) -> None:
        """Write the rest, and the table that tells of the export."""
        self._append_waiting()
        marks = self._export.marks(self._rows)
        raw.write(
            self._path,
            None,
            [np.array([getattr(m, name) for m in marks], object) for name in _MARK],
            list(_MARK),
            layer=TOLD,
            driver="GPKG",
            encoding="UTF-8",
        )

    def _append_waiting(self) -> None:
        if self._waiting:
            rows, self._waiting = self._waiting, []
            self._append(rows)

    def _append(self, rows: list[Row]) -> None:
        points = [_POINT.pack(1, 1, row["lon"], row["lat"]) for row in rows]
        is_new = not self._path.exists()
        raw.write(
            self._path,
            np.array(points, object),
            [_values(column, rows) for column in self._columns],
            [column.name for column in self._columns],
            [_is_missing(column, rows) for column in self._columns],
            layer=LAYER,
            driver="GPKG",
            geometry_type="Point",
            crs="EPSG:4326",
            encoding="UTF-8",
            append=not is_new,
            gdal_tz_offsets={
                column.name: np.full(len(rows), _UTC)
                for column in self._columns
                if column.kind is Kind.TIME
            },
            dataset_metadata={m.name: m.value for m in self._export.marks(self._export.total)}
            if is_new
            else None,
            layer_options={"DESCRIPTION": self._export.watermark} if is_new else None,
        )


_MARK = ("name", "zh", "value")


def _values(column: Column, rows: list[Row]) -> Any:
    values = [row[column.name] for row in rows]
    if column.kind is Kind.TIME:
        return np.array([_instant(value) for value in values], "datetime64[ms]")
    if column.kind is Kind.WHOLE:
        values = [0 if value is None else value for value in values]
    return np.array(values, _TYPES[column.kind])


def _is_missing(column: Column, rows: list[Row]) -> Any:
    return np.array([row[column.name] is None for row in rows], bool)


def _instant(value: str | None) -> datetime | None:
    if value is None:
        return None
    return datetime.fromisoformat(value).astimezone(UTC).replace(tzinfo=None)
