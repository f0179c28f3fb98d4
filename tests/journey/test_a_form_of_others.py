"""Another platform's form reports by Open311 and follows what becomes of it, knowing a key and nothing else."""

import uuid
import xml.etree.ElementTree as Xml
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from services.gateway.domain.service_client import ServiceClient, api_key_of
from services.gateway.wiring.client_desk import ClientDesk
from services.gateway.wiring.proving import Proving
from shared.kernel.clock import china_now
from shared.kernel.rights import Role
from shared.runtime.call import Call
from shared.runtime.database import ServiceDatabase
from shared.runtime.settings import Settings
from tests.journey.test_rights import CELL, centre_of
from tests.platform import Platform, of

V2 = "/open311/v2"
WORDS = "路灯不亮，第三根"


@pytest.fixture
def key(platform: Platform) -> Iterator[str]:
    """Register a client, as `wangge clients add` does it; give its key."""
    folder = getattr(platform, "folder", None)
    settings = Settings(
        data=platform.data, credentials=None if folder is None else folder.credentials
    )
    database = ServiceDatabase(settings, "gateway")
    client = ServiceClient(
        client_id=f"c-{uuid.uuid4().hex[:8]}",
        name="12345",
        purpose="转办",
        role=Role.DEPARTMENT_USER,
        place_code=CELL[:9],
        valid_from=china_now(),
    )
    secret = ClientDesk(Proving(settings, database)).register(client, Call())
    assert secret is not None
    yield api_key_of(client.client_id, secret)
    database.close()


@pytest.fixture
def report(platform: Platform, key: str) -> dict[str, Any]:
    """Give the form of a report that has all a person would write."""
    point = centre_of(platform.as_account("district"), CELL)
    return {
        "api_key": key,
        "service_code": "11",
        "lat": point["lat"],
        "long": point["lon"],
        "description": WORDS,
        "first_name": "三",
        "last_name": "张",
        "phone": "13800001234",
    }


def test_it_reports_and_follows_what_becomes_of_it(
    platform: Platform, key: str, report: dict[str, Any]
) -> None:
    url = platform.url + V2
    services = of(httpx.get(f"{url}/services.json", params={"api_key": key}), 200)
    assert "11" in {service["service_code"] for service in services}
    assert not {"01", "09", "13"} & {service["service_code"] for service in services}

    [told] = of(httpx.post(f"{url}/requests.json", data=report, timeout=30), 201)
    number = told["service_request_id"]

    def now(form: str = "json") -> Any:
        return httpx.get(f"{url}/requests/{number}.{form}", params={"api_key": key}, timeout=30)

    [request] = of(now(), 200)
    assert (request["status"], request["status_notes"]) == ("open", "已上报，待受理")
    assert request["description"] == WORDS
    in_xml = Xml.fromstring(now("xml").content)  # noqa: S314 – our own
    assert in_xml.findtext("request/service_request_id") == number
    assert in_xml.findtext("request/status") == "open"

    desk = platform.as_account("district")
    [incident] = [
        item
        for item in of(desk.get("/incidents", params={"source": "open311", "limit": 200}), 200)[
            "items"
        ]
        if item["matter_no"] == number
    ]
    assert incident["contact"] == {"name": "张*", "phone": "138****1234"}
    assert incident["place"]["cell"]["code"] == CELL
    note = {"note": "王五说是误报"}
    of(desk.post(f"/incidents/{incident['id']}/cancel", json=note), 200)

    [request] = of(now(), 200)
    assert (request["status"], request["status_notes"]) == ("closed", "未予立案")
    assert "王五" not in now().text
    # It stands in no log that it reported, by which key, or who.
    for secret in (key.rpartition(".")[2], "13800001234", WORDS):
        assert secret not in platform.log()


def test_it_sees_others_requests_without_their_words_and_never_the_closed(
    platform: Platform, key: str, report: dict[str, Any]
) -> None:
    url, desk = platform.url + V2, platform.as_account("district")
    point = {"lon": report["long"], "lat": report["lat"]}
    by_member = {"category": "11", "title": WORDS, "description": WORDS, "location": point}
    open_one, closed_one, dispute = (
        of(desk.post("/incidents", json=by_member | more), 201)
        for more in ({}, {"closed_to": {"units": ["some-bureau"]}}, {"category": "01"})
    )

    listed = httpx.get(
        f"{url}/requests.json", params={"api_key": key, "status": "open"}, timeout=30
    )

    found = {request["service_request_id"]: request for request in of(listed, 200)}
    assert found[open_one["matter_no"]]["description"] is None
    assert not {closed_one["matter_no"], dispute["matter_no"]} & set(found)
    assert WORDS not in listed.text
    for hidden in (closed_one, dispute):
        path = f"{url}/requests/{hidden['matter_no']}.json"
        assert httpx.get(path, params={"api_key": key}, timeout=30).status_code == 404


def test_the_same_sent_twice_with_a_key_of_idempotency_is_one(
    platform: Platform, report: dict[str, Any]
) -> None:
    headers = {"Idempotency-Key": "form-7"}
    url = f"{platform.url}{V2}/requests.json"
    answers = [of(httpx.post(url, data=report, headers=headers, timeout=30), 201) for _ in range(2)]
    assert answers[0] == answers[1]


def test_outside_the_district_it_is_refused_with_words(
    platform: Platform, report: dict[str, Any]
) -> None:
    url = f"{platform.url}{V2}/requests.json"
    [error] = of(httpx.post(url, data=report | {"lat": "40", "long": "116"}, timeout=30), 400)
    assert error["code"] == 400
    assert "outside the district" in error["description"]
