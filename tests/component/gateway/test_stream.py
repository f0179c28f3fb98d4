"""The live stream over a real socket: uvicorn serves the edge, hints come over the broker."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest

from deploy.http_server import HttpServer
from services.gateway.service import Gateway, create_app
from shared.runtime.database import ServiceDatabase
from shared.runtime.edge import edge_of
from shared.runtime.publishing import Publisher
from shared.runtime.settings import Settings
from shared.runtime.topology import HINTS
from tests.brokers import eventually
from tests.component.gateway.behind import AWAY, Toy
from tests.component.gateway.browser import API, Browser, refused, wrong_fields
from tests.component.gateway.conftest import Mould
from tests.component.gateway.edge_settings import EdgeSettings
from tests.platform import free_port
from tests.unit.gateway.loop import start

DISTRICT = ["*", "420802", "420802001", "420802001001", "420802001001001"]
ELSEWHERE = ["*", "420802", "420802002", "420802002001", "420802002001001"]


@contextmanager
def served(app: Gateway, settings: Settings) -> Iterator[str]:
    """Serve an edge on a port; give its address."""
    port = free_port()
    server = HttpServer(app, settings.model_copy(update={"port": port}), grace_s=10)
    serving = start(server.serve())
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}{API}"
    server.stop()
    serving()


@pytest.fixture(scope="module")
def url(app: Gateway, settings: EdgeSettings) -> Iterator[str]:
    with served(app, settings) as url:
        yield url


@pytest.fixture(autouse=True)
def log() -> None:
    """Begin the log of the stream with one old line."""
    Toy.entries.clear()
    Toy.entries.append(line(100))


def line(number: int, codes: list[str] = DISTRICT, topic: str = "incident") -> dict[str, Any]:
    return {"id": number, "topic": topic, "place_codes": codes, "data": {"n": number, "注": "一"}}


class Console:
    """Somebody watching the stream."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.iter_lines()

    def next(self) -> dict[str, Any]:
        """Return the next event."""
        event: dict[str, Any] = {}
        for text in self._lines:
            name, _, value = text.partition(":")
            if not text and "data" in event:
                return event
            if text and not text.startswith(":"):
                event[name] = value.removeprefix(" ")
        raise EOFError

    def hears(self, comment: str, times: int) -> None:
        """Wait until a comment has come so many times; raises when the line falls silent."""
        for text in self._lines:
            times -= text == comment
            if not times:
                return
        raise EOFError

    def ids(self, count: int) -> list[int]:
        return [int(self.next()["id"]) for _ in range(count)]

    def is_over(self) -> bool:
        try:
            self.next()
        except EOFError:
            return True
        return False


class Watching:
    """Opens the stream as an account."""

    def __init__(self, url: str, broker_url: str, tokens: dict[str, str]) -> None:
        self._url = url
        self._publisher = Publisher(broker_url)
        self.tokens = tokens

    @contextmanager
    def as_account(self, account: str, last: int | None = None, **params: str) -> Iterator[Console]:
        headers = {"Authorization": f"Bearer {self.tokens[account]}"}
        if last is not None:
            headers["Last-Event-ID"] = str(last)
        with (
            httpx.Client(timeout=10) as client,
            client.stream("GET", f"{self._url}/stream", headers=headers, params=params) as answer,
        ):
            assert answer.status_code == 200, answer.read()
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield Console(answer)

    def tell(self, *lines: dict[str, Any]) -> None:
        """Append to the log, and hint."""
        Toy.entries.extend(lines)
        self._publisher.publish(
            {}, exchange=HINTS, routing_key="stream.advanced", declare=(HINTS,), delivery_mode=1
        )


@pytest.fixture
def watching(url: str, settings: EdgeSettings, mould: Mould) -> Watching:
    return Watching(url, settings.broker_url, mould.tokens)


def test_what_happens_from_now_on_arrives_at_once(watching: Watching) -> None:
    with watching.as_account("desk") as console:
        started = time.monotonic()
        watching.tell(line(101))
        event = console.next()
    assert (event["id"], event["event"]) == ("101", "incident")
    assert json.loads(event["data"]) == {"n": 101, "注": "一"}
    # By the hint, not by looking every few seconds.
    assert time.monotonic() - started < 2


def test_a_client_resumes_where_it_broke_off(watching: Watching) -> None:
    Toy.entries.extend(line(number) for number in range(101, 321))
    with watching.as_account("desk", last=150) as console:
        assert console.ids(170) == list(range(151, 321))
        watching.tell(line(321))
        assert console.ids(1) == [321]


def test_an_account_sees_what_lies_under_its_place_and_no_more(watching: Watching) -> None:
    with watching.as_account("member") as member, watching.as_account("desk") as desk:
        watching.tell(line(101, ELSEWHERE), line(102, []), line(103), line(104, DISTRICT[:4]))
        watching.tell(line(105))
        assert member.ids(2) == [103, 105]
        assert desk.ids(4) == [101, 102, 103, 104]


@pytest.mark.parametrize("place", ["420802002", "420802002001001"])
def test_a_place_means_under_it(watching: Watching, place: str) -> None:
    with watching.as_account("desk", place=place) as console:
        watching.tell(line(101), line(102, ELSEWHERE), line(103), line(104, ELSEWHERE))
        assert console.ids(2) == [102, 104]


def test_topics_may_be_chosen(watching: Watching) -> None:
    with watching.as_account("desk", topics="boundary,alert") as console:
        watching.tell(line(101), line(102, topic="alert"), line(103), line(104, topic="boundary"))
        assert console.ids(2) == [102, 104]


def test_many_watch_and_one_fetches(watching: Watching) -> None:
    with (
        watching.as_account("desk") as first,
        watching.as_account("desk") as second,
        watching.as_account("member") as third,
    ):
        Toy.asked.clear()
        watching.tell(line(101))
        assert [console.ids(1) for console in (first, second, third)] == [[101]] * 3
        fetches = [entry for entry in Toy.asked if entry[1] == "stream_since"]
        # Each for itself would ask twice at least: for the news, and whether there are more.
        assert len(fetches) < 2 * 3


def test_the_gauge_follows_the_clients(watching: Watching, app: Gateway) -> None:
    def clients() -> float:
        return app.state.backing.metrics.registry.get_sample_value("wangge_stream_clients") or 0

    eventually(lambda: clients() == 0)
    with watching.as_account("desk") as console:
        watching.tell(line(101))
        console.next()
        assert clients() == 1
    eventually(lambda: clients() == 0)


def test_heartbeats_keep_the_line_open(watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.gateway.routes.stream.HEARTBEAT_S", 0.05)
    with watching.as_account("desk") as console:
        console.hears(": heartbeat", 2)
        watching.tell(line(101))
        assert console.ids(1) == [101]


def test_signing_out_ends_the_stream(watching: Watching, app: Gateway, anyone: Browser) -> None:
    token = anyone.tokens("desk")["access_token"]
    watching.tokens = watching.tokens | {"other": token}
    with watching.as_account("other") as console:
        assert Browser(app, token).post("/auth/logout").status_code == 204
        watching.tell(line(101))
        assert console.is_over()


def test_wrong_requests_get_no_stream(member: Browser, anyone: Browser) -> None:
    refused(anyone.get("/stream"), 401)
    for number in ("x", "-1", "1" * 16, "1.5", "١"):
        headers = {b"Last-Event-ID": number.encode()}
        assert wrong_fields(member.get("/stream", headers=headers)) == {"Last-Event-ID"}
    assert wrong_fields(member.get("/stream", params={"place": ""})) == {"place"}


def test_a_token_in_the_address_is_not_taken(anyone: Browser, mould: Mould) -> None:
    answer = anyone.get("/stream", params={"access_token": mould.tokens["desk"]})
    assert refused(answer, 401)["code"] == "sign_in_needed"


def test_without_the_command_service_there_is_no_stream(member: Browser) -> None:
    Toy.refusals["stream_since"] = AWAY
    assert refused(member.get("/stream"), 503)["code"] == "service_away"


def test_a_server_that_stops_does_not_wait_for_its_watchers(
    settings: EdgeSettings, database: ServiceDatabase, mould: Mould
) -> None:
    app = create_app(settings, edge_of(settings, "gateway"), database)
    with ExitStack() as stopped:
        url = stopped.enter_context(served(app, settings))
        watching = Watching(url, settings.broker_url, mould.tokens)
        with watching.as_account("desk") as first, watching.as_account("member") as second:
            started = time.monotonic()
            stopped.close()
            assert first.is_over()
            assert second.is_over()
    assert time.monotonic() - started < 4
