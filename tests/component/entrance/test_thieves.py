"""What thieves try at the entrance: each is refused, and each stands in the audit trail."""

import threading
import time
from typing import Any

import pyotp
from sqlalchemy import delete, update

from services.gateway import queries
from services.gateway.domain.service_client import ServiceClient
from services.gateway.store.tables import account_table, sign_in_table
from services.gateway.wiring.client_desk import ClientDesk
from services.gateway.wiring.proving import Proving
from shared.kernel.clock import china_now
from shared.kernel.rights import Role
from shared.kernel.trail_check import flaws
from shared.runtime import audit
from shared.runtime.call import Call
from shared.runtime.database import ServiceDatabase
from tests.component.gateway.browser import PASSWORD, Browser, of, refused
from tests.component.gateway.keys import Key
from tests.component.running import OwnBroker

Told = list[tuple[str, str, str]]


def trail(database: ServiceDatabase) -> Told:
    """Return who did what and how it ended, from a chain that is whole."""
    with database.reading() as connection:
        rows = list(audit.trail(connection))
    assert list(flaws(rows)) == []
    return [(row["account"], row["action"], row["outcome"]) for row in rows]


def renewed(edge: Browser, token: str, **headers: str) -> Any:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return edge.post("/auth/token", data=form, headers=headers)


def enrolled(edge: Browser, account: str) -> str:
    """Enrol a second factor with the code of the step before; return its secret."""
    while time.time() % 30 > 22:
        time.sleep(0.2)
    browser = edge.as_account(account)
    secret = of(browser.post("/auth/totp", json={"password": PASSWORD}), 200)["secret"]
    code = pyotp.TOTP(secret).at(int(time.time()) - 30)
    of(browser.post("/auth/totp/confirm", json={"code": code}), 200)
    return str(secret)


def test_a_refresh_token_used_twice(
    edge: Browser, copy: Browser, database: ServiceDatabase
) -> None:
    stolen = edge.tokens("member")
    mine = of(renewed(edge, stolen["refresh_token"]), 200)

    refused(renewed(copy, stolen["refresh_token"]), 401)

    refused(renewed(edge, mine["refresh_token"]), 401)
    refused(Browser(copy.app, mine["access_token"]).get("/me"), 401)
    assert trail(database)[1:] == [
        ("member", "gateway.renew", "refresh_reused"),
        ("member", "gateway.renew", "sign_in_ended"),
        ("member", "gateway.token", "sign_in_ended"),
    ]


def test_a_refresh_token_of_another_device(edge: Browser, database: ServiceDatabase) -> None:
    key = Key()
    form = {"username": "member", "password": PASSWORD, "device_key": key.jwk}
    stolen = of(edge.post("/auth/token", data=form), 200)["refresh_token"]

    refused(renewed(edge, stolen, **Key().proof()), 401)

    refused(renewed(edge, stolen, **key.proof()), 401)
    assert trail(database)[1:] == [
        ("member", "gateway.renew", "proof_wrong"),
        ("member", "gateway.renew", "sign_in_ended"),
    ]


def test_a_proof_shown_again(edge: Browser, copy: Browser, database: ServiceDatabase) -> None:
    key = Key("ES256")
    form = {"username": "member", "password": PASSWORD, "device_key": key.jwk}
    first = of(edge.post("/auth/token", data=form), 200)["refresh_token"]
    proof = key.proof()
    second = of(renewed(edge, first, **proof), 200)["refresh_token"]

    refused(renewed(copy, second, **proof), 401)

    assert trail(database)[1:] == [("member", "gateway.renew", "proof_replayed")]


def test_a_token_after_signing_out(edge: Browser, copy: Browser, database: ServiceDatabase) -> None:
    browser = edge.as_account("member")
    browser.post("/auth/logout")
    refused(Browser(copy.app, browser.headers["Authorization"].split()[1]).get("/me"), 401)
    assert trail(database)[1:] == [
        ("member", "gateway.sign_out", "done"),
        ("member", "gateway.token", "sign_in_ended"),
    ]


def test_tokens_of_a_removed_account(edge: Browser, database: ServiceDatabase) -> None:
    tokens = edge.tokens("member")
    with database.writing() as connection:
        connection.execute(delete(account_table).where(account_table.c.account == "member"))

    refused(Browser(edge.app, tokens["access_token"]).get("/me"), 401)
    refused(renewed(edge, tokens["refresh_token"]), 401)
    with database.writing() as connection:
        connection.execute(delete(sign_in_table).where(sign_in_table.c.account == "member"))
    other = Browser(edge.app, tokens["access_token"])
    edge.app.state.backing.guard._refused.clear()
    refused(other.get("/me"), 401)

    assert trail(database)[1:] == [
        ("member", "gateway.token", "account_gone"),
        ("member", "gateway.renew", "account_gone"),
        ("member", "gateway.token", "account_gone"),
    ]


def test_tokens_of_a_disabled_account(edge: Browser, database: ServiceDatabase) -> None:
    tokens = edge.tokens("member")
    disabling = update(account_table).where(account_table.c.account == "member")
    with database.writing() as connection:
        connection.execute(disabling.values(is_active=False))

    refused(Browser(edge.app, tokens["access_token"]).get("/me"), 401)
    refused(renewed(edge, tokens["refresh_token"]), 401)

    assert trail(database)[1:] == [
        ("member", "gateway.token", "disabled"),
        ("member", "gateway.renew", "disabled"),
    ]


def test_a_lock_stops_the_tokens_of_its_account_at_once(
    edge: Browser, database: ServiceDatabase
) -> None:
    browser, other = edge.as_account("member"), edge.as_account("noise")
    of(browser.get("/me"), 200)  # remembered
    for _ in range(5):
        edge.post("/auth/token", data={"username": "member", "password": "guess"})

    refused(browser.get("/me"), 401)

    of(other.get("/me"), 200)
    assert trail(database)[2:] == [
        *[("member", "gateway.sign_in", "wrong_password")] * 5,
        ("member", "gateway.lock", "done"),
        ("member", "gateway.token", "locked"),
    ]


def test_a_code_shown_to_two_copies_at_once(
    edge: Browser, copy: Browser, database: ServiceDatabase
) -> None:
    secret = enrolled(edge, "member")
    form = {"username": "member", "password": PASSWORD, "otp": pyotp.TOTP(secret).now()}
    statuses: list[int] = []

    def enter(browser: Browser) -> None:
        statuses.append(browser.post("/auth/token", data=form).status_code)

    entering = [threading.Thread(target=enter, args=[each]) for each in (edge, copy)]
    for each in entering:
        each.start()
    for each in entering:
        each.join()

    assert sorted(statuses) == [200, 401]
    assert sorted(trail(database)[-2:]) == [
        ("member", "gateway.sign_in", "code_replayed"),
        ("member", "gateway.sign_in", "done"),
    ]


def test_guesses_of_a_code(edge: Browser, database: ServiceDatabase) -> None:
    enrolled(edge, "member")
    before = len(trail(database))
    form = {"username": "member", "password": PASSWORD}
    challenge = refused(edge.post("/auth/token", data=form), 401)["challenge_token"]
    guess = {"grant_type": "second_factor", "challenge_token": challenge, "otp": "000000"}
    for _ in range(6):
        refused(edge.post("/auth/token", data=guess), 401)

    assert trail(database)[before:] == [
        ("member", "gateway.sign_in", "second_factor_needed"),
        *[("member", "gateway.sign_in", "second_factor_wrong")] * 5,
        ("member", "gateway.lock", "done"),
        ("member", "gateway.sign_in", "locked"),
    ]


def test_a_password_that_the_thief_changes(edge: Browser, database: ServiceDatabase) -> None:
    browser = edge.as_account("member")
    change = {"current": "guess", "new": "horse-Battery-7"}
    refused(browser.post("/auth/password", json=change), 403)
    assert trail(database)[-1] == ("member", "gateway.change_password", "wrong_password")

    change = {"current": PASSWORD, "new": "horse-Battery-7"}
    assert browser.post("/auth/password", json=change).status_code == 204
    again = {"current": "horse-Battery-7", "new": "horse-Battery-7"}
    refused(browser.post("/auth/password", json=again), 422)
    assert trail(database)[-2:] == [
        ("member", "gateway.change_password", "done"),
        ("member", "gateway.change_password", "invalid"),
    ]


def test_an_administrator_without_second_factor(
    edge: Browser, own: OwnBroker, database: ServiceDatabase
) -> None:
    tokens = edge.tokens("auditor")
    assert tokens["second_factor_enrolment_needed"] is own.needs_second_factor
    assert tokens["expires_in"] == 10 * 60
    browser = Browser(edge.app, tokens["access_token"])
    of(browser.get("/me"), 200)
    if own.needs_second_factor:
        assert refused(browser.get("/incidents"), 403)["code"] == "enrol_second_factor"


def test_a_client_and_what_it_showed_before(
    edge: Browser, copy: Browser, own: OwnBroker, database: ServiceDatabase
) -> None:
    key = Key()
    client = ServiceClient(
        client_id="urban",
        name="城管局",
        purpose="案件推送",
        role=Role.DEPARTMENT_USER,
        place_code="420802",
        valid_from=china_now(),
        public_key=key.public,
    )
    desk = ClientDesk(Proving(own, database))
    desk.register(client, Call())
    form = key.assertion("urban")
    token = of(edge.post("/auth/token", data=form), 200)["access_token"]

    refused(copy.post("/auth/token", data=form), 401)
    desk.disable("urban", Call())
    refused(Browser(copy.app, token).get("/me"), 401)

    assert trail(database) == [
        ("platform", "gateway.register_client", "done"),
        ("client:urban", "gateway.client_sign_in", "done"),
        ("client:urban", "gateway.client_sign_in", "assertion_replayed"),
        ("platform", "gateway.disable_client", "done"),
        ("client:urban", "gateway.token", "client_disabled"),
    ]


def test_sign_ins_are_listed_and_ended(edge: Browser, database: ServiceDatabase) -> None:
    this, other = edge.as_account("member"), edge.as_account("member")
    items = of(this.get("/auth/sessions"), 200)["items"]
    [another] = [item["id"] for item in items if not item["is_this"]]
    assert this.post(f"/auth/sessions/{another}/end").status_code == 204
    refused(other.get("/me"), 401)
    assert len(of(this.get("/auth/sessions"), 200)["items"]) == 1
    with database.reading() as connection:
        assert queries.is_account(connection, "member")


def test_no_secret_lies_where_a_thief_of_the_tables_could_use_it(
    edge: Browser, database: ServiceDatabase
) -> None:
    tokens = edge.tokens("member")
    browser = Browser(edge.app, tokens["access_token"])
    secret = of(browser.post("/auth/totp", json={"password": PASSWORD}), 200)["secret"]
    code = pyotp.TOTP(secret).now()
    codes = of(browser.post("/auth/totp/confirm", json={"code": code}), 200)["recovery_codes"]
    with database.reading() as connection:
        tables = ("account", "old_password", "sign_in", "refresh_token", "recovery_code")
        kept = repr([connection.exec_driver_sql(f"SELECT * FROM {t}").all() for t in tables])  # noqa: S608
    for hidden in (PASSWORD, tokens["refresh_token"], *codes):
        assert hidden not in kept
        assert hidden.replace("-", "") not in kept
