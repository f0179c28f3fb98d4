"""Services and departments sign in as themselves, and never as people."""

import time
import uuid
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from services.gateway.domain.service_client import ServiceClient
from services.gateway.store.tables import client_table
from services.gateway.wiring.client_desk import ClientDesk
from services.gateway.wiring.proving import Proving
from shared.kernel.clock import china_now
from shared.kernel.rights import Role
from shared.runtime.call import Call
from shared.runtime.database import ServiceDatabase
from tests.component.gateway.browser import PASSWORD, Browser, of, refused, wrong_fields
from tests.component.gateway.edge_settings import EdgeSettings
from tests.component.gateway.keys import Key
from tests.component.gateway.test_signing_in import _trail_after

GRANT = {"grant_type": "client_credentials"}


class Register:
    """The register of clients, as the command line uses it."""

    def __init__(self, settings: EdgeSettings, database: ServiceDatabase) -> None:
        self._desk = ClientDesk(Proving(settings, database))

    def add(self, key: Key | None = None) -> tuple[str, str]:
        """Register a client; return its id and its secret."""
        client = ServiceClient(
            client_id=f"c-{uuid.uuid4().hex[:8]}",
            name="城管局",
            purpose="案件推送",
            role=Role.DEPARTMENT_USER,
            place_code="420802",
            valid_from=china_now(),
        )
        key_of_it = None if key is None else key.public
        secret = self._desk.register(replace(client, public_key=key_of_it), Call())
        return client.client_id, secret or ""

    def disable(self, client_id: str) -> None:
        self._desk.disable(client_id, Call())


@pytest.fixture(scope="module")
def register(settings: EdgeSettings, database: ServiceDatabase) -> Register:
    return Register(settings, database)


def by_secret(client_id: str, secret: str) -> dict[str, str]:
    return GRANT | {"client_id": client_id, "client_secret": secret}


def test_by_its_secret_in_the_form_or_as_basic(anyone: Browser, register: Register) -> None:
    client_id, secret = register.add()
    in_form = anyone.post("/auth/token", data=by_secret(client_id, secret))
    basic = httpx.BasicAuth(client_id, secret)._auth_header
    as_basic = anyone.post("/auth/token", data=GRANT, headers={"Authorization": basic})
    for answer in (in_form, as_basic):
        tokens = of(answer, 200)
        assert tokens["refresh_token"] is None
        me = of(Browser(anyone.app, tokens["access_token"]).get("/me"), 200)
        assert (me["account"], me["roles"]) == (f"client:{client_id}", ["department_user"])


@pytest.mark.parametrize("kind", ["EdDSA", "ES256"])
def test_by_an_assertion_of_its_key_good_once(
    anyone: Browser, register: Register, database: ServiceDatabase, kind: str
) -> None:
    key = Key(kind)
    client_id, _ = register.add(key)
    form = key.assertion(client_id)
    of(anyone.post("/auth/token", data=form), 200)
    before = len(_trail_after(database, 0))

    assert refused(anyone.post("/auth/token", data=form), 401)["code"] == "client_refused"

    name = f"client:{client_id}"
    assert _trail_after(database, before) == [
        (name, "gateway.client_sign_in", "assertion_replayed")
    ]


SPOILT: dict[str, dict[str, Any]] = {
    "for another platform": {"aud": "https://elsewhere/token"},
    "of another client": {"iss": "other"},
    "about another client": {"sub": "other"},
    "expired": {"exp": int(time.time()) - 3600},
    "good for too long": {"exp": int(time.time()) + 7200},
    "without a name": {"jti": 7},
    "of no age at all": {"exp": 10**30},
}


@pytest.mark.parametrize("changed", SPOILT.values(), ids=SPOILT)
def test_not_by_an_assertion_that_is_wrong(
    anyone: Browser, register: Register, changed: dict[str, Any]
) -> None:
    key = Key()
    client_id, _ = register.add(key)
    refused(anyone.post("/auth/token", data=key.assertion(client_id, **changed)), 401)
    refused(anyone.post("/auth/token", data=Key().assertion(client_id)), 401)
    refused(anyone.post("/auth/token", data=by_secret(client_id, "")), 422)
    of(anyone.post("/auth/token", data=key.assertion(client_id)), 200)


def test_not_with_a_persons_account_nor_a_person_with_a_clients(
    anyone: Browser, register: Register, database: ServiceDatabase
) -> None:
    client_id, secret = register.add()
    before = len(_trail_after(database, 0))
    refused(anyone.post("/auth/token", data=by_secret("member", PASSWORD)), 401)
    for name in (client_id, f"client:{client_id}"):
        form = {"username": name, "password": secret}
        assert refused(anyone.post("/auth/token", data=form), 401)["code"] == "sign_in_refused"
    assert _trail_after(database, before) == [
        ("unknown", "gateway.client_sign_in", "client_unknown"),
        ("unknown", "gateway.sign_in", "unknown_account"),
        ("unknown", "gateway.sign_in", "unknown_account"),
    ]


def test_not_once_it_is_disabled_nor_by_a_token_from_before(
    anyone: Browser, register: Register, database: ServiceDatabase
) -> None:
    client_id, secret = register.add()
    token = of(anyone.post("/auth/token", data=by_secret(client_id, secret)), 200)["access_token"]
    register.disable(client_id)
    before = len(_trail_after(database, 0))

    refused(anyone.post("/auth/token", data=by_secret(client_id, secret)), 401)
    refused(Browser(anyone.app, token).get("/me"), 401)

    assert _trail_after(database, before) == [
        (f"client:{client_id}", "gateway.client_sign_in", "client_disabled"),
        (f"client:{client_id}", "gateway.token", "client_disabled"),
    ]


def test_not_outside_of_its_time(
    anyone: Browser, register: Register, database: ServiceDatabase
) -> None:
    client_id, secret = register.add()
    with database.writing() as connection:
        row = client_table.c
        connection.execute(
            update(client_table).where(row.client_id == client_id).values(valid_until=china_now())
        )
    refused(anyone.post("/auth/token", data=by_secret(client_id, secret)), 401)


@pytest.mark.parametrize("basic", ["", "%%%", "bm9jb2xvbg==", "Ono=", "/////w=="])
def test_not_by_what_cannot_be_read(anyone: Browser, basic: str) -> None:
    headers = {"Authorization": f"Basic {basic}"}
    refused(anyone.post("/auth/token", data=GRANT, headers=headers), 401)


def test_not_in_two_ways_at_once_nor_in_none(anyone: Browser, register: Register) -> None:
    client_id, secret = register.add()
    both = by_secret(client_id, secret) | Key().assertion(client_id)
    refused(anyone.post("/auth/token", data=both), 401)
    assert wrong_fields(anyone.post("/auth/token", data=GRANT)) == {"client_id"}


def test_keeps_no_secret_that_could_be_read(register: Register, database: ServiceDatabase) -> None:
    _, secret = register.add()
    with database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM client").all()
    assert secret not in repr(rows)
