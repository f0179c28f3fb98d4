"""Vector tiles of a boundary version, rendered once when it is checked, by GDAL's own driver."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import geopandas
import pyogrio

from services.grid.domain.area import LEVELS, Area, Level
from services.grid.files.boundary_folder import TILES_FOLDER

# From the district as a whole down to a few streets; clients scale the last level further.
ZOOMS = (8, 13)


def render_tiles(areas: Sequence[Area], folder: Path) -> None:
    """Write `tiles/<level>.mbtiles` (MBTiles 1.3 of Mapbox Vector Tiles 2.1) below *folder*.

    Each level is a layer of its own with the attributes code, name and parent.
    """
    (folder / TILES_FOLDER).mkdir(exist_ok=True)
    with warnings.catch_warnings():
        # GDAL thins out what a tile over half a megabyte holds, and says so.
        warnings.filterwarnings("ignore", category=RuntimeWarning, module="pyogrio")
        for level in LEVELS:
            _render([area for area in areas if area.level is level], level, folder)


def _render(areas: Sequence[Area], level: Level, folder: Path) -> None:
    frame = geopandas.GeoDataFrame(
        {
            "code": [area.code for area in areas],
            "name": [area.name for area in areas],
            "parent": [area.parent_code or "" for area in areas],
        },
        geometry=[area.outline for area in areas],
        crs="EPSG:4326",
    )
    pyogrio.write_dataframe(
        frame,
        folder / TILES_FOLDER / f"{level}.mbtiles",
        layer=level.value,
        driver="MVT",
        dataset_options={
            "FORMAT": "MBTILES",
            "MINZOOM": str(ZOOMS[0]),
            "MAXZOOM": str(ZOOMS[1]),
        },
    )
