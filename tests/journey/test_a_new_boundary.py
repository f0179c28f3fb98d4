"""Two cells are merged: checked as a dry run, foreseen, put in force, and answerable by date before."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest
import shapely

from deploy.demo.district import demo_areas
from services.grid.domain.area import LEVELS, Area, Level
from shared.kernel.coordinates import Crs, from_wgs84
from tests.platform import Platform, of, wait_for

SEAT = (112.2015, 31.0519)


@pytest.fixture
def admin(platform: Platform) -> httpx.Client:
    return platform.as_account("admin")


def test_two_cells_become_one(own_platform: Platform) -> None:
    admin = own_platform.as_account("admin")
    desk = own_platform.as_account("district")
    here = of(desk.get("/grid/locate", params={"lon": SEAT[0], "lat": SEAT[1]}), 200)
    areas, kept, gone = merged(demo_areas(), here["cell"]["code"])
    lon, lat = inside(gone)
    incident = of(desk.post("/incidents", json=report(lon, lat)), 201)
    assert incident["place"]["cell"]["code"] == gone.code

    dry = of(send(admin, areas, dry_run=True), 200)
    draft = of(send(admin, areas), 201)

    assert dry["version"] is None
    assert (
        dry["counts"]
        == draft["counts"]
        == {"district": 1, "street": 10, "community": 118, "cell": 1199}
    )
    impact = of(admin.get(f"/grid/boundaries/{draft['version']}/impact"), 200)
    assert {
        "id": incident["id"],
        "matter_no": incident["matter_no"],
        "from": gone.code,
        "to": kept.code,
    } in impact["incidents"]
    assert all(moved["from"] == gone.code for moved in impact["incidents"])

    activated = of(admin.post(f"/grid/boundaries/{draft['version']}/activate"), 200)
    now = of(desk.get("/grid/locate", params={"lon": lon, "lat": lat}), 200)
    before = of(
        desk.get("/grid/locate", params={"lon": lon, "lat": lat, "at": incident["reported_at"]}),
        200,
    )
    assert now["cell"]["code"] == kept.code
    assert now["boundary_version"] == draft["version"]
    assert before["cell"]["code"] == gone.code
    assert of(desk.get(f"/incidents/{incident['id']}"), 200)["place"]["cell"]["code"] == gone.code
    assert (
        of(admin.post(f"/grid/boundaries/{draft['version']}/activate"), 409)["code"]
        == "boundary_not_a_draft"
    )
    maps = desk.base_url.join(f"/ogc/collections/cells/items?bbox={lon},{lat},{lon},{lat}")
    shown = [
        of(desk.get(maps.copy_merge_params(then)), 200)["features"]
        for then in ({}, {"datetime": incident["reported_at"]})
    ]
    assert [[cell["id"] for cell in cells] for cells in shown] == [[kept.code], [gone.code]]
    lineage = of(admin.get(f"/grid/boundaries/{draft['version']}/lineage"), 200)["items"]
    fates = {change["code"]: change for change in lineage if change["level"] == "cell"}
    assert fates[gone.code]["fate"] == "replaced"
    assert fates[gone.code]["successors"] == [kept.code]
    assert activated["state"] == "active"


def test_the_one_laid_out_first_has_reached_those_who_listen(platform: Platform) -> None:
    told = "SELECT count(*) FROM stream_entry WHERE topic = 'boundary'"
    wait_for(lambda: platform.ask("command", told) > 0, within_s=30, what="its line")


def test_a_set_with_an_error_is_kept_to_read_and_never_activated(admin: httpx.Client) -> None:
    areas = demo_areas()
    cell = next(area for area in areas if area.level is Level.CELL)
    doubled = [*areas, replace(cell, name="又一个")]

    refused = of(send(admin, doubled), 201)

    assert refused["state"] == "refused"
    assert not refused["can_be_activated"]
    [error] = [f for f in refused["findings"] if f["severity"] == "error"]
    assert cell.code in error["codes"]
    assert error["file"] == "cell.geojson"
    assert (
        of(admin.post(f"/grid/boundaries/{refused['version']}/activate"), 409)["code"]
        == "boundary_has_errors"
    )
    shown = of(admin.get(f"/grid/boundaries/{refused['version']}"), 200)
    assert shown["findings"] == refused["findings"]


def test_a_file_that_is_no_boundary_leaves_nothing_behind(admin: httpx.Client) -> None:
    before = of(admin.get("/grid/boundaries"), 200)["items"]

    answer = admin.post(
        "/grid/boundaries",
        files={"files": ("cell.geojson", b'{"type": "FeatureCollection", "features": [')},
        data={"order": order([Level.CELL])},
    )

    problem = of(answer, 422)
    assert "cell.geojson" in json.dumps(problem, ensure_ascii=False)
    assert of(admin.get("/grid/boundaries"), 200)["items"] == before


def test_only_an_administrator_changes_boundaries(platform: Platform) -> None:
    desk = platform.as_account("district")
    assert of(send(desk, demo_areas()), 403)


def test_officers_of_a_cell_follow_one_another(platform: Platform, admin: httpx.Client) -> None:
    desk = platform.as_account("district")
    code = of(desk.get("/grid/locate", params={"lon": SEAT[0], "lat": SEAT[1]}), 200)["cell"][
        "code"
    ]
    leader = {"account": "new-leader", "name": "新网格长（示例）", "is_leader": True}

    of(admin.put(f"/grid/cells/{code}/officers", json={"officers": [leader]}), 200)

    cell = of(desk.get(f"/grid/cells/{code}"), 200)
    assert [officer["account"] for officer in cell["officers"]] == ["new-leader"]
    assert shapely.geometry.shape(cell["outline"]).contains(shapely.Point(SEAT))
    nobody = admin.put(f"/grid/cells/{code}/officers", json={"officers": []})
    assert of(nobody, 422)["errors"][0]["code"] == "needed"
    two = [leader, leader | {"account": "another"}]
    assert (
        of(admin.put(f"/grid/cells/{code}/officers", json={"officers": two}), 422)["errors"][0][
            "code"
        ]
        == "one_leader"
    )


@pytest.mark.parametrize("crs", list(Crs))
def test_a_point_of_any_map_lies_in_the_same_cell(platform: Platform, crs: Crs) -> None:
    desk = platform.as_account("district")
    lon, lat = from_wgs84(*SEAT, crs)
    plain = of(desk.get("/grid/locate", params={"lon": SEAT[0], "lat": SEAT[1]}), 200)

    asked = of(desk.get("/grid/locate", params={"lon": lon, "lat": lat, "crs": crs}), 200)
    many = of(
        desk.post("/grid/locate", json={"points": [{"lon": lon, "lat": lat, "crs": crs}]}), 200
    )

    assert asked == plain
    assert many["items"] == [plain]


def test_a_tile_shows_the_seat(platform: Platform) -> None:
    desk = platform.as_account("district")
    # Others may have left drafts of other places.
    [version] = [
        boundary["version"]
        for boundary in of(desk.get("/grid/boundaries"), 200)["items"]
        if boundary["state"] == "active"
    ]

    path = f"/grid/tiles/{version}/12/3324/1672.mvt"
    # The first of a version may take longer than a call may: 503, ask again.
    wait_for(lambda: desk.get(path).status_code == 200, within_s=60, what="the tile")

    tile = desk.get(path)
    again = desk.get(path, headers={"If-None-Match": tile.headers["ETag"]})

    assert tile.status_code == 200
    assert all(level.encode() in tile.content for level in LEVELS)
    assert again.status_code == 304


def test_a_place_where_nothing_happened_has_an_empty_board(platform: Platform) -> None:
    community, district = platform.as_account("community"), platform.as_account("district")
    cells = of(community.get("/grid/divisions", params={"parent": "420802001013"}), 200)["items"]
    boards = [
        of(
            community.get(
                "/command/board", params={"place": c["code"], "period": "2020-01-01..2020-01-02"}
            ),
            200,
        )
        for c in cells
    ]
    far = of(district.get("/grid/divisions", params={"parent": "420802102"}), 200)["items"][0]

    assert [board["place"]["name"] for board in boards] == [cell["name"] for cell in cells]
    assert all(board["total"] == 0 for board in boards)
    assert (
        of(community.get("/command/board", params={"place": far["code"]}), 404)["code"]
        == "no_such_place"
    )


def merged(areas: Sequence[Area], code: str) -> tuple[list[Area], Area, Area]:
    """Return the areas with the cell of *code* joined by its neighbour, that one, and the neighbour."""
    kept = next(area for area in areas if area.code == code)
    siblings = [a for a in areas if a.parent_code == kept.parent_code and a.code != code]
    gone = max(siblings, key=lambda area: kept.outline.intersection(area.outline).length)
    joined = replace(kept, outline=shapely.coverage_union_all([kept.outline, gone.outline]))
    rest = [joined if area.code == code else area for area in areas if area.code != gone.code]
    return rest, kept, gone


def inside(area: Area) -> tuple[float, float]:
    point = area.outline.representative_point()
    return point.x, point.y


def report(lon: float, lat: float) -> dict[str, Any]:
    return {"category": "06", "title": "占道经营", "location": {"lon": lon, "lat": lat}}


def order(levels: Sequence[Level]) -> str:
    layers = [
        {"file_id": f"{level}.geojson", "level": level, "code_field": "code", "name_field": "name"}
        for level in levels
    ]
    return json.dumps({"label": "合并两个网格", "scheme": "cn", "layers": layers})


def send(client: httpx.Client, areas: Sequence[Area], *, dry_run: bool = False) -> httpx.Response:
    """Upload the areas, a file for each level."""
    files = []
    for level in LEVELS:
        features = [
            {
                "type": "Feature",
                "properties": {"code": area.code, "name": area.name},
                "geometry": shapely.geometry.mapping(area.outline),
            }
            for area in areas
            if area.level is level
        ]
        text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
        files.append(("files", (f"{level}.geojson", text.encode())))
    asked = {"dry_run": "true"} if dry_run else {}
    return client.post("/grid/boundaries", files=files, data={"order": order(LEVELS)}, params=asked)
