"""The ways from a point to its cell that are measured side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon

from services.grid.domain.planar_index import PlanarIndex
from services.grid.domain.quantise import PER_DEGREE

Floats = NDArray[np.float64]
One = Callable[[float, float], Any]
Many = Callable[[Floats, Floats], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One way; `one` answers a point, `many` a batch, where it can."""

    name: str
    one: One | None = None
    many: Many | None = None


def peers(cells: Sequence[Polygon], index: PlanarIndex, server: Any | None) -> list[Peer]:
    """Return every way over the same cells."""
    found = [
        Peer(name="planar index", one=index.face_at, many=index.faces_at),
        _floor(index),
        _tree(cells),
        _prepared(cells),
        _joined(cells),
    ]
    return found if server is None else [*found, _postgis(server)]


def _floor(index: PlanarIndex) -> Peer:
    """Return the least any raster look-up does – round, read one square – which is not exact."""
    squares, shift = index.raster.data, index.shift
    add_x, add_y = 0.5 - index.origin[0], 0.5 - index.origin[1]
    columns, rows = index.raster.shape

    def one(lon: float, lat: float) -> int:
        try:
            value: int = squares[
                int(lon * PER_DEGREE + add_x) >> shift, int(lat * PER_DEGREE + add_y) >> shift
            ]
        except IndexError:
            return -1
        return value

    def many(lon: Floats, lat: Floats) -> Any:
        x = (lon * PER_DEGREE + add_x).astype(np.int64) >> shift
        y = (lat * PER_DEGREE + add_y).astype(np.int64) >> shift
        return index.raster.take(np.clip(x, 0, columns - 1) * rows + np.clip(y, 0, rows - 1))

    return Peer(name="floor: one raster read", one=one, many=many)


def _tree(cells: Sequence[Polygon]) -> Peer:
    tree = shapely.STRtree(cells)

    def one(lon: float, lat: float) -> Any:
        return tree.query(shapely.Point(lon, lat), predicate="intersects")

    def many(lon: Floats, lat: Floats) -> Any:
        return tree.query(shapely.points(lon, lat), predicate="intersects")

    return Peer(name="STRtree", one=one, many=many)


def _prepared(cells: Sequence[Polygon]) -> Peer:
    outlines = np.array(cells, dtype=object)
    shapely.prepare(outlines)
    tree = shapely.STRtree(outlines)

    def one(lon: float, lat: float) -> Any:
        point = shapely.Point(lon, lat)
        near = tree.query(point)
        return near[shapely.intersects_xy(outlines[near], lon, lat)]

    return Peer(name="STRtree boxes, prepared shapely", one=one)


def _joined(cells: Sequence[Polygon]) -> Peer:
    frame = geopandas.GeoDataFrame(geometry=list(cells), crs="EPSG:4326")
    frame.sindex  # noqa: B018 – the index is built here, not in the first measurement

    def many(lon: Floats, lat: Floats) -> Any:
        points = geopandas.GeoDataFrame(
            geometry=geopandas.points_from_xy(lon, lat), crs="EPSG:4326"
        )
        return geopandas.sjoin(points, frame, predicate="intersects", how="left")

    return Peer(name="geopandas.sjoin", many=many)


def _postgis(server: Any) -> Peer:
    cursor = server.cursor()

    def one(lon: float, lat: float) -> Any:
        cursor.execute("EXECUTE locate (%s, %s)", (lon, lat))
        return cursor.fetchone()

    return Peer(name="PostGIS, prepared statement", one=one)
