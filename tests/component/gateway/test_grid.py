"""The grid over HTTP: points, divisions, cells, boundary versions, tiles."""

import json
from typing import Any

import pytest

from shared.runtime.blobs import Blobs
from tests.component.gateway.behind import PLACE, Toy
from tests.component.gateway.browser import Browser, of, refused, wrong_fields
from tests.component.gateway.edge_settings import EdgeSettings
from tests.component.gateway.test_incidents import asked

POINT = {"lon": 112.2, "lat": 31.05}


class TestLocate:
    def test_one_point(self, member: Browser) -> None:
        at = "2026-11-23T08:00:00+08:00"
        answer = member.get("/grid/locate", params=POINT | {"crs": "gcj02", "at": at})
        assert of(answer, 200) == PLACE
        assert asked("locate") == {
            "point": {"lon": 112.2, "lat": 31.05, "crs": "gcj02", "accuracy_m": None},
            "at": at,
        }

    @pytest.mark.parametrize(
        ("params", "fields"),
        [
            ({}, {"lon", "lat"}),
            ({"lon": "nan", "lat": "31"}, {"lon"}),
            ({"lon": "1e999", "lat": "-inf"}, {"lon", "lat"}),
            ({"lon": "112,2", "lat": "x"}, {"lon", "lat"}),
            (POINT | {"crs": "WGS84"}, {"crs"}),
            (POINT | {"at": "2026-11-23T08:00:00"}, {"at"}),
            (POINT | {"at": "0001-01-01T00:00:00Z"}, {"at"}),
        ],
    )
    def test_one_wrong_point(
        self, member: Browser, params: dict[str, Any], fields: set[str]
    ) -> None:
        assert wrong_fields(member.get("/grid/locate", params=params)) == fields

    def test_ten_thousand_points_generously_written(self, member: Browser) -> None:
        point = {"lon": 112.20151234567, "lat": 31.05191234567, "crs": "cgcs2000"}
        body = json.dumps({"points": [point | {"accuracy_m": 12.5}] * 10_000}, indent=4)
        assert len(body) > 1_500_000
        headers = {"Content-Type": "application/json"}
        answer = member.post("/grid/locate", content=body, headers=headers)
        assert len(of(answer, 200)["items"]) == 10_000

    @pytest.mark.parametrize("points", [[], [POINT] * 10_001, None, [POINT, {}], [[1, 2]]])
    def test_wrong_points(self, member: Browser, points: Any) -> None:
        answer = member.post("/grid/locate", json={"points": points})
        assert all(field.startswith("points") for field in wrong_fields(answer))

    def test_a_wrong_point_among_many_is_named(self, member: Browser) -> None:
        points = [POINT] * 5 + [POINT | {"lon": "NaN"}]
        answer = member.post("/grid/locate", json={"points": points})
        assert wrong_fields(answer) == {"points.5.lon"}


class TestAreas:
    def test_divisions_can_be_kept_by_the_client(self, member: Browser) -> None:
        first = member.get("/grid/divisions", params={"parent": "420802"})
        of(first, 200)
        assert asked("divisions") == {"parent": "420802", "at": None}
        assert first.headers["cache-control"] == "private, no-cache"
        known = {"If-None-Match": first.headers["etag"]}
        assert member.get("/grid/divisions", headers=known).status_code == 304

    def test_a_cell_can_be_kept_by_the_client(self, member: Browser) -> None:
        first = member.get("/grid/cells/420802001001001")
        assert of(first, 200)["name"] == "一网格"
        known = {"If-None-Match": first.headers["etag"]}
        assert member.get("/grid/cells/420802001001001", headers=known).status_code == 304
        assert refused(member.get("/grid/cells/4"), 404)["code"] == "no_such_area"

    def test_officers_of_a_cell_are_replaced(self, admin: Browser) -> None:
        officers = [
            {"account": "a", "name": "甲", "is_leader": True},
            {"account": "b", "name": "乙", "valid_from": "2026-11-23T08:00:00+08:00"},
        ]
        of(admin.put("/grid/cells/420802001001001/officers", json={"officers": officers}), 200)
        sent = asked("set_cell_officers")
        assert sent["code"] == "420802001001001"
        assert [officer["account"] for officer in sent["officers"]] == ["a", "b"]
        assert sent["officers"][1]["valid_from"] == "2026-11-23T08:00:00+08:00"

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "officers"),
            ([], "body"),
            ({"officers": [{"account": "a"}]}, "officers.0.name"),
            (
                {"officers": [{"account": "a", "name": "b", "valid_to": "2026-11-23T08:00:00"}]},
                "officers.0.valid_to",
            ),
        ],
    )
    def test_wrong_officers_are_refused(self, admin: Browser, body: Any, field: str) -> None:
        answer = admin.put("/grid/cells/4/officers", json=body)
        assert wrong_fields(answer) == {field}


class TestBoundaries:
    LAYER = {"file_id": "cells.geojson", "level": "cell", "code_field": "code"}  # noqa: RUF012
    FILE = ("files", ("cells.geojson", b'{"type": "FeatureCollection", "features": []}'))

    def order(self, *layers: dict[str, Any], **more: Any) -> dict[str, str]:
        return {"order": json.dumps({"label": "试", "layers": list(layers) or [self.LAYER]} | more)}

    def test_files_become_blobs_and_names_their_digests(
        self, admin: Browser, settings: EdgeSettings
    ) -> None:
        answer = admin.post("/grid/boundaries", files=[self.FILE], data=self.order())
        assert of(answer, 201) == {"version": 2, "findings": []}

        order = asked("import_boundary")["order"]
        kept = Blobs(settings.data / "blobs").path(order["layers"][0]["file_id"])
        assert kept.read_bytes() == self.FILE[1][1]
        assert order["label"] == "试"
        assert order["dry_run"] is False

    @pytest.mark.parametrize("how", ["query", "form", "order"])
    def test_a_dry_run_may_be_asked_for_anywhere(self, admin: Browser, how: str) -> None:
        order = self.order(**({"dry_run": True} if how == "order" else {}))
        form = order | ({"dry_run": "true"} if how == "form" else {})
        params = {"dry_run": "true"} if how == "query" else {}
        answer = admin.post("/grid/boundaries", files=[self.FILE], data=form, params=params)
        of(answer, 200)
        assert asked("import_boundary")["order"]["dry_run"] is True

    def test_the_same_import_has_the_same_fingerprint(self, admin: Browser) -> None:
        def fingerprint(content: bytes) -> str:
            files = [("files", ("cells.geojson", content))]
            key = {"Idempotency-Key": "k"}
            of(admin.post("/grid/boundaries", files=files, data=self.order(), headers=key), 201)
            command = Toy.asked[-1][3].command
            assert command is not None
            return command.fingerprint

        assert fingerprint(b"a") == fingerprint(b"a") != fingerprint(b"b")

    def test_files_and_layers_have_to_match(self, admin: Browser) -> None:
        other = self.LAYER | {"file_id": "other.geojson"}
        answer = admin.post("/grid/boundaries", files=[self.FILE], data=self.order(other))
        assert wrong_fields(answer) == {"order.layers.0.file_id", "files.0"}
        twice = admin.post("/grid/boundaries", files=[self.FILE, self.FILE], data=self.order())
        assert wrong_fields(twice) == {"files.1"}

    @pytest.mark.parametrize(
        ("order", "field"),
        [
            ({}, "order"),
            ({"order": "{"}, "order"),
            ({"order": "[]"}, "order"),
            ({"order": '{"layers": []}'}, "order.label"),
            ({"order": '{"label": "x", "layers": [], "lable": 1}'}, "order.lable"),
        ],
    )
    def test_a_wrong_order_is_refused(
        self, admin: Browser, order: dict[str, str], field: str
    ) -> None:
        answer = admin.post("/grid/boundaries", files=[self.FILE], data=order)
        assert wrong_fields(answer) == {field}

    def test_too_much_is_refused(self, admin: Browser, settings: EdgeSettings) -> None:
        before = set((settings.data / "blobs").glob("*"))
        files = [("files", ("cells.geojson", bytes(2_200_000)))]
        answer = admin.post("/grid/boundaries", files=files, data=self.order())
        assert refused(answer, 413)["code"] == "too_large"
        assert set((settings.data / "blobs").glob("*")) == before

    def test_only_an_administrator_may_upload(self, member: Browser) -> None:
        answer = member.post("/grid/boundaries", files=[self.FILE], data=self.order())
        assert refused(answer, 403)["code"] == "not_permitted"

    def test_versions_are_listed_shown_and_compared(self, admin: Browser) -> None:
        assert of(admin.get("/grid/boundaries"), 200)["items"] == [{"version": 1}]
        assert of(admin.get("/grid/boundaries/7"), 200) == {"version": 7}
        assert of(admin.get("/grid/boundaries/7/impact"), 200) == {"moved": 0}
        assert of(admin.get("/grid/boundaries/7/lineage"), 200)["items"] == []
        assert wrong_fields(admin.get("/grid/boundaries/x")) == {"version"}
        assert wrong_fields(admin.get(f"/grid/boundaries/{10**20}")) == {"version"}

    @pytest.mark.parametrize(
        ("body", "accepted"), [(None, False), ({"accept_findings": True}, True)]
    )
    def test_a_version_is_put_in_force(self, admin: Browser, body: Any, accepted: bool) -> None:
        options = {} if body is None else {"json": body}
        of(admin.post("/grid/boundaries/7/activate", **options), 200)
        assert asked("activate_boundary") == {"version": 7, "accept_findings": accepted}

    def test_tiles_are_bytes_that_may_be_kept(self, member: Browser) -> None:
        tile = member.get("/grid/tiles/1/14/13298/6678.mvt")
        assert (tile.status_code, tile.content) == (200, b"tile")
        assert tile.headers["content-type"] == "application/vnd.mapbox-vector-tile"
        assert "max-age" in tile.headers["cache-control"]
        known = {"If-None-Match": tile.headers["etag"]}
        assert member.get("/grid/tiles/1/14/13298/6678.mvt", headers=known).status_code == 304
        assert wrong_fields(member.get("/grid/tiles/1/99/0/0.mvt")) == {"z"}
        assert wrong_fields(member.get("/grid/tiles/1/1/-1/x.mvt")) == {"x", "y"}
