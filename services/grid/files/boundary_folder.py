"""The folder of a boundary version: loaded to answer, read for outlines and tiles."""

import gzip
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from services.grid.domain.area import Level
from services.grid.domain.boundary import Boundary, BoundaryArea
from services.grid.domain.planar_index import PlanarIndex
from services.grid.files.draft_folder import INDEX_FOLDER

TILES_FOLDER = "tiles"
DEEPEST_ZOOM = 24


def load_boundary(folder: Path, version: int) -> Boundary:
    """Return the version that lies in *folder*; its index is mapped, not read."""
    report = json.loads((folder / "draft.json").read_text("utf-8"))
    areas = [
        BoundaryArea(
            level=Level(area["level"]),
            code=area["code"],
            name=area["name"],
            parent_code=area["parent_code"],
            position=position,
        )
        for position, area in enumerate(report["areas"])
    ]
    above_cells = (Level.COMMUNITY, Level.STREET, Level.DISTRICT)
    return Boundary(
        version=version,
        areas=areas,
        chain={level: np.load(folder / f"cell_{level}.npy") for level in above_cells},
        index=PlanarIndex.load(folder / INDEX_FOLDER),
    )


def outline_of(folder: Path, area: BoundaryArea) -> Polygon | MultiPolygon:
    """Return the outline of one area, WGS-84 degrees."""
    offsets = np.load(folder / "outline_offsets.npy", mmap_mode="r")
    first, last = int(offsets[area.position]), int(offsets[area.position + 1])
    with (folder / "outlines.bin").open("rb") as outlines:
        outlines.seek(first)
        outline: Polygon | MultiPolygon = shapely.from_wkb(outlines.read(last - first))
    return outline


def outlines_of(folder: Path, areas: Sequence[BoundaryArea]) -> NDArray[np.object_]:
    """Return the outlines of several areas, in their order, WGS-84 degrees."""
    offsets = np.load(folder / "outline_offsets.npy", mmap_mode="r")
    written = np.memmap(folder / "outlines.bin", dtype=np.uint8, mode="r")
    found: NDArray[np.object_] = shapely.from_wkb(
        [written[offsets[area.position] : offsets[area.position + 1]].tobytes() for area in areas]
    )
    return found


def tile(folder: Path, zoom: int, x: int, y: int) -> bytes:
    """Return the vector tile with a layer for each level; empty where there is nothing.

    Each level was rendered on its own. Tiles are protocol buffers whose layers repeat, so one tile
    after the other is one tile (Mapbox Vector Tile 2.1, section 4.1).
    """
    side = 1 << zoom if 0 <= zoom <= DEEPEST_ZOOM else 0
    if not (0 <= x < side and 0 <= y < side):
        return b""
    row = side - 1 - y  # MBTiles counts rows from the south (MBTiles 1.3, "tiles table")
    return b"".join(
        _tile_of(folder / TILES_FOLDER / f"{level}.mbtiles", (zoom, x, row)) for level in Level
    )


def _tile_of(level: Path, place: tuple[int, int, int]) -> bytes:
    wanted = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
    with closing(sqlite3.connect(f"{level.as_uri()}?mode=ro&immutable=1", uri=True)) as tiles:
        found = tiles.execute(wanted, place).fetchone()
    if found is None:
        return b""
    return gzip.decompress(found[0]) if found[0][:2] == b"\x1f\x8b" else bytes(found[0])
