"""An export as an Excel workbook, written row by row so that its size takes no memory."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from services.gateway.domain.export import Export
from services.gateway.domain.export_columns import Column, Kind, Row, columns_of

# More than this Excel cuts from a page's header.
_LONGEST_HEADER = 250
_TIME_FORMAT = "yyyy-mm-dd hh:mm:ss"


class XlsxWriter:
    """Writes a sheet of rows and one that tells of the export; pages and properties tell of it too."""

    def __init__(self, path: Path, export: Export) -> None:
        self._export = export
        self._columns = columns_of(export)
        self._book = xlsxwriter.Workbook(
            path,
            {
                "constant_memory": True,
                "tmpdir": str(path.parent),
                # Whatever was written is text there, and neither a formula nor a link.
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "use_zip64": True,
            },
        )
        self._time = self._book.add_format({"num_format": _TIME_FORMAT})
        self._strong = self._book.add_format({"bold": True})
        self._sheet = self._book.add_worksheet("事件 Incidents")
        self._rows = 0
        self._begin()

    def write(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._rows += 1
            for number, column in enumerate(self._columns):
                self._write(self._rows, number, column, row[column.name])

    def close(self) -> None:
        """Write the rest; before it there is no file."""
        self._sheet.autofilter(0, 0, self._rows, len(self._columns) - 1)
        told = self._book.add_worksheet("导出说明 Export")
        told.set_column(0, 1, 18)
        told.set_column(2, 2, 60)
        for number, mark in enumerate(self._export.marks(self._rows)):
            for column, text in enumerate((mark.zh, mark.name, mark.value)):
                told.write_string(number, column, text)
        self._book.set_properties(self._properties())
        self._book.close()

    def _begin(self) -> None:
        for number, column in enumerate(self._columns):
            self._sheet.set_column(number, number, column.width)
            self._sheet.write_string(0, number, column.heading(self._export.language), self._strong)
        self._sheet.freeze_panes(1, 1)
        # An ampersand begins an instruction there.
        watermark = f"{self._export.export_id} | {self._export.watermark}".replace("&", "+")
        self._sheet.set_header(f"&L{watermark[:_LONGEST_HEADER]}")
        self._sheet.set_footer("&C&P / &N")

    def _write(self, row: int, number: int, column: Column, value: Any) -> None:
        if value is None:
            return
        match column.kind:
            case Kind.TEXT:
                self._sheet.write_string(row, number, value)
            case Kind.TIME:
                # A workbook's times have no offset; the heading says whose they are.
                at = datetime.fromisoformat(value).replace(tzinfo=None)
                self._sheet.write_datetime(row, number, at, self._time)
            case _:
                self._sheet.write_number(row, number, value)

    def _properties(self) -> dict[str, str]:
        return {
            "title": f"{self._export.export_id}",
            "author": self._export.account,
            "comments": "\n".join(f"{m.name}: {m.value}" for m in self._export.marks(self._rows)),
            "keywords": self._export.export_id,
        }
