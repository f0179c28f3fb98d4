"""OGC API – Features at the edge: what the services are asked, how it is linked, what is refused."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.component.gateway.behind import AWAY, FEATURE_ID, Toy
from tests.component.gateway.browser import Browser, of, refused
from tests.component.gateway.test_incidents import asked

ITEMS = "/ogc/collections/{}/items"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
GEOJSON = "application/geo+json"
CELL = "420802001001001"
COLLECTIONS = ("cells", "incidents")


def get(browser: Browser, path: str, **params: Any) -> httpx.Response:
    return browser.send("GET", path, params=params)


def link_to(body: dict[str, Any], rel: str) -> str:
    [found] = [link["href"] for link in body["links"] if link["rel"] == rel]
    return str(found)


def test_all_of_it_is_found_from_the_landing_page(anyone: Browser, member: Browser) -> None:
    landing = of(get(anyone, "/ogc"), 200)

    assert of(get(anyone, "/ogc/"), 200) == landing
    [core, geojson] = of(get(anyone, link_to(landing, "conformance")), 200)["conformsTo"]
    assert core.endswith("ogcapi-features-1/1.0/conf/core")
    assert geojson.endswith("ogcapi-features-1/1.0/conf/geojson")
    described = get(anyone, link_to(landing, "service-desc"))
    assert described.headers["content-type"].startswith("application/vnd.oai.openapi+json")
    collections = of(get(member, link_to(landing, "data")), 200)["collections"]
    assert [each["id"] for each in collections] == list(COLLECTIONS)
    for each in collections:
        assert of(get(member, link_to(each, "self")), 200) == each
        assert each["crs"] == [CRS84]
        of(get(member, link_to(each, "items")), 200)
    cells, incidents = collections
    assert cells["extent"]["spatial"] == {"bbox": [[112, 31, 113, 32]], "crs": CRS84}
    assert "extent" not in incidents


def test_its_definition_has_its_paths_alone_and_each_parameter(anyone: Browser) -> None:
    definition = of(get(anyone, "/ogc/api"), 200)

    assert definition["servers"] == [{"url": "http://edge/ogc"}]
    assert set(definition["paths"]) == {
        "/",
        "/conformance",
        "/api",
        "/collections",
        "/collections/{collection_id}",
        "/collections/cells/items",
        "/collections/cells/items/{code}",
        "/collections/incidents/items",
        "/collections/incidents/items/{incident_id}",
    }
    for collection in COLLECTIONS:
        operation = definition["paths"][f"/collections/{collection}/items"]["get"]
        parameters = {each["name"]: each for each in operation["parameters"]}
        assert {"bbox", "bbox-crs", "datetime", "limit", "cursor"} <= set(parameters)
        assert parameters["bbox"]["schema"]["type"] == "array"
        assert parameters["bbox"]["explode"] is False
        assert "422" not in operation["responses"]


def test_behind_a_proxy_links_have_its_address(member: Browser) -> None:
    backing = member.app.state.backing
    settings = backing.settings
    object.__setattr__(backing, "settings", settings.model_copy(update={"public_url": "https://w"}))
    try:
        body = of(get(member, ITEMS.format("cells"), limit=1), 200)
    finally:
        object.__setattr__(backing, "settings", settings)
    assert link_to(body, "self") == "https://w/ogc/collections/cells/items?limit=1"
    assert link_to(body, "next").startswith("https://w/ogc/collections/cells/items?limit=1&cursor=")


@pytest.mark.parametrize("collection", COLLECTIONS)
class TestItems:
    def test_are_a_feature_collection(self, member: Browser, collection: str) -> None:
        answer = get(member, ITEMS.format(collection))

        body = of(answer, 200)
        assert answer.headers["content-type"] == GEOJSON
        assert answer.headers["content-crs"] == f"<{CRS84}>"
        assert body["type"] == "FeatureCollection"
        assert body["numberReturned"] == len(body["features"]) == 1
        assert body["timeStamp"].endswith("Z")
        assert body.get("numberMatched") == (7 if collection == "cells" else None)

    def test_go_on_by_the_next_link_with_all_that_was_asked(
        self, member: Browser, collection: str
    ) -> None:
        first = of(get(member, ITEMS.format(collection), limit=1, bbox="112,31,113,32"), 200)

        following = link_to(first, "next")
        assert parse_qs(urlsplit(following).query) == {
            "limit": ["1"],
            "bbox": ["112,31,113,32"],
            "cursor": ["on"],
        }
        last = of(get_link(member, following), 200)
        assert [link["rel"] for link in last["links"]] == ["self"]
        assert link_to(last, "self") == following

    @pytest.mark.parametrize(("limit", "taken"), [(1, 1), (200, 200), (201, 200), (10**30, 200)])
    def test_of_more_than_a_page_holds_are_a_page(
        self, member: Browser, collection: str, limit: int, taken: int
    ) -> None:
        of(get(member, ITEMS.format(collection), limit=limit), 200)
        assert last_asked()["limit"] == taken

    @pytest.mark.parametrize(
        ("params", "field"),
        [
            ({"limit": 0}, "limit"),
            ({"limit": "many"}, "limit"),
            ({"bbox": "1,2,3"}, "bbox"),
            ({"bbox": "1,2,nan,4"}, "bbox"),
            ({"bbox-crs": "http://www.opengis.net/def/crs/EPSG/0/4490"}, "bbox-crs"),
            ({"datetime": "2026-11-23"}, "datetime"),
            ({"datetime": "../.."}, "datetime"),
            ({"datetime": "0001-01-01T00:00:00Z/.."}, "datetime"),
            ({"cursor": "x" * 501}, "cursor"),
            ({"crs": CRS84}, "crs"),
            ({"limi": 5}, "limi"),
        ],
    )
    def test_of_a_wrong_parameter_are_none(
        self, member: Browser, collection: str, params: dict[str, Any], field: str
    ) -> None:
        body = refused(get(member, ITEMS.format(collection), **params), 400)
        assert [error["field"] for error in body["errors"]] == [field]
        assert Toy.asked == []

    def test_are_for_those_who_have_signed_in(self, anyone: Browser, collection: str) -> None:
        # Even when the address is wrong besides.
        assert refused(get(anyone, ITEMS.format(collection), limi=5), 401)
        assert Toy.asked == []

    def test_are_refused_as_everything_is(self, member: Browser, collection: str) -> None:
        method = "cell_features" if collection == "cells" else "incident_features"
        Toy.refusals[method] = AWAY
        answer = get(member, ITEMS.format(collection))
        assert refused(answer, 503)["code"] == "service_away"
        assert answer.headers["retry-after"]

    def test_are_found_one_by_one(self, member: Browser, collection: str) -> None:
        item = CELL if collection == "cells" else FEATURE_ID
        answer = get(member, f"{ITEMS.format(collection)}/{item}")

        body = of(answer, 200)
        assert answer.headers["content-type"] == GEOJSON
        assert link_to(body, "self") == f"http://edge{ITEMS.format(collection)}/{item}"
        assert link_to(body, "collection") == f"http://edge/ogc/collections/{collection}"


def last_asked() -> dict[str, Any]:
    return Toy.asked[-1][2]


def get_link(browser: Browser, href: str) -> httpx.Response:
    return browser.send("GET", href)


def test_cells_are_asked_for_by_box_and_span(member: Browser) -> None:
    span = "2026-11-01T00:00:00Z/2026-11-23T08:00:00+08:00"
    of(get(member, ITEMS.format("cells"), bbox="112,31,113,32", datetime=span), 200)

    assert asked("cell_features")["where"] == {
        "box": {"west": 112.0, "south": 31.0, "east": 113.0, "north": 32.0},
        "since": "2026-11-01T00:00:00Z",
        "until": "2026-11-23T08:00:00+08:00",
    }


def test_incidents_are_asked_for_with_both_ends_of_the_span(member: Browser) -> None:
    more = {"place": "420802001", "state": "filed", "category": "05", "severity": "L1"}
    moment = "2026-11-23T00:00:00Z"
    of(get(member, ITEMS.format("incidents"), datetime=moment, source="citizen", **more), 200)

    assert asked("incident_features")["where"] == {
        "place": "420802001",
        "state": ["filed"],
        "category": "05",
        "severity": "L1",
        "source": "citizen",
        "level": None,
        "reported_from": moment,
        "reported_to": "2026-11-23T00:00:00.000001Z",
        "open_only": False,
        "box": None,
    }


def test_who_may_read_no_incident_gets_none(admin: Browser) -> None:
    answer = get(admin, ITEMS.format("incidents"))
    assert refused(answer, 403)["code"] == "not_permitted"
    of(get(admin, ITEMS.format("cells")), 200)


@pytest.mark.parametrize(
    "path",
    [
        "/ogc/collections/roads",
        "/ogc/collections/incidents/items/1",
        f"/ogc/collections/cells/items/{'x' * 65}",
    ],
)
def test_what_there_is_not_is_not_found(member: Browser, path: str) -> None:
    refused(get(member, path), 404)
