"""Tables people send, read row by row: CSV as spreadsheets and databases write it, and workbooks (XLSX).

openpyxl reads the cells of the first sheet as a stream, and never a formula's text. A workbook is a ZIP, and
its parts may unpack to a thousand times what they weigh: so they are added up before they are opened.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, BinaryIO

from services.gateway.domain.kept_file import NotSupported
from shared.contracts.register import MOST_COLUMNS, MOST_ROWS
from shared.kernel.errors import FieldError, Invalid

MOST_UNPACKED = 200 << 20
LONGEST_CELL = 2000
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A table as texts: its headings, and its rows without those that are empty."""

    headings: list[str]
    rows: list[list[str]]


def read_table(content: BinaryIO) -> ReadTable:
    """Return the table in a file, whatever its name.

    Raises:
        NotSupported: it is neither CSV in UTF-8 or GB 18030, nor a workbook.
        Invalid: it has no rows, or more rows or columns than are taken at once.
    """
    content.seek(0)
    is_workbook = content.read(4) == _ZIP
    content.seek(0)
    lines = _of_workbook(content) if is_workbook else _of_csv(content)
    # One more than may be, to see that there are too many.
    filled = (line for line in lines if any(cell.strip() for cell in line))
    read = list(islice(filled, MOST_ROWS + 2))
    if len(read) < 2:
        raise _wrong("no_rows", "文件中没有数据行", "the file has no rows")
    if len(read) > MOST_ROWS + 1:
        raise _wrong(
            "too_many_rows", f"一次至多 {MOST_ROWS} 行", f"at most {MOST_ROWS} rows at once"
        )
    headings, *rows = read
    width = len(_stripped(headings))
    if width > MOST_COLUMNS:
        raise _wrong(
            "too_many_columns", f"至多 {MOST_COLUMNS} 列", f"at most {MOST_COLUMNS} columns"
        )
    return ReadTable(headings[:width], [row[:width] for row in rows])


def _stripped(cells: list[str]) -> list[str]:
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    return cells


def _of_csv(content: BinaryIO) -> Iterator[list[str]]:
    raw = content.read()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("gb18030")  # as spreadsheets in China write it
        except UnicodeDecodeError:
            raise _not_a_table() from None
    if "\x00" in text:
        raise _not_a_table()
    try:
        for line in csv.reader(io.StringIO(text, newline="")):
            yield [_cut(cell) for cell in line]
    except csv.Error:
        raise _not_a_table() from None


def _of_workbook(content: BinaryIO) -> Iterator[list[str]]:
    from openpyxl import load_workbook  # slow to load, and few need it

    try:
        _check_size(content)
        book = load_workbook(content, read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        yield from _lines(sheet.iter_rows(values_only=True))
    except (NotSupported, Invalid):
        raise
    except Exception:
        # Whatever a broken workbook makes of the library, it is no table.
        raise _not_a_table() from None


def _lines(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[str]]:
    for row in rows:
        yield [_text_of(value) for value in row[: MOST_COLUMNS + 1]]


def _check_size(content: BinaryIO) -> None:
    with zipfile.ZipFile(content) as parts:
        unpacked = sum(part.file_size for part in parts.infolist())
    content.seek(0)
    if unpacked > MOST_UNPACKED:
        raise _wrong(
            "too_large_unpacked",
            f"工作簿解开后超过 {MOST_UNPACKED >> 20} MB",
            f"the workbook unpacks to more than {MOST_UNPACKED >> 20} MB",
        )


def _text_of(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    # A number that was typed into a cell: a telephone number has no places behind a point.
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _cut(str(value))


def _cut(cell: str) -> str:
    """Return a cell no longer than any field; one that is cut is longer than its field may be."""
    return cell[:LONGEST_CELL]


def _wrong(code: str, zh: str, en: str) -> Invalid:
    return Invalid(
        code="invalid",
        zh="文件不合要求，详见 errors。",
        en="The file will not do; see errors.",
        errors=(FieldError(field="file", code=code, zh=zh, en=en),),
    )


def _not_a_table() -> NotSupported:
    return NotSupported(
        code="not_a_table",
        zh="只收 CSV（UTF-8 或 GB 18030）和 Excel 工作簿（.xlsx）；以内容为准，不看文件名。",
        en="Only CSV (UTF-8 or GB 18030) and Excel workbooks (.xlsx) are taken; the content counts, not the name.",
    )
