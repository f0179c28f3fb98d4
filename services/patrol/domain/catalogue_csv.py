"""A catalogue of categories from the text of a CSV file (RFC 4180)."""

import csv
import io

from shared.contracts.catalogue import MOST_ENTRIES, CatalogueEntry
from shared.kernel.errors import FieldError, Invalid

_NEEDED = ("code", "zh", "en", "owner")
_COLUMNS = (*_NEEDED, "sensitivity", "parent")
_LONGEST = {"code": 16, "zh": 100, "en": 100, "owner": 64, "sensitivity": 16, "parent": 16}


def entries_of(text: str) -> list[CatalogueEntry]:
    """Return the categories of a file with a heading; the byte order mark of Excel is passed over.

    Raises:
        Invalid: a column is missing or unknown, the file is no CSV, or values are too long; each by its line.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        names = [name.strip() for name in reader.fieldnames or ()]
        _check_columns(names)
        reader.fieldnames = names
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error:
        raise _wrong([_finding("csv", "malformed", "不是合法的 CSV", "is no CSV")]) from None
    findings = [finding for line, row in rows for finding in _findings(line, row)]
    if len(rows) > MOST_ENTRIES:
        most = (f"至多 {MOST_ENTRIES} 行", f"{MOST_ENTRIES} lines at most")
        findings.append(_finding("csv", "too_long", *most))
    if findings:
        raise _wrong(findings)
    return [_entry(row) for _, row in rows]


def _check_columns(names: list[str]) -> None:
    findings = [
        _finding(f"csv.{name}", "missing_column", f"缺少列 {name}", f"the column {name} is missing")
        for name in _NEEDED
        if name not in names
    ] + [
        _finding("csv", "unknown_column", "有未知的列", "there is an unknown column")
        for name in names
        if name not in _COLUMNS
    ]
    if len(set(names)) < len(names):
        findings.append(_finding("csv", "column_twice", "有重复的列", "a column is there twice"))
    if findings:
        raise _wrong(findings)


def _findings(line: int, row: dict[str, str | None]) -> list[FieldError]:
    # What stands beyond the heading has no name, and what is missing no value.
    ragged = None in row or any(value is None for value in row.values())
    if ragged:
        said = ("列数与表头不符", "has another number of values than the heading")
        return [_finding(f"csv.{line}", "ragged", *said)]
    return [
        _finding(
            f"csv.{line}.{name}",
            "string_too_long",
            f"至多 {_LONGEST[name]} 个字符",
            f"{_LONGEST[name]} characters at most",
        )
        for name, value in row.items()
        if len((value or "").strip()) > _LONGEST[name]
    ]


def _entry(row: dict[str, str | None]) -> CatalogueEntry:
    said = {name: (row.get(name) or "").strip() for name in _COLUMNS}
    return CatalogueEntry(
        code=said["code"],
        zh=said["zh"],
        en=said["en"],
        owner=said["owner"],
        sensitivity=said["sensitivity"] or "none",
        parent=said["parent"] or None,
    )


def _finding(field: str, code: str, zh: str, en: str) -> FieldError:
    return FieldError(field=field, code=code, zh=zh, en=en)


def _wrong(findings: list[FieldError]) -> Invalid:
    return Invalid(
        code="invalid",
        zh="CSV 文件不合要求，详见 errors。",
        en="The CSV file is wrong; see errors.",
        errors=tuple(findings),
    )
