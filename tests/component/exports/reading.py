"""Exports read back by the programs that people read them with."""

import csv
import io
from pathlib import Path
from typing import Any

import geopandas
import httpx
import openpyxl

# Read as a table, they are these; what is told of an export is beside it.
WITHOUT = {"export_id", "watermark"}


def rows_of(answer: httpx.Response, folder: Path) -> list[dict[str, Any]]:
    """Return the rows of an export as texts and numbers, under their English headings."""
    assert answer.status_code == 200, answer.text[:1000]
    kind = answer.headers["content-disposition"].rpartition(".")[2].rstrip('"')
    return {"csv": of_csv, "xlsx": of_xlsx, "gpkg": of_gpkg}[kind](answer.content, folder)


def of_csv(content: bytes, _: Path) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def of_xlsx(content: bytes, _: Path) -> list[dict[str, Any]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    headings, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, headings), row, strict=True)) for row in rows]


def of_gpkg(content: bytes, folder: Path) -> list[dict[str, Any]]:
    file = folder / "read.gpkg"
    file.write_bytes(content)
    frame = geopandas.read_file(file, layer="incidents")
    assert frame.crs == "EPSG:4326"
    found: list[dict[str, Any]] = frame.drop(columns="geometry").to_dict("records")
    for row, point in zip(found, frame.geometry, strict=True):
        row |= {"lon": point.x, "lat": point.y}
    return found
