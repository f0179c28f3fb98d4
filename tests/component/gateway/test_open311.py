"""Open311 at the edge: keys, both forms, what reaches patrol, and refusals as the standard has them."""

import xml.etree.ElementTree as Xml
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from services.gateway.domain.service_client import api_key_of
from services.gateway.service import create_app
from services.gateway.store.tables import client_table
from shared.runtime.database import ServiceDatabase
from shared.runtime.edge import edge_of
from shared.runtime.tables import audit_entry
from tests.component.gateway.behind import AWAY, SERVICE_REQUEST, Toy
from tests.component.gateway.browser import Browser
from tests.component.gateway.edge_settings import EdgeSettings
from tests.component.gateway.test_clients import Register
from tests.component.gateway.test_incidents import asked
from tests.component.gateway.test_signing_in import _trail_after

V2 = "/open311/v2"
FORMS = ("json", "xml")
NUMBER = SERVICE_REQUEST["matter_no"]
REPORT = {
    "service_code": "05",
    "lat": "31.05",
    "long": "112.2",
    "description": "路边倾倒垃圾\n很多",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A client with its key, at an edge."""

    browser: Browser
    client_id: str
    key: str

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.browser.send("GET", path, params={"api_key": self.key} | params)

    def post(self, path: str = f"{V2}/requests.json", **fields: Any) -> httpx.Response:
        headers = fields.pop("headers", {})
        return self.browser.send(
            "POST", path, data=REPORT | {"api_key": self.key} | fields, headers=headers
        )


@pytest.fixture(scope="module")
def register(settings: EdgeSettings, database: ServiceDatabase) -> Register:
    return Register(settings, database)


@pytest.fixture(scope="module")
def client(anyone: Browser, register: Register) -> Client:
    client_id, secret = register.add()
    return Client(browser=anyone, client_id=client_id, key=api_key_of(client_id, secret))


@pytest.fixture
def limited(
    settings: EdgeSettings, database: ServiceDatabase, register: Register
) -> Callable[..., Client]:
    """Give a way to have a client at an edge with other limits."""

    def made(**changed: int) -> Client:
        its_own = settings.model_copy(update=changed)
        app = create_app(its_own, edge_of(its_own, "gateway"), database)
        client_id, secret = register.add()
        return Client(browser=Browser(app), client_id=client_id, key=api_key_of(client_id, secret))

    return made


def rows_of(answer: httpx.Response, status: int = 200) -> list[dict[str, Any]]:
    """Return the things of an answer in either form, as texts."""
    assert answer.status_code == status, answer.text
    if answer.headers["content-type"] == "application/json":
        return [
            {name: "" if value is None else str(value) for name, value in row.items()}
            for row in answer.json()
        ]
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    root = Xml.fromstring(answer.content)  # noqa: S314 – our own
    return [{part.tag: part.text or "" for part in row} for row in root]


def refused(answer: httpx.Response, status: int) -> str:
    """Return the words of a refusal that has the standard's form."""
    [error] = rows_of(answer, status)
    assert set(error) == {"code", "description"}
    assert error["code"] == str(status)
    return str(error["description"])


@pytest.mark.parametrize("form", FORMS)
class TestForms:
    def test_it_is_found_by_discovery(self, anyone: Browser, form: str) -> None:
        answer = anyone.send("GET", f"/open311/discovery.{form}")

        assert answer.status_code == 200
        assert "http://edge/open311/v2" in answer.text
        assert "http://wiki.open311.org/GeoReport_v2" in answer.text
        if form == "xml":
            root = Xml.fromstring(answer.content)  # noqa: S314 – our own
            assert root.tag == "discovery"
            formats = root.findall("endpoints/endpoint/formats/format")
            assert [each.text for each in formats] == ["application/json", "text/xml"]

    def test_services_are_what_is_not_about_persons(self, client: Client, form: str) -> None:
        [service] = rows_of(client.get(f"{V2}/services.{form}"))

        assert service["service_code"] == "05"
        assert service["service_name"] == "环境"
        assert service["type"] == "realtime"
        assert service["group"] == "ecology"
        assert service["metadata"].lower() == "false"

    def test_a_service_asks_for_nothing_more(self, client: Client, form: str) -> None:
        answer = client.get(f"{V2}/services/05.{form}")

        assert answer.status_code == 200
        assert "attributes" in answer.text
        refused(client.get(f"{V2}/services/09.{form}"), 404)
        refused(client.get(f"{V2}/services/none.{form}"), 404)

    def test_requests_say_how_they_stand(self, client: Client, form: str) -> None:
        [listed] = rows_of(client.get(f"{V2}/requests.{form}"))
        [single] = rows_of(client.get(f"{V2}/requests/{NUMBER}.{form}"))

        assert listed == single
        assert listed["service_request_id"] == NUMBER
        assert (listed["status"], listed["status_notes"]) == ("open", "处置中")
        assert (listed["service_code"], listed["service_name"]) == ("05", "环境")
        assert (listed["lat"], listed["long"]) == ("31.05", "112.2")
        assert listed["requested_datetime"] == "2026-11-23T08:30:00+08:00"
        assert listed["agency_responsible"] == "ecology"
        assert listed["address"] == "一社区"
        assert listed["description"].startswith("有人 <倾倒> & 渣土")

    def test_a_token_is_the_number(self, client: Client, form: str) -> None:
        [row] = rows_of(client.get(f"{V2}/tokens/{NUMBER}.{form}"))
        assert row == {"token": NUMBER, "service_request_id": NUMBER}

    def test_what_there_is_not_is_not_found(self, client: Client, form: str) -> None:
        for path in ("requests/P20261123-0000008", "tokens/none", f"requests/{'x' * 25}"):
            refused(client.get(f"{V2}/{path}.{form}"), 404)

    def test_a_report_is_answered_with_its_number(self, client: Client, form: str) -> None:
        [row] = rows_of(client.post(f"{V2}/requests.{form}"), 201)
        assert row["service_request_id"] == NUMBER
        assert row["service_notice"] == ""

    def test_without_a_key_nothing_is_told(self, anyone: Browser, form: str) -> None:
        for path in ("services", "services/05", "requests", f"requests/{NUMBER}", "tokens/x"):
            refused(anyone.send("GET", f"{V2}/{path}.{form}"), 403)
        refused(anyone.send("POST", f"{V2}/requests.{form}", data=REPORT), 403)
        assert Toy.asked == []

    def test_a_service_away_is_told(self, client: Client, form: str) -> None:
        Toy.refusals["service_requests"] = AWAY
        answer = client.get(f"{V2}/requests.{form}")
        refused(answer, 503)
        assert answer.headers["retry-after"]


class TestKey:
    def test_tells_patrol_which_client_it_is(self, client: Client) -> None:
        rows_of(client.post(), 201)
        assert Toy.asked[-1][3].actor.account == f"client:{client.client_id}"

    def test_may_be_a_token_instead(self, member: Browser) -> None:
        answer = member.send("POST", f"{V2}/requests.json", data=REPORT)
        rows_of(answer, 201)
        assert Toy.asked[-1][3].actor.account == "member"

    @pytest.mark.parametrize(
        "key", ["", "x", ".", "none.x", "c-1", "a.b.c", "网格.x", "x" * 10_000]
    )
    def test_that_is_not_good_is_refused(self, anyone: Browser, key: str) -> None:
        answer = anyone.send("GET", f"{V2}/services.json", params={"api_key": key})
        assert answer.status_code in (403, 414)
        refused(anyone.send("POST", f"{V2}/requests.json", data=REPORT | {"api_key": key}), 403)

    def test_of_another_secret_is_refused_and_noted_once(
        self, client: Client, database: ServiceDatabase
    ) -> None:
        before = len(_trail_after(database, 0))
        wrong = api_key_of(client.client_id, "y" * 43)

        for _ in range(3):
            refused(client.get(f"{V2}/services.json", api_key=wrong), 403)

        name = f"client:{client.client_id}"
        assert _trail_after(database, before) == [
            (name, "gateway.client_sign_in", "client_secret_wrong")
        ]

    def test_of_a_client_that_was_disabled_is_refused(
        self, limited: Callable[..., Client], register: Register
    ) -> None:
        client = limited()
        register.disable(client.client_id)
        refused(client.get(f"{V2}/services.json"), 403)

    def test_stands_in_no_log(
        self, client: Client, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        client.get(f"{V2}/requests.json")
        client.get(f"{V2}/requests.json", status="wrong")
        client.post()
        secret = client.key.rpartition(".")[2]
        out = capfd.readouterr()
        assert secret not in out.out + out.err + caplog.text

    def test_is_in_no_table(self, client: Client, database: ServiceDatabase) -> None:
        secret = client.key.rpartition(".")[2]
        with database.reading() as connection:
            for table in (client_table, audit_entry):
                assert secret not in repr(connection.execute(select(table)).all())


class TestReport:
    def test_reaches_patrol_as_an_incident(self, client: Client) -> None:
        rows_of(client.post(first_name="三", last_name="张", phone="13800001234"), 201)

        report = asked("report_incident")["report"]
        assert report["category"] == "05"
        assert report["title"] == "路边倾倒垃圾"
        assert report["description"] == "路边倾倒垃圾\n很多"
        assert report["location"] == {
            "lon": 112.2,
            "lat": 31.05,
            "crs": "wgs84",
            "accuracy_m": None,
        }
        assert report["source"] == "open311"
        assert report["contact"] == {"name": "张三", "phone": "13800001234"}

    def test_may_be_of_nobody(self, client: Client) -> None:
        rows_of(client.post(description=""), 201)
        report = asked("report_incident")["report"]
        assert (report["title"], report["contact"]) == ("Open311", None)

    def test_says_what_of_a_person_is_not_kept(self, client: Client) -> None:
        [row] = rows_of(client.post(first_name="San", last_name="Zhang", email="z@x.cn"), 201)
        assert "email, first_name, last_name" in row["service_notice"]
        assert asked("report_incident")["report"]["contact"] is None

    def test_keeps_an_address_of_a_picture_and_never_fetches_it(self, client: Client) -> None:
        rows_of(client.post(media_url="http://127.0.0.1/x.jpg"), 201)
        assert (
            "media_url: http://127.0.0.1/x.jpg" in asked("report_incident")["report"]["description"]
        )
        refused(client.post(media_url="file:///etc/passwd"), 400)

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"lat": "", "address_string": "长宁大道1号"}, "no address can be found here"),
            ({"lat": ""}, "give lat and long"),
            ({"lat": "91"}, "lat"),
            ({"long": "nan"}, "long"),
            ({"service_code": ""}, "service_code"),
            ({"description": "x" * 4001}, "description"),
            ({"description": "a\x00b"}, "description"),
            ({"phone": "call me"}, "phone"),
            ({"first_name": "x" * 50}, "first_name"),
        ],
    )
    @pytest.mark.parametrize("form", FORMS)
    def test_that_is_wrong_is_refused_with_the_field(
        self, client: Client, changed: dict[str, str], said: str, form: str
    ) -> None:
        assert said in refused(client.post(f"{V2}/requests.{form}", **changed), 400)
        assert not any(entry[1] == "report_incident" for entry in Toy.asked)

    @pytest.mark.parametrize("code", ["09", "77"])
    def test_of_what_is_no_service_is_refused(self, client: Client, code: str) -> None:
        refused(client.post(service_code=code), 404)
        assert not any(entry[1] == "report_incident" for entry in Toy.asked)

    def test_is_a_form_and_nothing_else(self, client: Client) -> None:
        answer = client.browser.send(
            "POST", f"{V2}/requests.json", json=REPORT | {"api_key": client.key}
        )
        refused(answer, 415)
        refused(client.post(description="x" * 70_000), 413)

    def test_tried_again_with_its_key_is_the_same_command(self, client: Client) -> None:
        commands: list[Any] = []
        for _ in range(2):
            rows_of(client.post(headers={"Idempotency-Key": "k"}), 201)
            commands.append(Toy.asked[-1][3].command)
        assert commands[0] == commands[1]
        assert commands[0].key == f"client:{client.client_id}:k"


class TestList:
    def test_is_asked_for_with_every_filter(self, client: Client) -> None:
        rows_of(
            client.get(
                f"{V2}/requests.json",
                service_code="05, 06",
                status="closed",
                start_date="2026-11-01T00:00:00Z",
                end_date="2026-11-23T00:00:00+08:00",
                page="3",
                page_size="50",
            )
        )
        assert asked("service_requests")["where"] == {
            "matter_nos": [],
            "categories": ["05", "06"],
            "reported_from": "2026-11-01T00:00:00Z",
            "reported_to": "2026-11-23T00:00:00+08:00",
            "is_open": False,
            "limit": 50,
            "skip": 100,
        }

    def test_names_what_it_wants(self, client: Client) -> None:
        found = client.get(f"{V2}/requests.json", service_request_id=f"{NUMBER},P1", status="")
        rows_of(found)
        where = asked("service_requests")["where"]
        assert (where["matter_nos"], where["is_open"]) == ([NUMBER, "P1"], None)

    @pytest.mark.parametrize(
        "params",
        [
            {"status": "pending"},
            {"start_date": "2026-11-01"},
            {"end_date": "0001-01-01T00:00:00Z"},
            {"end_date": "9999-12-31T23:59:59Z"},
            {"page": "0"},
            {"page": "52"},
            {"page_size": "201"},
            {"service_request_id": ",".join(["P"] * 201)},
        ],
    )
    def test_of_a_wrong_filter_is_refused(self, client: Client, params: dict[str, str]) -> None:
        said = refused(client.get(f"{V2}/requests.json", **params), 400)
        assert next(iter(params)) in said

    @pytest.mark.parametrize("jurisdiction", [("420802", 200), ("sfgov.org", 404)])
    def test_is_that_of_the_district(self, client: Client, jurisdiction: tuple[str, int]) -> None:
        code, status = jurisdiction
        for path in ("services", "services/05", "requests", f"requests/{NUMBER}"):
            answer = client.get(f"{V2}/{path}.json", jurisdiction_id=code)
            assert answer.status_code == status
        assert client.post(jurisdiction_id=code).status_code == (201 if status == 200 else 404)


class TestLimits:
    @pytest.mark.parametrize("window", ["minute", "day"])
    def test_of_reports_are_told_with_the_time_to_wait(
        self, limited: Callable[..., Client], window: str
    ) -> None:
        client = limited(**{f"open311_per_{window}": 2})

        answers = [client.post() for _ in range(3)]

        assert [answer.status_code for answer in answers] == [201, 201, 429]
        assert "429" in answers[2].text
        wait_s = int(answers[2].headers["retry-after"])
        assert wait_s == {"minute": 30, "day": 12 * 3600}[window]
        # Reading goes on.
        rows_of(client.get(f"{V2}/requests.json"))

    def test_are_for_each_address_too(
        self, limited: Callable[..., Client], register: Register
    ) -> None:
        client = limited(open311_per_minute=2)
        client_id, secret = register.add()
        other = Client(
            browser=client.browser, client_id=client_id, key=api_key_of(client_id, secret)
        )

        statuses = [each.post().status_code for each in (client, other, client)]

        assert statuses == [201, 201, 429]

    def test_of_tries_of_keys_are_those_of_signing_in(self, limited: Callable[..., Client]) -> None:
        client = limited(rate_sign_in_per_minute=3)
        rows_of(client.get(f"{V2}/services.json"))

        tried = [
            client.get(f"{V2}/services.json", api_key=f"x.{number}").status_code
            for number in range(4)
        ]

        assert tried == [403, 403, 429, 429]
        # Whose key is known goes on.
        rows_of(client.get(f"{V2}/services.json"))
