"""From a point to its cell: the planar index beside STRtree, geopandas, shapely and PostGIS, in one run.

    python -m deploy.bench.locate

All ways answer the same points over the same cells, in turns, so that a busy moment of the machine
hits all alike; medians over the turns. The ratios say how many times faster the index is; the two
`_vs_floor` say how near it comes to reading one raster square, which is the least and not exact.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from deploy.bench.locate_peers import Floats, Peer, peers
from deploy.bench.locate_points import cells_of, points
from deploy.bench.locate_swap import built_in_a_process, stall_of_a_swap
from deploy.bench.postgis import find_postgis, load_cells, private_postgis
from deploy.bench.report import show, write
from services.grid.domain.planar_index import PlanarIndex

SIZES = (1_200, 12_000, 100_000)
MAIN_SIZE = 12_000
TURNS = 7
SINGLE, BATCH = 2_000, 100_000
OURS, FLOOR, SJOIN, POSTGIS = (
    "planar index",
    "floor: one raster read",
    "geopandas.sjoin",
    "PostGIS, prepared statement",
)

Times = dict[str, float]


def main(arguments: Sequence[str] = ()) -> int:
    """Measure, print the tables, write `var/bench/locate.json`; return the exit code."""
    figures: dict[str, float | None] = {}
    ratios: dict[str, float | None] = {}
    with ExitStack() as stack:
        has_postgis = find_postgis() is not None
        server = stack.enter_context(private_postgis()) if has_postgis else None
        if server is None:
            sys.stdout.write("PostGIS is not installed: it is left out.\n")
        for size in SIZES:
            single, batch = _measure(size, server, figures)
            _show(size, single, batch)
            if size == MAIN_SIZE:
                ratios = _ratios(single, batch)
    figures |= stall_of_a_swap(MAIN_SIZE, *points(50_000))
    path = write("locate", ratios=ratios, figures=figures)
    rows = [
        [name, "–" if value is None else f"{value:,.2f}"]
        for name, value in (ratios | figures).items()
    ]
    show(f"Ratios at {MAIN_SIZE:,} cells, and figures", ["what", "value"], rows)
    sys.stdout.write(f"{path}\n")
    return 0


def _measure(
    size: int, server: Any | None, figures: dict[str, float | None]
) -> tuple[Times, Times]:
    cells = cells_of(size)
    with tempfile.TemporaryDirectory() as folder:
        built = built_in_a_process(size, Path(folder) / "index")
        index = PlanarIndex.load(Path(folder) / "index")
        label = f"{size // 1000}k" if size >= 10_000 else str(size)
        figures[f"build_s_{label}"] = built["seconds"]
        figures[f"build_peak_mb_{label}"] = built["peak_mb"]
        stored = sum(file.stat().st_size for file in (Path(folder) / "index").iterdir())
        figures[f"index_mb_{label}"] = stored / 1e6
        if server is not None:
            load_cells(server, cells)
        ways = peers(cells, index, server)
        lon, lat = points(BATCH)
        few = list(zip(lon[:SINGLE].tolist(), lat[:SINGLE].tolist(), strict=True))
        single = _in_turns(ways, lambda way: _one_by_one(way, few))
        batch = _in_turns(ways, lambda way: _all_at_once(way, lon, lat))
    return single, batch


def _in_turns(ways: list[Peer], measure: Callable[[Peer], float | None]) -> Times:
    """Return each way's median; the ways take turns."""
    taken: dict[str, list[float]] = {way.name: [] for way in ways}
    for _ in range(TURNS):
        for way in ways:
            seconds = measure(way)
            if seconds is not None:
                taken[way.name].append(seconds)
    return {name: statistics.median(times) for name, times in taken.items() if times}


def _one_by_one(way: Peer, few: list[tuple[float, float]]) -> float | None:
    if way.one is None:
        return None
    one = way.one
    began = time.perf_counter()
    for lon, lat in few:
        one(lon, lat)
    return (time.perf_counter() - began) / len(few)


def _all_at_once(way: Peer, lon: Floats, lat: Floats) -> float | None:
    if way.many is None:
        return None
    began = time.perf_counter()
    way.many(lon, lat)
    return time.perf_counter() - began


def _ratios(single: Times, batch: Times) -> dict[str, float | None]:
    postgis = single.get(POSTGIS)
    return {
        "single_vs_postgis": postgis / single[OURS] if postgis else None,
        "batch_vs_sjoin": batch[SJOIN] / batch[OURS],
        "single_vs_floor": single[FLOOR] / single[OURS],
        "batch_vs_floor": batch[FLOOR] / batch[OURS],
    }


def _show(size: int, single: Times, batch: Times) -> None:
    rows = []
    for name in {**single, **batch}:
        one, many = single.get(name), batch.get(name)
        rows.append(
            [
                name,
                f"{one * 1e6:,.2f}" if one else "–",
                f"{one / single[OURS]:,.2f}" if one else "–",
                f"{BATCH / many / 1000:,.0f}" if many else "–",
                f"{many / batch[OURS]:,.2f}" if many else "–",
            ]
        )
    header = ["way", "one, µs", "× index", "batch, 1000 points/s", "× index"]
    show(f"{size:,} cells, {BATCH:,} points, medians of {TURNS} turns", header, rows)


if __name__ == "__main__":
    np.seterr(all="ignore")
    sys.exit(main(sys.argv[1:]))
