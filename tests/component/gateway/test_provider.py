"""Signing in by way of a real identity provider: npm's `oidc-provider`, in a process of its own."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import update

from services.gateway import wiring
from services.gateway.routes.provider import COOKIE
from services.gateway.service import create_app
from services.gateway.store.tables import account_table
from services.gateway.wiring.oidc_desk import OidcDesk
from shared.kernel.rights import Role
from shared.runtime.call import Call
from shared.runtime.database import ServiceDatabase
from shared.runtime.edge import edge_of
from tests.component.gateway.browser import API, PASSWORD, Browser, of, refused, wrong_fields
from tests.component.gateway.edge_settings import EdgeSettings
from tests.component.gateway.provider_process import (
    CLIENT,
    SECRET,
    ProviderProcess,
    find_node,
    running_provider,
    walk,
)
from tests.component.gateway.test_signing_in import _trail_after

pytestmark = pytest.mark.skipif(
    find_node() is None, reason="an identity provider needs node 20 or newer with npm"
)


@pytest.fixture(scope="module", params=["ES256", "RS256"])
def provider(request: pytest.FixtureRequest) -> Iterator[ProviderProcess]:
    with running_provider(request.param) as provider:
        yield provider


@pytest.fixture(scope="module")
def asking(settings: EdgeSettings, provider: ProviderProcess) -> EdgeSettings:
    secret: Path = settings.data / "oidc-secret"
    secret.write_text(SECRET + "\n")
    named = {
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT,
        "oidc_client_secret_file": secret,
    }
    return settings.model_copy(update=named)


@pytest.fixture(scope="module")
def visitor(asking: EdgeSettings, database: ServiceDatabase) -> Browser:
    return Browser(create_app(asking, edge_of(asking, "gateway"), database))


@pytest.fixture(scope="module")
def desk(asking: EdgeSettings, database: ServiceDatabase) -> OidcDesk:
    proving = wiring.Proving(asking, database)
    return OidcDesk(proving, wiring.SignInDesk(proving))


@pytest.fixture
def account(desk: OidcDesk, database: ServiceDatabase) -> str:
    """Give an account that may enter by the provider, and has not yet."""
    name = an_account(database)
    desk.allow(name, Call())
    return name


def an_account(database: ServiceDatabase) -> str:
    name = f"p-{uuid.uuid4().hex[:8]}"
    wiring.create_account(database)(
        account=name, name="P", password=PASSWORD, roles=[Role.DUTY_OFFICER], place_code="*"
    )
    return name


class Visit:
    """A browser on its way."""

    def __init__(self, edge: Browser, return_to: str = "/console?tab=1") -> None:
        self._edge = edge
        sent = edge.get("/auth/oidc/start", params={"return_to": return_to})
        assert sent.status_code == 303, sent.text
        self.address = sent.headers["location"]
        cookie = sent.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        self.cookie = {"Cookie": cookie.partition(";")[0]}

    def returned(self, name: str) -> str:
        return walk(self.address, name)

    def come_back(self, address: str, **headers: str) -> httpx.Response:
        path = address.removeprefix("http://edge").removeprefix(API)
        return self._edge.get(path, headers=headers or self.cookie)

    def entered(self, name: str) -> str:
        """Go there and back; return what the page finds in its address."""
        answer = self.come_back(self.returned(name))
        assert answer.status_code == 303, answer.text
        page, _, told = answer.headers["location"].partition("#")
        assert page == "/console?tab=1"
        return str(told)

    def exchanged(self, told: str, **headers: str) -> httpx.Response:
        form = {"grant_type": "oidc", "code": told.removeprefix("code=")}
        return self._edge.post("/auth/token", data=form, headers=headers or self.cookie)


def test_who_is_linked_enters(visitor: Browser, account: str, database: ServiceDatabase) -> None:
    before = len(_trail_after(database, 0))
    for _ in range(2):  # the second time by the subject that the first has left
        visit = Visit(visitor)
        tokens = of(visit.exchanged(visit.entered(account)), 200)
        me = of(Browser(visitor.app, tokens["access_token"]).get("/me"), 200)
        assert me["account"] == account

    assert _trail_after(database, before) == [
        (account, "gateway.come_back", "done"),
        (account, "gateway.link_provider", "done"),
        (account, "gateway.sign_in", "done"),
        (account, "gateway.come_back", "done"),
        (account, "gateway.sign_in", "done"),
    ]


def test_the_address_asks_as_it_should(visitor: Browser, provider: ProviderProcess) -> None:
    asked = parse_qs(urlsplit(Visit(visitor).address).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43
    assert asked["state"] != asked["nonce"]


def test_who_has_no_account_or_may_not_does_not_enter(
    visitor: Browser, database: ServiceDatabase
) -> None:
    before = len(_trail_after(database, 0))
    for name in (an_account(database), "nobody-here", "no account"):
        assert Visit(visitor).entered(name) == "error=entry_refused"
    assert _trail_after(database, before) == [("unknown", "gateway.come_back", "not_linked")] * 3


def test_an_account_is_linked_to_the_first_who_comes_and_to_nobody_else(
    visitor: Browser, account: str, desk: OidcDesk, database: ServiceDatabase
) -> None:
    assert Visit(visitor).entered(f"{account}+first").startswith("code=")
    assert Visit(visitor).entered(account) == "error=entry_refused"
    [link] = [link for link in desk.links() if link["account"] == account]
    assert link["subject"] == f"{account}+first"

    assert desk.forbid(account, Call())
    assert Visit(visitor).entered(f"{account}+first") == "error=entry_refused"
    assert not desk.forbid(account, Call())


def test_a_visit_is_of_one_browser_and_of_one_time(
    visitor: Browser, account: str, database: ServiceDatabase
) -> None:
    before = len(_trail_after(database, 0))
    visit, other = Visit(visitor), Visit(visitor)
    returned = visit.returned(account)
    for headers in ({"Cookie": f"{COOKIE}=made-up"}, other.cookie, {"Cookie": "x=y"}):
        assert refused(visit.come_back(returned, **headers), 401)["code"] == "entry_refused"

    assert visit.come_back(returned).status_code == 303
    assert refused(visit.come_back(returned), 401)["code"] == "entry_refused"
    states = [told for _, _, told in _trail_after(database, before)]
    assert states == ["state_wrong"] * 3 + ["done", "done", "state_wrong"]


def test_a_code_for_the_page_is_of_one_browser_and_good_once(
    visitor: Browser, account: str, database: ServiceDatabase
) -> None:
    visit = Visit(visitor)
    told = visit.entered(account)
    before = len(_trail_after(database, 0))
    elsewhere = visit.exchanged(told, **{"Cookie": f"{COOKIE}=made-up"})
    assert refused(elsewhere, 401)["code"] == "entry_refused"
    of(visit.exchanged(told), 200)
    assert refused(visit.exchanged(told), 401)["code"] == "entry_refused"
    assert [told for _, _, told in _trail_after(database, before)] == [
        "entry_code_wrong",
        "done",
        "entry_code_wrong",
    ]


def test_a_code_of_the_provider_is_of_one_visit(visitor: Browser, account: str) -> None:
    """Another's code, put into one's own visit: the verifier and the nonce are not his."""
    stolen = parse_qs(urlsplit(Visit(visitor).returned(account)).query)["code"][0]
    visit = Visit(visitor)
    state = visit.cookie["Cookie"].partition("=")[2]
    answer = visit.come_back(f"/auth/oidc/callback?code={stolen}&state={state}")
    assert answer.headers["location"].endswith("#error=entry_refused")


def test_an_answer_of_another_issuer_is_refused(visitor: Browser, account: str) -> None:
    visit = Visit(visitor)
    query = parse_qs(urlsplit(visit.returned(account)).query)
    assert query["iss"]
    answer = visit.come_back(
        f"/auth/oidc/callback?code={query['code'][0]}&state={query['state'][0]}&iss=http://other"
    )
    assert answer.headers["location"].endswith("#error=entry_refused")


def test_who_agrees_to_nothing_comes_back_with_nothing(visitor: Browser) -> None:
    visit = Visit(visitor)
    state = visit.cookie["Cookie"].partition("=")[2]
    answer = visit.come_back(f"/auth/oidc/callback?error=access_denied&state={state}")
    assert answer.headers["location"].endswith("#error=entry_refused")


def test_whoever_is_disabled_does_not_enter(
    visitor: Browser, account: str, database: ServiceDatabase
) -> None:
    with database.writing() as connection:
        gone = update(account_table).where(account_table.c.account == account)
        connection.execute(gone.values(is_active=False))
    visit = Visit(visitor)
    refused(visit.exchanged(visit.entered(account)), 401)


def test_new_keys_of_the_provider_are_found(
    visitor: Browser, account: str, provider: ProviderProcess
) -> None:
    first = Visit(visitor)
    of(first.exchanged(first.entered(account)), 200)
    provider.stop()
    provider.start()
    again = Visit(visitor)
    of(again.exchanged(again.entered(account)), 200)


def test_a_provider_that_is_away_is_told_as_such(
    visitor: Browser, account: str, provider: ProviderProcess
) -> None:
    visit = Visit(visitor)
    returned = visit.returned(account)
    provider.stop()
    try:
        assert refused(visit.come_back(returned), 503)["code"] == "provider_away"
    finally:
        provider.start()


@pytest.mark.parametrize(
    "return_to", ["", "//evil", "/\\evil", "https://evil/", "javascript:x", "/a b", "/a#b", "/网"]
)
def test_nobody_is_sent_on_to_another_host(visitor: Browser, return_to: str) -> None:
    answer = visitor.get("/auth/oidc/start", params={"return_to": return_to})
    assert wrong_fields(answer) == {"return_to"}


def test_without_a_provider_there_is_no_way_to_one(anyone: Browser) -> None:
    for path in ("/auth/oidc/start", "/auth/oidc/callback?state=x"):
        assert refused(anyone.get(path, headers={"Cookie": f"{COOKIE}=x"}), 404)


def test_no_token_of_the_provider_is_taken_for_ours(
    visitor: Browser, account: str, provider: ProviderProcess
) -> None:
    form: dict[str, Any] = {"grant_type": "oidc", "code": "made-up"}
    refused(visitor.post("/auth/token", data=form), 401)
    assert wrong_fields(visitor.post("/auth/token", data={"grant_type": "oidc"})) == {"code"}
