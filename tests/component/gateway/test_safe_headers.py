"""Every answer of every route carries the headers that keep a browser from misusing it."""

import re
from collections.abc import Iterator

import pytest

from services.gateway.service import Gateway, create_app
from shared.runtime.database import ServiceDatabase
from shared.runtime.edge import edge_of
from shared.runtime.settings import SettingsInvalid, load_settings
from tests.component.gateway.browser import Browser
from tests.component.gateway.edge_settings import EdgeSettings

ORIGIN = "https://console.example.gov.cn"
ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
}
AN_ID = "019aae2f-6a40-7000-8000-000000000001"


def calls(app: Gateway) -> Iterator[tuple[str, str]]:
    """Yield every operation, with an address that leads to it."""
    yield from (("GET", path) for path in ("/", "/openapi.json", "/nothing"))
    for path, operations in app.openapi()["paths"].items():
        ids = re.sub(r"\{(incident|file)_id\}", AN_ID, path)
        for method in operations:
            yield method.upper(), re.sub(r"\{\w+\}", "1", ids)


def test_every_route_has_them_signed_in_and_not(
    app: Gateway, anyone: Browser, admin: Browser
) -> None:
    walked = list(calls(app))
    assert len(walked) > 40

    for method, path in walked:
        for browser in (anyone, admin):
            if browser is admin and path.endswith("/stream"):
                continue  # it does not end
            answer = browser.send(method, path)
            where = f"{method} {path} {answer.status_code}"
            assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS, where
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'"), where
            assert "unsafe" not in policy, where
            assert "frame-ancestors 'none'" in policy, where
            assert "set-cookie" not in answer.headers, where
            assert "server" not in answer.headers, where
            assert "strict-transport-security" not in answer.headers, where


@pytest.mark.parametrize("path", ["/nothing", "/api/v1/me", "/"])
def test_over_tls_a_browser_is_told_to_come_back_over_tls(anyone: Browser, path: str) -> None:
    answer = anyone.send("GET", f"https://edge{path}")

    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_the_start_page_runs_nothing_but_what_it_holds(anyone: Browser) -> None:
    page = anyone.send("GET", "/")

    policy = page.headers["content-security-policy"]
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/=]{44}';", policy)
    assert re.search(r"style-src 'sha256-[A-Za-z0-9+/=]{44}';", policy)
    # What the hashes do not cover would be blocked, so there shall be none of it.
    assert not re.search(r"""\s(on\w+|style)=["']""", page.text)


class TestOtherOrigins:
    def test_get_nothing_by_default(self, anyone: Browser) -> None:
        asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}

        preflight = anyone.send("OPTIONS", "/api/v1/me", headers=asked)
        answer = anyone.get("/me", headers={"Origin": ORIGIN})

        assert preflight.status_code == 405
        assert not [name for name in answer.headers if name.startswith("access-control")]

    @pytest.fixture
    def open_edge(self, settings: EdgeSettings, database: ServiceDatabase) -> Browser:
        changed = settings.model_copy(update={"cors_origins": (ORIGIN,)})
        return Browser(create_app(changed, edge_of(changed, "gateway"), database))

    def test_that_are_listed_may_call_without_credentials(self, open_edge: Browser) -> None:
        asked = {
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,idempotency-key",
        }

        preflight = open_edge.send("OPTIONS", "/api/v1/incidents", headers=asked)
        answer = open_edge.get("/me", headers={"Origin": ORIGIN})

        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == ORIGIN
        assert answer.status_code == 401
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert answer.headers["vary"].count("Origin") == 1
        assert "access-control-allow-credentials" not in answer.headers
        assert answer.headers["x-content-type-options"] == "nosniff"

    @pytest.mark.parametrize(
        "origin", ["https://elsewhere.example", ORIGIN + ".evil.example", "null", ORIGIN + ":444"]
    )
    def test_that_are_not_listed_get_nothing(self, open_edge: Browser, origin: str) -> None:
        answer = open_edge.get("/me", headers={"Origin": origin})

        assert "access-control-allow-origin" not in answer.headers

    @pytest.mark.parametrize("origins", ["*", "https://*.example", "example.gov.cn", "null"])
    def test_cannot_be_everybody(self, origins: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WANGGE_CORS_ORIGINS", origins)

        with pytest.raises(SettingsInvalid, match="WANGGE_CORS_ORIGINS"):
            load_settings()


@pytest.mark.parametrize(
    ("address", "headers", "status", "code"),
    [
        ("/api/v1/me?" + "x" * 9000, 1, 414, "address_too_long"),
        ("/api/v1/me", 101, 431, "too_many_headers"),
        ("/api/v1/me?a=%00", 1, 400, "nul_character"),
    ],
)
def test_what_nobody_sends_who_means_well_is_not_looked_at(
    anyone: Browser, address: str, headers: int, status: int, code: str
) -> None:
    many = {f"X-Header-{number}": "x" for number in range(headers)}

    answer = anyone.send("GET", address, headers=many)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["zh"] != answer.json()["en"]
