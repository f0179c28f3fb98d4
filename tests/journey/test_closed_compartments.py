"""A record in a closed compartment: nothing of it shows to whom it is closed, wherever they look.

The walk is made of the OpenAPI document: every operation that reads is asked before and after.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import unquote

import httpx
import pytest

from shared.kernel.matter_no import matter_no
from tests.journey.reading import is_export, without_watermark
from tests.journey.rights_matrix import EXAMPLES, NOBODYS_ID, OPEN_TO_ALL, operations, send
from tests.journey.test_rights import CELL, GIVEN, centre_of, signed_in
from tests.platform import Platform, of, wait_for

UNIT = "accused-bureau"
SECRET = "举报城管受贿一案"
NOBODYS_NUMBER = matter_no("P", date(2001, 1, 1), 1)
# They change by themselves, whoever looks.
RESTLESS = {("GET", "/stream"), ("GET", "/me"), ("GET", "/auth/sessions")}


@pytest.fixture(scope="module")
def insiders(platform: Platform) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """Have two of the same high role: one serves in the accused unit, the other does not."""
    security = platform.as_account("security")
    right = {"role": "duty_officer", "place": "*"}
    for account, unit in (("accused", UNIT), ("trusted", None)):
        order = {"account": account, "name": "例", "password": GIVEN, "rights": [right]}
        of(security.post("/accounts", json=order | {"unit": unit}), 201)
    clients = signed_in(platform, "accused"), signed_in(platform, "trusted")
    yield clients
    # A connection closed under whoever waits on it would be another one's by its number.
    for client in clients:
        assert client.post("/auth/logout").status_code == 204
    Watching.wait_for_all()
    for client in clients:
        client.close()


@pytest.fixture
def report(platform: Platform) -> Callable[..., dict[str, Any]]:
    member = platform.as_account("member")
    location = centre_of(member, CELL)

    def reported(**changed: Any) -> dict[str, Any]:
        body = {"category": "05", "title": SECRET, "description": SECRET, "location": location}
        incident: dict[str, Any] = of(member.post("/incidents", json=body | changed), 201)
        return incident

    return reported


class Watching:
    """Somebody on the live stream, from before something happens until he is signed out."""

    threads: ClassVar[list[threading.Thread]] = []

    def __init__(self, client: httpx.Client, last: str | None = None) -> None:
        self.lines: list[str] = []
        self.is_on = threading.Event()
        self._client = client
        self._headers = {} if last is None else {"Last-Event-ID": last}
        thread = threading.Thread(target=self._watch, daemon=True)
        self.threads.append(thread)
        thread.start()
        assert self.is_on.wait(10)

    @classmethod
    def wait_for_all(cls) -> None:
        while cls.threads:
            thread = cls.threads.pop()
            thread.join(30)
            assert not thread.is_alive(), "a stream goes on after its sign-in"

    def _watch(self) -> None:
        with self._client.stream("GET", "/stream", headers=self._headers, timeout=60) as answer:
            for line in answer.iter_lines():
                self.lines.append(line)
                self.is_on.set()

    def holds(self, text: str) -> bool:
        return any(text in line for line in self.lines)

    @property
    def position(self) -> str:
        return next(line[3:].strip() for line in self.lines if line.startswith("id:"))


def everything_read(
    client: httpx.Client, platform: Platform, made: dict[str, str]
) -> dict[Any, Any]:
    """Return what each operation that reads answers this person now."""
    document = of(httpx.get(f"{platform.url}/openapi.json"), 200)
    answers = {}
    for method, path in dict(operations(document)):
        if method == "GET" and (method, path) not in RESTLESS | OPEN_TO_ALL:
            answer = send(client, method, EXAMPLES[method, path], made)
            answers[path] = answer.status_code, _still(answer)
    return answers


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d(:|%3A)\d\d\1\d\d\.\d+(?:\+|%2B)08\1(?:00)")


def _without_the_moment_of_answering(answer: httpx.Response) -> str:
    """Return the text with a word for moments of just now: an answer says up to when it counted.

    Just now is what came after the question: what was made shortly before keeps its moment.
    """
    asked = datetime.now(UTC) - answer.elapsed - timedelta(milliseconds=100)

    def unless_now(found: re.Match[str]) -> str:
        moment = datetime.fromisoformat(unquote(found.group()))
        return "now" if moment > asked else found.group()

    return _MOMENT.sub(unless_now, answer.text)


def _still(answer: httpx.Response) -> Any:
    """Return what of an answer stays the same when nothing happens."""
    if is_export(answer):
        return without_watermark(answer)
    if not answer.headers.get("content-type", "").endswith("json"):
        return answer.content
    body = json.loads(_without_the_moment_of_answering(answer))
    if isinstance(body, dict):
        body.pop("call_id", None)
        body.pop("timeStamp", None)
    return body


def names_of(incident: dict[str, Any]) -> dict[str, str]:
    return {
        "incident": incident["id"],
        "matter": incident["matter_no"],
        "file": NOBODYS_ID,
        "cell": CELL,
        "community": CELL[:12],
        "word": SECRET,
    }


def test_nothing_of_it_shows_to_whom_it_is_closed(
    platform: Platform,
    insiders: tuple[httpx.Client, httpx.Client],
    report: Callable[..., dict[str, Any]],
) -> None:
    accused, trusted = insiders
    before_it = {"incident": NOBODYS_ID, "matter": NOBODYS_NUMBER, "word": SECRET}
    rest = {"file": NOBODYS_ID, "cell": CELL, "community": CELL[:12]}
    settled = everything_read(accused, platform, before_it | rest)
    watched, watching = Watching(accused), Watching(trusted)

    incident = report(closed_to={"units": [UNIT]})
    made = names_of(incident)
    wait_for(lambda: watching.holds(made["matter"]), within_s=30, what="the line for the trusted")
    of(trusted.post(f"/incidents/{made['incident']}/accept", json={"note": SECRET}), 200)

    now = everything_read(accused, platform, made)
    assert {path for path in now if now[path] != settled[path]} == set()
    for path, answer in now.items():
        assert made["matter"] not in repr(answer), path
        assert made["incident"] not in repr(answer), path
        assert SECRET not in repr(answer), path
    assert not watched.holds(made["matter"])
    assert not watched.holds(made["incident"])
    for name in (made["matter"], SECRET):
        assert name not in platform.log()

    # It is all there for those to whom it is open.
    assert of(trusted.get(f"/matters/{made['matter']}"), 200)["title"] == SECRET
    assert of(trusted.get(f"/incidents/{made['incident']}"), 200)["closed_off"] is True
    board = {"place": "*", "period": "today"}
    counts = [of(each.get("/command/board", params=board), 200)["total"] for each in insiders]
    assert counts[0] == counts[1] - 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/incidents/{incident}"),
        ("POST", "/incidents/{incident}/accept"),
        ("POST", "/incidents/{incident}/close-off"),
        ("GET", "/matters/{matter}"),
    ],
)
def test_it_is_answered_like_one_that_there_never_was(
    insiders: tuple[httpx.Client, httpx.Client],
    report: Callable[..., dict[str, Any]],
    method: str,
    path: str,
) -> None:
    made = names_of(report(closed_to={"units": [UNIT]}))
    body = {"reason": "例"} if path.endswith("close-off") else None
    answers = [
        _still(insiders[0].request(method, path.format(**names), json=body))
        for names in (made, {"incident": NOBODYS_ID, "matter": NOBODYS_NUMBER})
    ]

    assert answers[0]["status"] == 404
    assert answers[0] == answers[1]


def test_what_is_closed_off_later_is_gone_from_then_on(
    platform: Platform,
    insiders: tuple[httpx.Client, httpx.Client],
    report: Callable[..., dict[str, Any]],
) -> None:
    accused, trusted = insiders
    watching = Watching(accused)
    incident = report()
    made = names_of(incident)
    wait_for(lambda: watching.holds(made["matter"]), within_s=30, what="the line for both")
    closing = {"units": [UNIT], "reason": "被举报单位回避"}

    of(trusted.post(f"/incidents/{made['incident']}/close-off", json=closing), 200)

    def is_gone() -> bool:
        return accused.get(f"/matters/{made['matter']}").status_code == 404

    wait_for(is_gone, within_s=30, what="command to hear of it")
    assert accused.get(f"/incidents/{made['incident']}").status_code == 404
    for path, answer in everything_read(accused, platform, made).items():
        assert made["matter"] not in repr(answer), path
        assert made["incident"] not in repr(answer), path
    # Whoever resumes from before gets nothing of it, the lines it once had included.
    again, other = Watching(accused, watching.position), Watching(trusted, watching.position)
    wait_for(lambda: other.holds(made["matter"]), within_s=30, what="the past to be sent")
    assert not again.holds(made["matter"])

    of(trusted.post(f"/incidents/{made['incident']}/close-off", json={"reason": "查无实据"}), 200)
    wait_for(lambda: not is_gone(), within_s=30, what="it to be open again")
    found = of(accused.get("/search", params={"q": made["matter"]}), 200)["items"]
    assert [item["matter_no"] for item in found] == [made["matter"]]


def test_to_the_only_ones_let_in_it_is_open_and_to_nobody_else(
    platform: Platform,
    insiders: tuple[httpx.Client, httpx.Client],
    report: Callable[..., dict[str, Any]],
) -> None:
    _, trusted = insiders
    made = names_of(report())
    closing = {"only": ["trusted", "justice"], "reason": "调解保密"}

    of(trusted.post(f"/incidents/{made['incident']}/close-off", json=closing), 200)

    seen = {
        account: platform.as_account(account).get(f"/incidents/{made['incident']}").status_code
        for account in ("justice", "district", "street", "member", "petition")
    }
    assert seen == {"justice": 200} | dict.fromkeys(
        ("district", "street", "member", "petition"), 404
    )
    assert trusted.get(f"/incidents/{made['incident']}").status_code == 200


def test_nobody_closes_a_record_off_to_himself(
    insiders: tuple[httpx.Client, httpx.Client], report: Callable[..., dict[str, Any]]
) -> None:
    _, trusted = insiders
    made = names_of(report())
    closing = {"accounts": ["trusted"], "reason": "例"}

    answer = trusted.post(f"/incidents/{made['incident']}/close-off", json=closing)

    assert of(answer, 409)["code"] == "closed_to_yourself"


def test_a_task_does_not_go_to_the_unit_it_is_closed_to(
    insiders: tuple[httpx.Client, httpx.Client], report: Callable[..., dict[str, Any]]
) -> None:
    _, trusted = insiders
    path = f"/incidents/{report(closed_to={'units': [UNIT]})['id']}"
    for step in ("accept", "file"):
        of(trusted.post(f"{path}/{step}"), 200)

    assert (
        of(trusted.post(f"{path}/dispatch", json={"unit": UNIT}), 409)["code"] == "closed_to_unit"
    )
