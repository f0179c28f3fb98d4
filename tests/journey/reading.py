"""Answers of any form as text, so that a test can look for a word in them."""

import io
import sqlite3
import zipfile
from contextlib import closing

import httpx


def text_of(answer: httpx.Response) -> str:
    """Return all that an answer holds, whatever holds it: a workbook unpacked, a database as it lies."""
    if zipfile.is_zipfile(io.BytesIO(answer.content)):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
            return "\n".join(
                packed.read(name).decode("utf-8", "replace") for name in packed.namelist()
            )
    return answer.content.decode("utf-8", "replace")


def is_export(answer: httpx.Response) -> bool:
    return "export-id" in answer.headers


def without_watermark(answer: httpx.Response) -> list[str]:
    """Return the rows of an export, without what tells of it."""
    export_id = answer.headers["export-id"]
    if answer.content.startswith(b"SQLite format 3"):
        with closing(sqlite3.connect(":memory:")) as package:
            package.deserialize(answer.content)
            rows = package.execute("SELECT * FROM incidents ORDER BY fid").fetchall()
        return [str(row).replace(export_id, "") for row in rows]
    if zipfile.is_zipfile(io.BytesIO(answer.content)):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
            sheet = packed.read("xl/worksheets/sheet1.xml").decode()
        return (
            sheet.partition("<sheetData>")[2]
            .partition("</sheetData>")[0]
            .replace(export_id, "")
            .split("<row ")
        )
    lines = answer.content.decode("utf-8-sig").splitlines()
    # The watermark is the last column, and holds neither quotes nor line breaks of its own.
    return [line.partition(export_id)[0] for line in lines]
