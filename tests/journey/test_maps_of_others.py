"""A map that knows nothing of the platform reads it: GDAL, by its own driver of OGC API – Features."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import geopandas
import httpx
import pyogrio
import pytest
import shapely
from pyogrio.errors import DataSourceError

from tests.journey.test_rights import CELL, centre_of
from tests.platform import Platform, of

needs_driver = pytest.mark.skipif(
    "OAPIF" not in pyogrio.list_drivers(), reason="this GDAL has no driver for OGC API – Features"
)
pytestmark = needs_driver
BOX = (112.1, 31.0, 112.3, 31.2)
Reading = Callable[..., Any]


@pytest.fixture
def gdal(platform: Platform) -> Iterator[Reading]:
    """Give a way to read a layer with GDAL, signed in as an account."""

    def read(layer: str, account: str = "district", **options: Any) -> Any:
        sign_in("BEARER", platform.token(account))
        return pyogrio.read_dataframe(f"OAPIF:{platform.url}/ogc", layer=layer, **options)

    yield read
    sign_in(None, None)


def sign_in(how: str | None, token: str | None) -> None:
    pyogrio.set_gdal_config_options({"GDAL_HTTP_AUTH": how, "GDAL_HTTP_BEARER": token})


def numbers(frame: geopandas.GeoDataFrame) -> list[str]:
    return sorted(frame["matter_no"])


def listed(client: httpx.Client, **where: Any) -> list[dict[str, Any]]:
    """Return all incidents of the list."""
    items: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while True:
        page = of(client.get("/incidents", params=where | cursor | {"limit": 200}), 200)
        items += page["items"]
        if page["next_cursor"] is None:
            return [item for item in items if not item["closed_off"]]
        cursor = {"cursor": page["next_cursor"]}


def test_it_finds_both_layers(platform: Platform, gdal: Reading) -> None:
    gdal("cells", max_features=1)  # signed in

    layers = pyogrio.list_layers(f"OAPIF:{platform.url}/ogc")

    assert layers.tolist() == [["cells", "Polygon"], ["incidents", "Point"]]


def test_it_reads_every_cell_over_all_pages(platform: Platform, gdal: Reading) -> None:
    cells = gdal("cells")

    active = [
        version
        for version in of(platform.as_account("district").get("/grid/boundaries"), 200)["items"]
        if version["state"] == "active"
    ]
    assert len(cells) == active[0]["counts"]["cell"] > 1000
    assert cells["id"].is_unique
    assert cells.geometry.is_valid.all()
    assert shapely.coverage_is_valid(cells.geometry.to_numpy())
    info = pyogrio.read_info(f"OAPIF:{platform.url}/ogc", layer="cells", force_total_bounds=True)
    assert info["crs"] == "EPSG:4326"
    assert tuple(info["total_bounds"]) == tuple(cells.total_bounds)


def test_of_a_box_it_reads_the_cells_that_touch_it(gdal: Reading) -> None:
    everything = gdal("cells")

    inside = gdal("cells", bbox=BOX, PAGE_SIZE="37")

    touching = everything[everything.intersects(shapely.box(*BOX))]
    assert sorted(inside["id"]) == sorted(touching["id"])
    assert 37 < len(inside) < len(everything)


def test_it_reads_what_the_list_shows_with_its_times(platform: Platform, gdal: Reading) -> None:
    items = {item["matter_no"]: item for item in listed(platform.as_account("district"))}

    incidents = gdal("incidents", PAGE_SIZE="50")

    assert numbers(incidents) == sorted(items)
    for row in incidents.itertuples():
        item = items[row.matter_no]
        assert (row.geometry.x, row.geometry.y) == (
            item["location"]["lon"],
            item["location"]["lat"],
        )
        reported_at = datetime.fromisoformat(item["reported_at"])
        assert abs(row.reported_at.to_pydatetime() - reported_at) < timedelta(milliseconds=1)
        assert row.state == item["state"]
    assert not {"title", "description", "reported_by"} & set(incidents.columns)


def test_of_a_box_it_reads_the_incidents_in_it(gdal: Reading) -> None:
    everything = gdal("incidents")

    inside = gdal("incidents", bbox=BOX, PAGE_SIZE="20")

    west, south, east, north = BOX
    assert numbers(inside) == numbers(everything.cx[west:east, south:north])
    assert 20 < len(inside) < len(everything)


def test_of_a_span_it_reads_what_was_reported_then(platform: Platform, gdal: Reading) -> None:
    desk = platform.as_account("district")
    oldest_first = sorted(item["reported_at"] for item in listed(desk))
    first, last = oldest_first[40], oldest_first[140]
    expected = sorted(
        item["matter_no"] for item in listed(desk) if first <= item["reported_at"] <= last
    )

    asked = gdal("incidents", DATETIME=f"{first}/{last}", PAGE_SIZE="30")

    assert numbers(asked) == expected
    assert 100 <= len(expected) < len(oldest_first)


def test_whoever_reads_it_sees_what_is_his(platform: Platform, gdal: Reading) -> None:
    mine = gdal("incidents", account="community")
    everything = gdal("incidents")

    assert numbers(mine) == sorted(
        item["matter_no"] for item in listed(platform.as_account("community"))
    )
    assert 0 < len(mine) < len(everything)


def test_it_reads_nothing_without_signing_in(platform: Platform) -> None:
    with pytest.raises(DataSourceError):
        pyogrio.read_dataframe(f"OAPIF:{platform.url}/ogc", layer="cells")


def test_what_is_closed_off_is_on_nobodys_map(platform: Platform, gdal: Reading) -> None:
    desk = platform.as_account("district")
    place = centre_of(desk, CELL)
    report = {"category": "05", "title": "例", "location": place}
    kept, closed = (of(desk.post("/incidents", json=report), 201) for _ in range(2))
    closing = {"units": ["any-bureau"], "reason": "例"}
    of(desk.post(f"/incidents/{closed['id']}/close-off", json=closing), 200)

    seen = set(gdal("incidents", DATETIME=f"{kept['reported_at']}/..")["matter_no"])

    assert kept["matter_no"] in seen
    assert closed["matter_no"] not in seen
    item = desk.base_url.join(f"/ogc/collections/incidents/items/{closed['id']}")
    assert of(desk.get(item), 404)["code"] == "no_such_incident"
