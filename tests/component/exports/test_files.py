"""Files of exports: made beside the requests, watched, fetched by who asked for them, and gone afterwards."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, MutableMapping
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from services.gateway.routes import export_making
from services.gateway.service import Gateway
from services.gateway.wiring import export_desk
from services.patrol import service as patrol_service
from services.patrol.queries.incidents import find_incidents
from services.patrol.service import PatrolService
from shared.runtime.database import ServiceDatabase
from tests.brokers import eventually
from tests.component.exports.conftest import COUNT, incident
from tests.component.exports.reading import rows_of
from tests.component.exports.test_content import trail
from tests.component.gateway.browser import API, Browser, of, refused
from tests.component.gateway.test_stream import served
from tests.component.patrol.conftest import enter
from tests.component.running import OwnBroker, Running
from tests.platform import wait_for
from tests.unit.gateway.loop import run

People = Callable[..., Browser]
NOBODYS = "01975f04-0000-7000-8000-000000000000"
LARGE = {"export_rows_at_once": 0}
MANY = 1_000
FILES = ("xlsx", "gpkg")


@pytest.fixture
def folder(settings: OwnBroker) -> Path:
    return settings.data / "exports"


@pytest.fixture
def many(patrol: Running) -> int:
    """Have several pages of incidents."""
    enter(patrol.database("patrol"), [incident(COUNT + n) for n in range(MANY - COUNT)])
    return MANY


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let patrol take its time for each page, so that a test meets an export on its way."""
    quick = find_incidents

    def slowly(*given: Any, **named: Any) -> Any:
        time.sleep(0.3)
        return quick(*given, **named)

    monkeypatch.setattr(patrol_service, "find_incidents", slowly)


def asked(browser: Browser, form: str = "xlsx") -> str:
    """Ask for a large file; return where it will be."""
    answer = browser.get(f"/exports/incidents.{form}", params={"lang": "en"})
    job = of(answer, 202)
    assert answer.headers["location"] == f"{API}/exports/jobs/{job['id']}"
    assert answer.headers["export-id"] == job["id"]
    assert job["state"] in {"running", "ready"}
    return f"/exports/jobs/{job['id']}"


def seen(browser: Browser, where: str) -> dict[str, Any]:
    found: dict[str, Any] = of(browser.get(where), 200)
    return found


def ready(browser: Browser, where: str) -> dict[str, Any]:
    """Wait for the end of the making; return how it ended."""
    wait_for(lambda: seen(browser, where)["state"] != "running", within_s=30, what="the file")
    return seen(browser, where)


@pytest.mark.parametrize("form", FILES)
def test_a_large_file_is_made_and_fetched(
    as_account: People, database: ServiceDatabase, tmp_path: Path, many: int, form: str
) -> None:
    desk = as_account("desk", **LARGE)
    where = asked(desk, form)

    job = ready(desk, where)

    assert (job["state"], job["done"], job["total"], job["rows"]) == ("ready", many, many, many)
    answer = desk.get(job["download"].removeprefix(API))
    assert len(rows_of(answer, tmp_path)) == many
    assert len(answer.content) == job["size"] == int(answer.headers["content-length"])
    # As often as he likes, and each time is noted.
    assert desk.get(f"{where}/file").content == answer.content
    assert [row["action"] for row in trail(database)][-2:] == ["gateway.fetch_export"] * 2


def test_a_small_file_is_the_answer_and_leaves_nothing(as_account: People, folder: Path) -> None:
    answer = as_account("desk").get("/exports/incidents.xlsx")

    assert answer.status_code == 200
    assert list(folder.iterdir()) == []
    refused(as_account("desk").get(f"/exports/jobs/{answer.headers['export-id']}"), 404)


def test_how_far_it_is_can_be_seen(
    as_account: People, many: int, slow: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_making, "BEAT_EVERY_S", 0.05)
    desk = as_account("desk", **LARGE)
    where = asked(desk)

    figures = set()

    def is_done() -> bool:
        job = seen(desk, where)
        figures.add(job["done"])
        return bool(job["state"] != "running")

    wait_for(is_done, within_s=30, what="the file")

    assert len(figures & {200, 400, 600, 800}) >= 2
    refused(desk.get("/exports/jobs/x"), 422)


def test_before_it_is_ready_there_is_no_file(as_account: People, many: int, slow: None) -> None:
    desk = as_account("desk", **LARGE)
    where = asked(desk)

    assert refused(desk.get(f"{where}/file"), 409)["code"] == "export_not_ready"


def test_to_others_it_is_not_there(as_account: People) -> None:
    where = asked(as_account("desk", **LARGE))
    justice = as_account("justice", **LARGE)
    ready(as_account("desk", **LARGE), where)

    for path in (where, f"{where}/file"):
        answers = [
            refused(justice.get(each), 404) for each in (path, path.replace(where[-36:], NOBODYS))
        ]
        assert answers[0]["code"] == answers[1]["code"] == "no_such_thing"
    refused(justice.send("DELETE", API + where), 404)
    assert seen(as_account("desk", **LARGE), where)["state"] == "ready"


class TestCancelling:
    def test_ends_the_making(
        self,
        as_account: People,
        database: ServiceDatabase,
        folder: Path,
        many: int,
        slow: None,
    ) -> None:
        desk = as_account("desk", **LARGE)
        where = asked(desk)

        assert desk.send("DELETE", API + where).status_code == 204

        refused(desk.get(where), 404)
        eventually(lambda: trail(database)[-1]["outcome"] == "cancelled")
        assert trail(database)[-2]["action"] == "gateway.cancel_export"
        assert list(folder.iterdir()) == []

    def test_by_another_copy_ends_it_too(
        self,
        as_account: People,
        database: ServiceDatabase,
        folder: Path,
        many: int,
        slow: None,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(export_making, "BEAT_EVERY_S", 0.05)
        desk = as_account("desk", **LARGE)
        where = asked(desk)
        # Other settings make another edge, on the same database and folder.
        other = as_account("desk", export_rows_at_once=1)

        assert other.send("DELETE", API + where).status_code == 204

        eventually(lambda: trail(database)[-1]["outcome"] == "cancelled")
        assert list(folder.iterdir()) == []

    def test_leaves_nothing_of_a_page_that_is_being_written(
        self,
        as_account: People,
        database: ServiceDatabase,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        add, writing = export_desk.ExportDesk.add_rows, threading.Event()

        def slowly(*given: Any) -> None:
            writing.set()
            time.sleep(0.5)
            given[0]._of(given[1].export_id).path.mkdir(exist_ok=True)
            add(*given)

        monkeypatch.setattr(export_desk.ExportDesk, "add_rows", slowly)
        desk = as_account("desk", **LARGE)
        where = asked(desk)
        wait_for(writing.is_set, within_s=10, what="a page to be written")

        assert desk.send("DELETE", API + where).status_code == 204

        eventually(lambda: trail(database)[-1]["outcome"] == "cancelled")
        time.sleep(0.7)
        assert list(folder.iterdir()) == []

    def test_throws_a_ready_one_away(self, as_account: People, folder: Path) -> None:
        desk = as_account("desk", **LARGE)
        where = asked(desk)
        ready(desk, where)

        assert desk.send("DELETE", API + where).status_code == 204

        refused(desk.get(f"{where}/file"), 404)
        assert list(folder.iterdir()) == []


class TestTooMany:
    def test_of_one_account_are_refused(self, as_account: People, many: int, slow: None) -> None:
        desk, justice = as_account("desk", **LARGE), as_account("justice", **LARGE)
        where = [asked(desk), asked(desk)]

        for form in ("csv", "xlsx", "gpkg"):
            answer = desk.get(f"/exports/incidents.{form}")
            assert refused(answer, 429)["code"] == "too_many_exports"
            assert int(answer.headers["retry-after"]) > 0
        asked(justice)

        assert ready(desk, where[0])["state"] == "ready"
        asked(desk)

    def test_of_all_are_put_off(self, as_account: People, many: int, slow: None) -> None:
        few = LARGE | {"exports_at_once": 1}
        asked(as_account("desk", **few))

        answer = as_account("justice", **few).get("/exports/incidents.csv")

        assert refused(answer, 503)["code"] == "overloaded"

    def test_a_refused_one_takes_no_turn(self, as_account: People) -> None:
        desk = as_account("desk", **LARGE)
        for _ in range(4):
            wrong = {"reported_from": "2026-11-23T08:00:00", "place": ""}
            refused(desk.get("/exports/incidents.xlsx", params=wrong), 422)
            answer = desk.get("/exports/incidents.csv")
            assert answer.status_code == 200

    def test_finished_ones_make_room(
        self, as_account: People, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(export_desk, "MOST_KEPT", 2)
        desk = as_account("desk", **LARGE)
        where = []
        for _ in range(3):
            where.append(asked(desk))
            ready(desk, where[-1])

        refused(desk.get(where[0]), 404)
        assert [seen(desk, each)["state"] for each in where[1:]] == ["ready", "ready"]
        assert len(list(folder.iterdir())) == 2


class TestAfterwards:
    def test_what_is_kept_no_longer_is_swept(
        self, as_account: People, edge: Callable[..., Gateway], folder: Path
    ) -> None:
        briefly = LARGE | {"export_kept_hours": 1e-9}
        desk = as_account("desk", **briefly)
        where = asked(desk)
        ready(desk, where)
        (folder / "left-behind").mkdir()

        edge().state.backing.exports.sweep()

        refused(desk.get(where), 404)
        assert list(folder.iterdir()) == []

    def test_who_died_is_said_to_have_failed(
        self,
        as_account: People,
        edge: Callable[..., Gateway],
        database: ServiceDatabase,
        folder: Path,
        many: int,
        slow: None,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Whoever makes it says so no more.
        monkeypatch.setattr(export_making, "BEAT_EVERY_S", 60)
        desk = as_account("desk", **LARGE)
        where = asked(desk)
        time.sleep(0.2)
        monkeypatch.setattr(export_desk, "SILENT_FOR", timedelta(seconds=0.1))

        job = seen(desk, where)

        assert (job["state"], job["reason"], job["download"]) == ("failed", "lost", None)
        assert list(folder.iterdir()) == []
        assert trail(database)[-1]["outcome"] == "lost"

    def test_an_edge_that_stops_ends_what_it_makes(
        self,
        as_account: People,
        database: ServiceDatabase,
        folder: Path,
        many: int,
        slow: None,
    ) -> None:
        desk = as_account("desk", **LARGE)
        where = asked(desk)

        run(desk.app.state.backing.export_turns.close())

        assert seen(desk, where)["reason"] == "cancelled"
        assert list(folder.iterdir()) == []


class TestFailing:
    def test_of_the_process_that_writes_is_told(
        self, as_account: People, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.executable", "/bin/false")
        desk = as_account("desk", **LARGE)

        job = ready(desk, asked(desk))

        assert (job["state"], job["reason"]) == ("failed", "export_job_died")
        assert list(folder.iterdir()) == []
        answer = as_account("desk").get("/exports/incidents.xlsx")
        assert refused(answer, 503)["code"] == "export_failed"

    def test_of_patrol_for_a_moment_is_waited_out(
        self, as_account: People, patrol: Running, many: int, slow: None
    ) -> None:
        desk = as_account("desk", **LARGE, rpc_timeout_s=1)
        where = asked(desk)
        for container in patrol.containers():
            container.stop()
        patrol.start(PatrolService)

        assert ready(desk, where)["done"] == many

    def test_of_the_right_ends_it(
        self, as_account: People, many: int, slow: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("services.gateway.routes.export_order._RIGHTS_KEPT_S", 0)
        desk = as_account("desk", **LARGE)
        where = asked(desk)
        browser = as_account("desk", **LARGE)

        assert desk.post("/auth/logout").status_code == 204

        assert ready(browser, where)["reason"] == "token_not_good"


def outcomes(database: ServiceDatabase) -> list[str]:
    return [entry["outcome"] for entry in trail(database)]


class TestHangingUp:
    @pytest.fixture
    def url(self, edge: Callable[..., Gateway], settings: OwnBroker) -> Iterator[str]:
        with served(edge(), settings) as url:
            yield url

    def test_midway_through_a_table_is_noted(
        self,
        as_account: People,
        url: str,
        database: ServiceDatabase,
        folder: Path,
        many: int,
        slow: None,
    ) -> None:
        token = as_account("desk").headers
        with (
            httpx.Client(headers=token, timeout=10) as client,
            client.stream("GET", f"{url}/exports/incidents.csv") as answer,
        ):
            assert answer.status_code == 200
            next(answer.iter_bytes())

        eventually(lambda: trail(database)[-1]["outcome"] == "cut_off")
        cut = trail(database)[-1]
        assert 200 <= cut["shown"]["count"] < many
        assert not folder.exists()

    def test_before_a_file_is_ready_leaves_none(
        self,
        as_account: People,
        url: str,
        database: ServiceDatabase,
        folder: Path,
        many: int,
        slow: None,
    ) -> None:
        address = urlsplit(f"{url}/exports/incidents.xlsx")
        client = HTTPConnection(address.netloc, timeout=10)
        client.request("GET", address.path, headers=dict(as_account("desk").headers))
        wait_for(lambda: outcomes(database) == ["begun"], within_s=10, what="the export to begin")
        client.close()

        wait_for(lambda: trail(database)[-1]["outcome"] == "done", within_s=30, what="the file")
        eventually(lambda: list(folder.iterdir()) == [])


def test_of_a_table_one_page_is_asked_for_ahead_and_no_more(
    as_account: People, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for: list[Any] = []
    find = find_incidents

    def noted(*given: Any, **named: Any) -> Any:
        asked_for.append(named["cursor"])
        return find(*given, **named)

    monkeypatch.setattr(patrol_service, "find_incidents", noted)
    desk = as_account("desk")
    asked_by: list[int] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message.get("body"):
            # A reader who takes his time.
            await asyncio.sleep(0.2)
            asked_by.append(len(asked_for))

    run(desk.app(_scope(desk), receive, send))

    pages = many // 200
    assert asked_by == [min(number + 2, pages) for number in range(pages)]


def _scope(browser: Browser) -> dict[str, Any]:
    path = f"{API}/exports/incidents.csv"
    token = browser.headers["Authorization"].encode()
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"edge"), (b"authorization", token)],
        "client": ("127.0.0.1", 1),
        "server": ("edge", 80),
    }
