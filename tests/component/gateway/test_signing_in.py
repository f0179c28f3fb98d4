"""Signing in, going on, signing out, over HTTP."""

import jwt
import pytest
from sqlalchemy import update

from services.gateway import queries
from services.gateway.service import create_app
from services.gateway.store.tables import account_table
from shared.kernel.clock import china_now
from shared.kernel.rights import PERMISSIONS, Permission, Role
from shared.kernel.trail_check import flaws
from shared.runtime import audit
from shared.runtime.database import ServiceDatabase
from shared.runtime.edge import edge_of
from tests.component.gateway.behind import AWAY, Toy
from tests.component.gateway.browser import PASSWORD, Browser, of, refused, wrong_fields


def test_the_password_form_gives_tokens(anyone: Browser) -> None:
    tokens = anyone.tokens("member")
    assert set(tokens) == {
        "access_token",
        "token_type",
        "expires_in",
        "refresh_token",
        "password_change_needed",
        "second_factor_enrolment_needed",
    }
    assert not tokens["password_change_needed"]
    assert not tokens["second_factor_enrolment_needed"]
    assert tokens["token_type"] == "bearer"
    assert tokens["expires_in"] == 30 * 60


def test_me_says_who_one_is_and_where(member: Browser) -> None:
    assert of(member.get("/me"), 200) == {
        "account": "member",
        "name": "member name",
        "roles": ["grid_member"],
        "places": [{"code": "420802001001001", "name": "一网格"}],
        "unit": None,
        "rights": [{"role": "grid_member", "place": "420802001001001"}],
        "permissions": [
            permission.value
            for permission in Permission
            if permission in PERMISSIONS[Role.GRID_MEMBER]
        ],
    }


def test_me_needs_no_grid_registry(member: Browser) -> None:
    Toy.refusals["cell"] = AWAY
    assert of(member.get("/me"), 200)["places"] == [{"code": "420802001001001", "name": None}]


@pytest.mark.parametrize(
    ("account", "password"),
    [
        ("admin", "wrong password"),
        ("stranger", PASSWORD),
        ("Member", PASSWORD),
        ("member\x00", PASSWORD),
        ("网格员", PASSWORD),
        ("' or 1=1 --", PASSWORD),
        ("admin", "\x00"),
        ("admin", "密码" * 500),
    ],
)
def test_every_failure_is_answered_the_same(anyone: Browser, account: str, password: str) -> None:
    answer = anyone.post("/auth/token", data={"username": account, "password": password})
    body = refused(answer, 401)
    assert body["code"] == "sign_in_refused"
    assert answer.headers["www-authenticate"].startswith("Bearer ")


def test_five_wrong_passwords_lock_the_account_and_only_that(anyone: Browser) -> None:
    for _ in range(5):
        refused(anyone.post("/auth/token", data={"username": "locked", "password": "no"}), 401)
    right = anyone.post("/auth/token", data={"username": "locked", "password": PASSWORD})
    assert refused(right, 401)["code"] == "sign_in_refused"
    assert anyone.tokens("admin")


def test_a_refresh_token_is_good_once(anyone: Browser) -> None:
    first = anyone.tokens("member")
    renewing = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = of(anyone.post("/auth/token", data=renewing), 200)
    assert of(Browser(anyone.app, second["access_token"]).get("/me"), 200)

    assert refused(anyone.post("/auth/token", data=renewing), 401)["code"] == "refresh_refused"
    # The copy brought the whole sign-in down.
    renewing["refresh_token"] = second["refresh_token"]
    assert refused(anyone.post("/auth/token", data=renewing), 401)["code"] == "refresh_refused"


def test_signing_out_ends_access_and_renewal(anyone: Browser) -> None:
    tokens = anyone.tokens("member")
    browser = Browser(anyone.app, tokens["access_token"])
    of(browser.get("/me"), 200)

    out = browser.post("/auth/logout")
    assert (out.status_code, out.content) == (204, b"")

    assert refused(browser.get("/me"), 401)["code"] == "token_not_good"
    renewing = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    refused(anyone.post("/auth/token", data=renewing), 401)


def test_wrong_forms_name_their_fields(anyone: Browser) -> None:
    assert wrong_fields(anyone.post("/auth/token", data={"username": "member"})) == {"password"}
    assert wrong_fields(anyone.post("/auth/token", data={"grant_type": "refresh_token"})) == {
        "refresh_token"
    }
    magic = anyone.post("/auth/token", data={"grant_type": "magic"})
    assert wrong_fields(magic) == {"grant_type"}
    long = {"username": "member", "password": "x" * 1025}
    assert wrong_fields(anyone.post("/auth/token", data=long)) == {"password"}


def test_only_forms_are_taken(anyone: Browser) -> None:
    answer = anyone.post("/auth/token", json={"username": "member", "password": PASSWORD})
    assert refused(answer, 415)["code"] == "media_type"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Basic bWVtYmVyOng=",
        "Bearer a.b.c",
        "Bearer " + "x" * 20_000,
        "Bearer \xff\xfe",
    ],
)
def test_nobody_gets_in_without_a_good_token(anyone: Browser, header: str | None) -> None:
    headers = {} if header is None else {b"Authorization": header.encode("latin-1")}
    answer = anyone.get("/me", headers=headers)
    assert refused(answer, 401)["code"] in {"sign_in_needed", "token_not_good"}
    assert answer.headers["www-authenticate"].startswith("Bearer ")


class TestForgedTokens:
    @pytest.fixture
    def claims(self, anyone: Browser) -> dict[str, object]:
        token = anyone.tokens("member")["access_token"]
        claims: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
        return claims

    def refuses(self, anyone: Browser, token: str) -> bool:
        answer = Browser(anyone.app, token).get("/me")
        return bool(refused(answer, 401)["code"] == "token_not_good")

    def test_signed_with_another_key(self, anyone: Browser, claims: dict[str, object]) -> None:
        forged = claims | {"roles": ["system_administrator"]}
        assert self.refuses(anyone, jwt.encode(forged, "k" * 64, algorithm="HS256"))

    def test_not_signed_at_all(self, anyone: Browser, claims: dict[str, object]) -> None:
        assert self.refuses(anyone, jwt.encode(claims, "", algorithm="none"))

    def test_changed_on_the_way(self, anyone: Browser) -> None:
        token = anyone.tokens("member")["access_token"]
        head, _, tail = token.split(".")
        other = anyone.tokens("admin")["access_token"].split(".")[1]
        assert self.refuses(anyone, f"{head}.{other}.{tail}")


def test_copies_of_the_edge_take_each_others_tokens(
    anyone: Browser, database: ServiceDatabase
) -> None:
    token = anyone.tokens("member")["access_token"]
    backing = anyone.app.state.backing
    other = create_app(backing.settings, edge_of(backing.settings, "gateway"), database)
    assert of(Browser(other, token).get("/me"), 200)["account"] == "member"


def test_an_account_that_is_active_no_more_is_out(
    anyone: Browser, database: ServiceDatabase
) -> None:
    token = anyone.tokens("dismissed")["access_token"]
    with database.writing() as connection:
        account = account_table.c
        connection.execute(
            update(account_table).where(account.account == "dismissed").values(is_active=False)
        )
    assert refused(Browser(anyone.app, token).get("/me"), 401)["code"] == "token_not_good"


def test_no_secret_lies_in_the_database(anyone: Browser, database: ServiceDatabase) -> None:
    tokens = anyone.tokens("member")
    with database.reading() as connection:
        accounts = connection.exec_driver_sql("SELECT * FROM account").all()
        refresh = connection.exec_driver_sql("SELECT * FROM refresh_token").all()
        family = connection.exec_driver_sql("SELECT family FROM refresh_token").scalar()
        assert isinstance(queries.holder_of(connection, str(family), china_now()), queries.Holder)
    assert len(accounts) == 5
    assert len(refresh) >= 3
    assert PASSWORD not in repr(accounts)
    assert tokens["refresh_token"] not in repr(refresh)
    assert all("$argon2id$" in repr(account) for account in accounts)


def _trail_after(database: ServiceDatabase, number: int) -> list[tuple[object, object, object]]:
    """Return who did what and how it ended, from the audit trail after a row."""
    with database.reading() as connection:
        rows = list(audit.trail(connection))
    assert list(flaws(rows)) == []
    return [(row["account"], row["action"], row["outcome"]) for row in rows[number:]]


def test_signing_in_and_out_stands_in_the_audit_trail(
    anyone: Browser, database: ServiceDatabase
) -> None:
    before = len(_trail_after(database, 0))
    refused(anyone.post("/auth/token", data={"username": "member", "password": "wrong"}), 401)

    anyone.as_account("member").post("/auth/logout")

    assert _trail_after(database, before) == [
        ("member", "gateway.sign_in", "wrong_password"),
        ("member", "gateway.sign_in", "done"),
        ("member", "gateway.sign_out", "done"),
    ]


def test_a_refresh_token_used_again_stands_in_the_audit_trail(
    anyone: Browser, database: ServiceDatabase
) -> None:
    token = anyone.tokens("member")["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    of(anyone.post("/auth/token", data=form), 200)
    before = len(_trail_after(database, 0))

    refused(anyone.post("/auth/token", data=form), 401)

    assert _trail_after(database, before) == [("member", "gateway.renew", "refresh_reused")]


def test_what_is_no_account_is_not_written_down(anyone: Browser, database: ServiceDatabase) -> None:
    """Somebody may have typed his password in its place."""
    before = len(_trail_after(database, 0))

    for account in ("my-secret-password", "我的密码", ""):
        anyone.post("/auth/token", data={"username": account, "password": "wrong"})

    assert set(_trail_after(database, before)) == {
        ("unknown", "gateway.sign_in", "unknown_account")
    }
