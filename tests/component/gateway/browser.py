"""A client of the edge under test: real HTTP messages, without a socket between."""

from typing import Any

import httpx
from fastapi import FastAPI

from tests.unit.gateway.loop import run

PASSWORD = "correct horse battery"
API = "/api/v1"


class Browser:
    """Sends requests to the application; what it raises, the test sees."""

    def __init__(self, app: FastAPI, token: str | None = None) -> None:
        self.app = app
        self.headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://edge") as client:
                headers = self.headers | options.pop("headers", {})
                return await client.request(method, path, headers=headers, **options)

        return run(sent())

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.send("GET", API + path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.send("POST", API + path, **options)

    def put(self, path: str, **options: Any) -> httpx.Response:
        return self.send("PUT", API + path, **options)

    def tokens(self, account: str, password: str = PASSWORD) -> dict[str, Any]:
        """Sign in and return the tokens."""
        answer = self.post("/auth/token", data={"username": account, "password": password})
        tokens: dict[str, Any] = of(answer, 200)
        return tokens

    def as_account(self, account: str) -> "Browser":
        """Return a browser that is signed in."""
        return Browser(self.app, self.tokens(account)["access_token"])


def of(answer: httpx.Response, status: int) -> Any:
    """Return the JSON of an answer of that status."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text[:2000]}"
    return answer.json()


def refused(answer: httpx.Response, status: int) -> dict[str, Any]:
    """Return the problem of a refusal, once it has all that a problem needs."""
    body: dict[str, Any] = of(answer, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["status"] == status
    assert body["type"] == f"urn:wangge:problem:{body['code']}"
    assert body["title"]
    assert body["detail"] in {body["zh"], body["en"]}
    assert body["zh"] != body["en"]
    assert body["call_id"] == answer.headers["x-call-id"]
    for error in body["errors"]:
        assert set(error) == {"field", "code", "zh", "en"}
    return body


def wrong_fields(answer: httpx.Response) -> set[str]:
    """Return the fields that a 422 names."""
    return {error["field"] for error in refused(answer, 422)["errors"]}
