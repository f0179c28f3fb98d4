"""An export as CSV (RFC 4180): UTF-8 with a mark in front, by which Excel knows it, and no formula in it."""

import csv
from codecs import BOM_UTF8
from collections.abc import Sequence
from io import StringIO

from services.gateway.domain.defused import defused
from services.gateway.domain.export import Export
from services.gateway.domain.export_columns import WATERMARK, Kind, Row, columns_of


class CsvWriter:
    """Writes rows; what is written so far is taken away piece by piece.

    A line that is no row would be one to whoever reads the table, so the watermark is its last column.
    """

    def __init__(self, export: Export) -> None:
        self._columns = columns_of(export)
        self._watermark = defused(export.watermark)
        self._text = StringIO(newline="")
        self._lines = csv.writer(self._text)
        headings = [each.heading(export.language) for each in (*self._columns, WATERMARK)]
        self._lines.writerow(headings)
        self._is_new = True

    def write(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._lines.writerow([*map(_cell, self._values(row)), self._watermark])

    def _values(self, row: Row) -> list[object]:
        return [
            defused(row[column.name] or "") if column.kind is Kind.TEXT else row[column.name]
            for column in self._columns
        ]

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        piece = self._text.getvalue().encode()
        self._text.seek(0)
        self._text.truncate()
        if self._is_new:
            self._is_new = False
            return BOM_UTF8 + piece
        return piece


def _cell(value: object) -> object:
    return "" if value is None else value
