"""What a new boundary version costs: built in a process of its own, swapped under look-ups."""

import json
import subprocess
import sys
import tempfile
import time
from itertools import cycle
from pathlib import Path

import numpy as np

from services.grid.domain.planar_index import PlanarIndex

BUILDER = """
import json, resource, sys, time
from pathlib import Path
from deploy.bench.locate_points import cells_of
from services.grid.domain.index_build import build_index
cells = cells_of(int(sys.argv[1]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.perf_counter()
index = build_index(cells)
seconds = time.perf_counter() - began
index.save(Path(sys.argv[2]))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": seconds, "peak_mb": peak / 1024, "before_mb": before / 1024}))
"""


def built_in_a_process(cells: int, folder: Path) -> dict[str, float]:
    """Build and save an index in a child; return its seconds and its peak memory in megabytes."""
    command = [sys.executable, "-W", "ignore", "-c", BUILDER, str(cells), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def stall_of_a_swap(cells: int, lon: np.ndarray, lat: np.ndarray) -> dict[str, float]:
    """Look points up without pause while a new version is built and swapped in.

    Returns the longest gap between two look-ups in milliseconds: over the whole time, in the
    swap itself, and, to compare, in as long a time without any swap.
    """
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder) / "first", Path(folder) / "second"
        built_in_a_process(cells, first)
        index = PlanarIndex.load(first)
        points = list(zip(lon.tolist(), lat.tolist(), strict=True))
        command = [sys.executable, "-W", "ignore", "-c", BUILDER, str(cells), str(second)]
        builder = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603
        while_building = _longest_gap(index, points, lambda: builder.poll() is None)
        began = time.perf_counter()
        index = PlanarIndex.load(second)
        index.face_at(*points[0])
        swap_ms = (time.perf_counter() - began) * 1000
        until = time.perf_counter() + 2
        alone = _longest_gap(index, points, lambda: time.perf_counter() < until)
    return {
        "swap_stall_ms": swap_ms,
        "longest_gap_while_building_ms": while_building,
        "longest_gap_alone_ms": alone,
    }


def _longest_gap(index: PlanarIndex, points: list[tuple[float, float]], goes_on: object) -> float:
    longest, last = 0.0, time.perf_counter()
    for number, (lon, lat) in enumerate(cycle(points)):
        index.face_at(lon, lat)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
        if number % 1000 == 0 and not goes_on():  # type: ignore[operator]
            return longest * 1000
    return longest * 1000
