"""A real city's statistical areas become the boundary: checked, activated, and located in."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import shapely

from tests.cli import wangge
from tests.platform import Platform, of
from tests.real_data import real

COUNTS = {"district": 1, "street": 107, "community": 482, "cell": 2543}
INVALID_CELLS = 8
POINTS = 100_000
BATCH = 10_000
# Vertices are rounded to 1e-7 degrees (1 cm), which moves a border by less than that.
ROUNDED_BY = 1e-7


@pytest.fixture
def leeds(own_platform: Platform, tmp_path: Path) -> tuple[Platform, dict[str, Any]]:
    """Import the three levels under one district and put them in force."""
    report = tmp_path / "report.json"
    levels = {"msoa": "street", "lsoa": "community", "oa": "cell"}
    fields = {"msoa": "MSOA11", "lsoa": "LSOA11", "oa": "OA11"}
    arguments: list[str | Path] = ["import-boundary"]
    arguments += [real(f"uk_E08000035_{file}.geojson") for file in levels]
    for file, level in levels.items():
        name = f"{fields[file]}NM" if file != "oa" else "-"
        arguments += ["--level", level, "--code-field", f"{fields[file]}CD", "--name-field", name]
    arguments += ["--scheme", "free", "--district-code", "E08000035", "--district-name", "Leeds"]
    wangge(own_platform, *arguments, "--activate", "--accept-findings", "--report", report)
    return own_platform, json.loads(report.read_text("utf-8"))


def test_leeds(leeds: tuple[Platform, dict[str, Any]]) -> None:
    platform, report = leeds
    client = platform.as_account("district")

    assert report["counts"] == COUNTS
    repaired = [f for f in report["findings"] if f["kind"] == "geometry_repaired"]
    assert sum(finding["level"] == "cell" for finding in repaired) == INVALID_CELLS
    assert all(finding["codes"] and finding["feature"] for finding in repaired)
    every_cell_lies_under_its_parents(client)
    points_agree_with_a_plain_tree(client)
    another_city_no_longer_answers_but_by_date(client)


def every_cell_lies_under_its_parents(client: httpx.Client) -> None:
    seen: Counter[str] = Counter()
    parents: list[str | None] = [None]
    while parents:
        children = []
        for parent in parents:
            asked = {"parent": parent} if parent else {}
            for area in of(client.get("/grid/divisions", params=asked), 200)["items"]:
                seen[area["level"]] += 1
                children.append(area["code"])
        parents = [] if seen["cell"] else children
    assert seen == COUNTS


def points_agree_with_a_plain_tree(client: httpx.Client) -> None:
    codes, outlines = cells()
    tree = shapely.STRtree(outlines)
    west, south, east, north = shapely.total_bounds(outlines)
    random = np.random.default_rng(20261123)
    lon, lat = random.uniform(west, east, POINTS), random.uniform(south, north, POINTS)
    points = shapely.points(lon, lat)
    held, holders = tree.query(points, predicate="intersects")
    counts = np.bincount(held, minlength=POINTS)
    expected = np.full(POINTS, "", dtype=object)
    expected[held] = codes[holders]

    answered = np.array(
        [place["cell"]["code"] if place["cell"] else "" for place in located(client, lon, lat)]
    )

    differ = np.flatnonzero((counts == 1) & (answered != expected))
    borders = shapely.STRtree(shapely.boundary(outlines))
    _, away = borders.query_nearest(points[differ], return_distance=True, all_matches=False)
    assert (away < ROUNDED_BY).all()
    assert (counts == 1).sum() > POINTS // 3


def located(client: httpx.Client, lon: np.ndarray, lat: np.ndarray) -> list[dict[str, Any]]:
    places: list[dict[str, Any]] = []
    for first in range(0, POINTS, BATCH):
        here = slice(first, first + BATCH)
        batch = [{"lon": x, "lat": y} for x, y in zip(lon[here], lat[here], strict=True)]
        places += of(client.post("/grid/locate", json={"points": batch}), 200)["items"]
    return places


def cells() -> tuple[np.ndarray, np.ndarray]:
    features = json.loads(real("uk_E08000035_oa.geojson").read_text("utf-8"))["features"]
    codes = np.array([feature["properties"]["OA11CD"] for feature in features], dtype=object)
    outlines = np.array([shapely.geometry.shape(feature["geometry"]) for feature in features])
    return codes, shapely.make_valid(outlines)


def another_city_no_longer_answers_but_by_date(client: httpx.Client) -> None:
    versions = of(client.get("/grid/boundaries"), 200)["items"]
    example = next(version for version in versions if version["state"] == "retired")
    at_the_seat = {"lon": 112.2015, "lat": 31.0519}
    then = at_the_seat | {"at": example["activated_at"]}
    assert of(client.get("/grid/locate", params=at_the_seat), 200)["status"] == "outside"
    assert of(client.get("/grid/locate", params=then), 200)["status"] == "inside"
