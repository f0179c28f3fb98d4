"""Run state, documents and the start page: what is open to everybody."""

import re
from collections.abc import Iterator

import pytest

from services.gateway.service import Gateway, create_app
from shared.runtime.database import ServiceDatabase
from shared.runtime.edge import edge_of
from shared.runtime.settings import Settings
from tests.component.gateway.behind import AWAY, Toy
from tests.component.gateway.browser import Browser, of, refused
from tests.component.gateway.edge_settings import EdgeSettings

# What is long, or personal, comes in a body: it would not fit into an address, or stand in its logs.
QUESTIONS = {
    "POST /api/v1/clocks/compute",
    "POST /api/v1/grid/locate",
    "POST /api/v1/incidents/by-contact",
    "POST /api/v1/incidents/{incident_id}/personal",
    "POST /api/v1/patrols/{round_id}/track/personal",
    "POST /api/v1/routing/dry-run",
    "POST /api/v1/register/people/attention",
    "POST /api/v1/register/records/find",
    "POST /api/v1/register/records/{record_id}/fenced",
    "POST /api/v1/register/records/{record_id}/personal",
}
OPEN = {
    "/api/v1/auth/oidc/callback",
    "/api/v1/auth/oidc/start",
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/asyncapi.json",
    "/",
    "/api/v1/auth/token",
    "/open311/discovery.json",
    "/open311/discovery.xml",
    "/ogc",
    "/ogc/api",
    "/ogc/conformance",
}
# It has a key of its own, and refusals of its own form (`test_open311.py`).
OPEN311 = "/open311/v2/"


@pytest.fixture(scope="module")
def deserted(settings: EdgeSettings, database: ServiceDatabase, deserted_broker: str) -> Browser:
    """Give an edge on a broker where there is no service."""
    alone = settings.model_copy(update={"broker": deserted_broker, "rpc_timeout_s": 1})
    return Browser(create_app(alone, edge_of(alone, "gateway"), database))


@pytest.fixture(scope="module")
def without_database(
    settings: EdgeSettings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """Give an edge whose database has no tables."""
    elsewhere = settings.model_copy(update={"data": tmp_path_factory.mktemp("empty")})
    database = ServiceDatabase(elsewhere, "gateway")
    yield Browser(create_app(elsewhere, edge_of(elsewhere, "gateway"), database))
    database.close()


def test_it_lives(anyone: Browser) -> None:
    assert of(anyone.send("GET", "/healthz"), 200) == {"alive": True}


def test_it_is_ready_when_everything_answers(anyone: Browser) -> None:
    body = of(anyone.send("GET", "/readyz"), 200)
    assert body == {"ready": True, "services": ["gateway", "grid", "patrol", "register", "command"]}
    assert {entry[0] for entry in Toy.asked} == {"grid", "patrol", "register", "command"}


def test_it_says_what_is_away(deserted: Browser) -> None:
    answer = deserted.send("GET", "/readyz")
    body = refused(answer, 503)
    assert {error["field"]: error["code"] for error in body["errors"]} == {
        "grid": "service_away",
        "patrol": "service_away",
        "register": "service_away",
        "command": "service_away",
    }
    assert int(answer.headers["retry-after"]) > 0
    of(deserted.send("GET", "/healthz"), 200)


def test_one_service_away_is_not_ready(anyone: Browser) -> None:
    Toy.refusals["ready"] = AWAY
    assert len(refused(anyone.send("GET", "/readyz"), 503)["errors"]) == 4


def test_calls_to_a_service_that_is_away_may_be_tried_again(
    deserted: Browser, member: Browser
) -> None:
    answer = Browser(deserted.app, member.headers["Authorization"][7:]).get("/incidents")
    assert refused(answer, 503)["code"] == "service_away"
    assert answer.headers["retry-after"]


def test_a_database_that_is_away_is_no_fault_of_500(without_database: Browser) -> None:
    answer = without_database.post("/auth/token", data={"username": "a", "password": "b"})
    assert refused(answer, 503)["code"] == "database_busy"
    assert "no such table" not in answer.text


def test_figures_count_requests_by_route_and_status(anyone: Browser) -> None:
    anyone.send("GET", "/healthz")
    anyone.send("GET", "/no-such-path")
    anyone.get("/me")
    anyone.send("BREW", "/healthz")
    text = anyone.send("GET", "/metrics").text
    for line in (
        r'wangge_http_requests_total{method="GET",route="/healthz",status="200"} \d',
        r'wangge_http_requests_total{method="GET",route="unmatched",status="404"} \d',
        r'wangge_http_requests_total{method="GET",route="/api/v1/me",status="401"} \d',
        r'wangge_http_requests_total{method="other",route="/healthz",status="405"} \d',
        r"wangge_stream_clients 0",
    ):
        assert re.search(line.replace("{", r"\{").replace("}", r"\}"), text), line


def test_everything_else_needs_signing_in(app: Gateway, anyone: Browser) -> None:
    document = app.openapi()
    paths = [
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if path not in OPEN and not path.startswith(OPEN311)
    ]
    assert len(paths) > 30
    for method, path in paths:
        filled = re.sub(r"{\w+_id}", "01938c5e-0000-7000-8000-000000000001", path)
        filled = re.sub(r"{\w+}", "1", filled)
        body = refused(anyone.send(method, filled), 401)
        assert body["code"] == "sign_in_needed", path
    assert Toy.asked == []


def test_asyncapi_is_what_is_published(anyone: Browser) -> None:
    assert of(anyone.send("GET", "/asyncapi.json"), 200)["asyncapi"].startswith("3.")


class TestOpenApi:
    @pytest.fixture
    def document(self, anyone: Browser) -> dict[str, object]:
        document: dict[str, object] = of(anyone.send("GET", "/openapi.json"), 200)
        return document

    def operations(self, document: dict[str, object]) -> list[tuple[str, dict[str, object]]]:
        return [
            (f"{method.upper()} {path}", operation)
            for path, methods in document["paths"].items()  # type: ignore[attr-defined]
            for method, operation in methods.items()
        ]

    def test_is_version_3_1(self, document: dict[str, object]) -> None:
        assert str(document["openapi"]).startswith("3.1")

    def test_resolves_every_reference(self, document: dict[str, object]) -> None:
        for pointer in set(re.findall(r"'\$ref': '#/([^']+)'", repr(document))):
            found: object = document
            for part in pointer.split("/"):
                found = found[part]  # type: ignore[index]

    def test_documents_refusals_as_problems(self, document: dict[str, object]) -> None:
        for name, operation in self.operations(document):
            responses = operation["responses"]
            assert isinstance(responses, dict)
            for status, response in responses.items():
                if int(status) >= 400:
                    assert list(response["content"])[-1] == "application/problem+json", name
                    is_other = OPEN311 in name and status != "414"
                    assert len(response["content"]) == 1 + is_other, name
            if "/api/v1/" in name and name.split()[1] not in OPEN:
                assert {"400", "401", "422", "503"} <= set(responses), name

    def test_says_how_to_sign_in(self, document: dict[str, object]) -> None:
        schemes = document["components"]["securitySchemes"]  # type: ignore[index]
        flow = schemes["SignIn"]["flows"]["password"]
        assert flow["tokenUrl"] == "/api/v1/auth/token"
        for name, operation in self.operations(document):
            path = name.split()[1]
            is_signed_in = path not in OPEN and not path.startswith(OPEN311)
            assert ("security" in operation) == is_signed_in, name

    def test_names_the_idempotency_key_of_writes(self, document: dict[str, object]) -> None:
        for name, operation in self.operations(document):
            parameters = operation.get("parameters", [])
            assert isinstance(parameters, list)
            takes_key = any(each["name"] == "Idempotency-Key" for each in parameters)
            is_write = name.split()[0] in {"POST", "PUT"}
            # What proves who one is, is asked anew each time: an answer kept would be a secret kept.
            proves = name.split()[1].startswith("/api/v1/auth/")
            assert takes_key == (is_write and not proves and name not in QUESTIONS), name

    def test_names_each_operation_once(self, document: dict[str, object]) -> None:
        ids = [operation["operationId"] for _, operation in self.operations(document)]
        assert len(ids) == len(set(ids))

    def test_needs_neither_services_nor_database(self, settings: EdgeSettings) -> None:
        nowhere = Settings(data=settings.data / "nowhere")
        app = create_app(nowhere, edge_of(nowhere, "gateway"), ServiceDatabase(nowhere, "gateway"))
        assert app.openapi()["paths"]
        assert not nowhere.data.exists()


class TestStartPage:
    def test_is_whole_in_itself(self, anyone: Browser) -> None:
        page = anyone.send("GET", "/")
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert not re.search(r"(src|href)=\"(https?:)?//", page.text)
        assert " on" not in "".join(re.findall(r"<[a-z]+ [^>]*>", page.text)).replace(" one", "")

    def test_runs_nothing_but_its_own_script(self, anyone: Browser) -> None:
        policy = anyone.send("GET", "/").headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert re.search(r"script-src 'sha256-[\w+/=]+';", policy)
        assert re.search(r"style-src 'sha256-[\w+/=]+';", policy)
        assert "unsafe" not in policy
