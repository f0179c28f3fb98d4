"""Accounts and rights as the security administrator keeps them, and as those feel it who hold them."""

from typing import Any

import pytest

from services.gateway import wiring
from shared.kernel.errors import NotFound
from shared.kernel.rights import Role
from shared.runtime import audit
from shared.runtime.database import ServiceDatabase
from tests.component.gateway.behind import Toy
from tests.component.gateway.browser import PASSWORD, Browser, of, refused, wrong_fields

GIVEN, CHOSEN = "Given-by-7-test-Security", "Chosen-by-7-test-Owner"


@pytest.fixture(scope="module")
def security(anyone: Browser, database: ServiceDatabase) -> Browser:
    """Give a security administrator."""
    wiring.create_account(database)(
        account="security",
        name="Security",
        password=PASSWORD,
        roles=[Role.SECURITY_ADMINISTRATOR],
        place_code="*",
    )
    return Browser(anyone.app, anyone.tokens("security")["access_token"])


def made(security: Browser, account: str, *rights: dict[str, Any], **more: Any) -> dict[str, Any]:
    order = {"account": account, "name": "张三", "password": GIVEN, "rights": list(rights)} | more
    answer: dict[str, Any] = of(security.post("/accounts", json=order), 201)
    return answer


def in_(anyone: Browser, account: str) -> Browser:
    """Return the owner of a new account, who has chosen his password."""

    def signed_in(password: str) -> Browser:
        form = {"username": account, "password": password}
        return Browser(anyone.app, of(anyone.post("/auth/token", data=form), 200)["access_token"])

    change = {"current": GIVEN, "new": CHOSEN}
    assert signed_in(GIVEN).post("/auth/password", json=change).status_code == 204
    return signed_in(CHOSEN)


MEMBER = {"role": "grid_member", "place": "420802001001001"}


class TestAccount:
    def test_is_shown_with_its_rights_and_nothing_secret(self, security: Browser) -> None:
        shown = made(security, "zhang", MEMBER, unit="urban-management")

        assert shown["unit"] == "urban-management"
        assert [(right["role"], right["place"]) for right in shown["rights"]] == [
            ("grid_member", "420802001001001")
        ]
        assert shown["rights"][0]["granted_by"] == "security"
        assert "password" not in str(shown)
        assert of(security.get("/accounts/zhang"), 200) == shown
        listed = of(security.get("/accounts", params={"limit": 200}), 200)["items"]
        assert shown in listed

    def test_that_is_there_is_not_made_again(self, security: Browser) -> None:
        made(security, "twice")
        order = {"account": "twice", "name": "x", "password": GIVEN}

        assert refused(security.post("/accounts", json=order), 409)["code"] == "account_taken"

    def test_is_made_once_under_one_key(self, security: Browser) -> None:
        order = {"account": "once", "name": "x", "password": GIVEN}
        key = {"Idempotency-Key": "make once"}
        answers = [security.post("/accounts", json=order, headers=key) for _ in range(2)]

        assert [of(answer, 201)["account"] for answer in answers] == ["once", "once"]

    def test_of_two_administrations_is_refused(self, security: Browser) -> None:
        rights = [{"role": "auditor"}, {"role": "system_administrator"}]
        order = {"account": "both", "name": "x", "password": GIVEN, "rights": rights}

        code = refused(security.post("/accounts", json=order), 409)["code"]

        assert code == "administrations_in_one_hand"
        assert refused(security.get("/accounts/both"), 404)["code"] == "no_such_account"

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"account": "Zhang San"}, "account"),
            ({"password": "short"}, "password"),
            ({"rights": [{"role": "king"}]}, "rights.0.role"),
            ({"name": "a\u0000b"}, "name"),
            ({"extra": 1}, "extra"),
        ],
    )
    def test_that_is_wrong_names_the_field(
        self, security: Browser, wrong: dict[str, Any], field: str
    ) -> None:
        order = {"account": "wrong", "name": "x", "password": GIVEN} | wrong

        assert field in wrong_fields(security.post("/accounts", json=order))

    def test_at_a_place_nobody_knows_names_the_field(self, security: Browser) -> None:
        Toy.refusals["chain_of"] = NotFound(code="no_such_area", zh="没有", en="none")
        order = {"account": "lost", "name": "x", "password": GIVEN, "rights": [MEMBER]}

        assert wrong_fields(security.post("/accounts", json=order)) == {"rights.0.place"}


class TestRights:
    def test_hold_and_end_without_a_new_sign_in(self, security: Browser, anyone: Browser) -> None:
        made(security, "wang")
        wang = in_(anyone, "wang")
        assert refused(wang.get("/incidents"), 403)["code"] == "not_permitted"
        assert of(wang.get("/me"), 200)["roles"] == []

        given = of(security.post("/accounts/wang/rights", json={"rights": [MEMBER]}), 200)

        assert of(wang.get("/me"), 200)["roles"] == ["grid_member"]
        right = given["rights"][0]["id"]
        ended = of(security.post(f"/accounts/wang/rights/{right}/end"), 200)
        assert ended["rights"][0]["valid_to"] is not None
        assert refused(wang.get("/incidents"), 403)["code"] == "not_permitted"

    def test_to_come_and_past_give_nothing(self, security: Browser, anyone: Browser) -> None:
        future, past = "2126-01-01T00:00:00+08:00", "2026-01-01T00:00:00+08:00"
        made(
            security,
            "zhou",
            {"role": "mediator", "place": "*", "valid_from": future},
            {"role": "duty_officer", "place": "*", "valid_to": past},
            MEMBER,
        )

        assert of(in_(anyone, "zhou").get("/me"), 200)["roles"] == ["grid_member"]

    def test_are_not_for_oneself_to_change(self, security: Browser) -> None:
        for method, path, body in (
            ("POST", "/accounts/security/rights", {"rights": [MEMBER]}),
            ("POST", "/accounts/security/close", None),
            ("PUT", "/accounts/security/password", {"password": CHOSEN}),
        ):
            answer = security.send(method, f"/api/v1{path}", json=body)
            assert refused(answer, 409)["code"] == "not_your_own"


class TestClosing:
    def test_ends_what_goes_on_and_lets_nobody_in(self, security: Browser, anyone: Browser) -> None:
        made(security, "gone", MEMBER)
        gone = in_(anyone, "gone")
        of(gone.get("/me"), 200)

        assert of(security.post("/accounts/gone/close"), 200)["is_active"] is False

        assert refused(gone.get("/me"), 401)["code"] == "token_not_good"
        form = {"username": "gone", "password": CHOSEN}
        assert refused(anyone.post("/auth/token", data=form), 401)["code"] == "sign_in_refused"
        of(security.post("/accounts/gone/open"), 200)
        of(anyone.post("/auth/token", data=form), 200)


def test_every_change_and_every_refusal_stands_in_the_trail(
    security: Browser, member: Browser, database: ServiceDatabase
) -> None:
    def trail() -> list[tuple[str, str, str | None, str]]:
        with database.reading() as connection:
            rows = list(audit.trail(connection))
        return [(row["account"], row["action"], row["about"], row["outcome"]) for row in rows]

    before = len(trail())
    made(security, "noted", MEMBER)
    refused(security.post("/accounts/nobody/close"), 404)
    refused(member.get("/accounts"), 403)

    assert trail()[before:] == [
        ("security", "gateway.create_account", "noted", "done"),
        ("security", "gateway.close_account", None, "no_such_account"),
        ("member", "gateway.accounts", None, "not_permitted"),
    ]
