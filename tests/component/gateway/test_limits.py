"""One request too many is told so, with the time to wait; nobody else's is."""

from collections.abc import Callable
from typing import Any

import pytest

from services.gateway.service import create_app
from shared.runtime.database import ServiceDatabase
from shared.runtime.edge import edge_of
from tests.component.gateway.browser import PASSWORD, Browser
from tests.component.gateway.conftest import Mould
from tests.component.gateway.edge_settings import EdgeSettings

Limited = Callable[..., Browser]


@pytest.fixture
def limited(settings: EdgeSettings, database: ServiceDatabase, mould: Mould) -> Limited:
    """Give a way to meet an edge with other budgets, as the member."""

    def browser(**budgets: int) -> Browser:
        changed = settings.model_copy(
            update={f"rate_{name}_per_minute": count for name, count in budgets.items()}
        )
        app = create_app(changed, edge_of(changed, "gateway"), database)
        return Browser(app, mould.tokens["member"])

    return browser


def problem_of(answer: Any) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    return told


class TestAccount:
    def test_is_told_when_to_come_again_in_both_languages(self, limited: Limited) -> None:
        member = limited(account=2)

        answers = [member.get("/me") for _ in range(3)]

        assert [answer.status_code for answer in answers] == [200, 200, 429]
        told = problem_of(answers[2])
        assert told["code"] == "too_often"
        assert "30 秒后" in told["zh"]
        assert "30 seconds" in told["en"]
        assert answers[2].headers["Retry-After"] == "30"
        assert answers[2].headers["X-Call-Id"] == told["call_id"]

    def test_is_told_with_every_answer_how_much_is_left(self, limited: Limited) -> None:
        member = limited(account=2)

        headers = [member.get("/me").headers for _ in range(3)]

        assert [each["RateLimit"] for each in headers] == [
            '"account";r=1;t=30',
            '"account";r=0;t=60',
            '"account";r=0;t=60',
        ]
        assert {each["RateLimit-Policy"] for each in headers} == {'"account";q=2;w=60'}

    def test_does_not_spend_anothers_budget(self, limited: Limited, mould: Mould) -> None:
        member = limited(account=1)
        admin = Browser(member.app, mould.tokens["admin"])

        statuses = [each.get("/me").status_code for each in (member, admin, member, admin)]

        assert statuses == [200, 200, 429, 429]

    def test_has_a_smaller_budget_for_files(self, limited: Limited) -> None:
        member = limited(upload=1)

        statuses = [member.post("/files", content=b"").status_code for _ in range(2)]

        assert statuses == [415, 429]
        assert member.get("/me").status_code == 200


class TestAddress:
    def test_is_counted_before_anybody_has_signed_in(self, limited: Limited) -> None:
        anyone = Browser(limited(address=2).app)

        assert [anyone.get("/me").status_code for _ in range(3)] == [401, 401, 429]

    def test_has_a_smaller_budget_for_signing_in(self, limited: Limited) -> None:
        anyone = Browser(limited(sign_in=2).app)
        form = {"username": "nobody", "password": PASSWORD}

        statuses = [anyone.post("/auth/token", data=form).status_code for _ in range(3)]

        assert statuses == [401, 401, 429]
        assert anyone.send("GET", "/healthz").status_code == 200

    def test_is_believed_from_no_header(self, limited: Limited) -> None:
        anyone = Browser(limited(address=1).app)

        statuses = [
            anyone.get("/me", headers={"X-Forwarded-For": f"192.0.2.{number}"}).status_code
            for number in range(3)
        ]

        assert statuses == [401, 429, 429]


def test_without_a_budget_there_is_no_limit_and_no_header(limited: Limited) -> None:
    member = limited(account=0, address=0)

    answers = [member.get("/me") for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200] * 5
    assert not any("RateLimit" in answer.headers for answer in answers)
