"""The edge's own process: it starts before all else, outlives the broker, and ends with its work done."""

import os
import shutil
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from deploy.edge import GRACE_S
from deploy.rabbitmq import PrivateRabbit
from services.gateway.store.tables import export_file_table
from shared.runtime.database import ServiceDatabase
from shared.runtime.keyring import KeyFile
from shared.runtime.migrations import migrate
from tests.brokers import eventually
from tests.component.gateway.browser import PASSWORD, refused
from tests.component.gateway.conftest import Mould
from tests.component.gateway.edge_process import EdgeProcess, running_edge
from tests.component.gateway.edge_settings import EdgeSettings
from tests.component.gateway.far import Memory
from tests.component.gateway.test_incidents import REPORT
from tests.component.gateway.toy_process import services_on
from tests.forwarder import Forwarder
from tests.platform import ROOT, free_port, wait_for

RPC_TIMEOUT_S = 2
# In place of a status, when there was no answer at all.
CUT = 0


@pytest.fixture
def data(mould: Mould, tmp_path: Path) -> Path:
    shutil.copytree(mould.data, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture(scope="module")
def broker_url(rabbit: PrivateRabbit) -> Iterator[str]:
    """Give the address of a broker with the small services on it."""
    url = rabbit.add_vhost(f"edge-{uuid.uuid4().hex[:8]}")
    with services_on(url):
        yield url


@pytest.fixture
def edge(broker_url: str, data: Path) -> Iterator[EdgeProcess]:
    with running_edge(data, broker_url, WANGGE_RPC_TIMEOUT_S="30") as edge:
        wait_for(lambda: edge.status("/readyz") == 200, within_s=10, what="the edge to be ready")
        yield edge


@pytest.fixture
def slowly(broker_url: str) -> Iterator[Memory]:
    """Give the services' memory; in the end they are as quick as before."""
    memory = Memory(broker_url)
    yield memory
    memory.write("delays", {})


class Sending:
    """A client that sends one report from a thread of its own."""

    def __init__(self, edge: EdgeProcess, token: str) -> None:
        self.answer: httpx.Response | None = None
        self._client = edge.client(token)
        self._thread = threading.Thread(target=self._send)
        self._thread.start()

    def _send(self) -> None:
        with self._client as client:
            self.answer = client.post("/incidents", json=REPORT)

    def answered(self) -> httpx.Response:
        self._thread.join(30)
        assert self.answer is not None
        return self.answer


def test_it_holds_neither_eventlet_nor_nameko() -> None:
    found = "import sys, deploy.edge; print({'eventlet', 'nameko'} & sys.modules.keys())"
    ended = subprocess.run(
        [sys.executable, "-c", found], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout == "set()\n"


def test_it_does_not_start_without_the_address_of_a_broker() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "deploy.edge"],
        cwd=ROOT,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "WANGGE_AMQP_URL" in ended.stderr


def test_stops_where_there_is_no_keyring(tmp_path: Path) -> None:
    missing = tmp_path / "keyring.json"
    ended = subprocess.run(
        [sys.executable, "-m", "deploy.edge"],
        cwd=ROOT,
        env={
            **{name: value for name, value in os.environ.items() if name[:7] != "WANGGE_"},
            "PORT": str(free_port()),
            "WANGGE_AMQP_URL": "amqp://127.0.0.1:1/",
            "WANGGE_DATA": str(tmp_path),
            "WANGGE_KEYRING": str(missing),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert "There is no keyring" in ended.stderr
    assert "没有密钥库" in ended.stderr
    assert not missing.exists()


class TestStarting:
    def test_does_not_wait_for_broker_and_database(
        self, rabbit: PrivateRabbit, tmp_path: Path
    ) -> None:
        forwarder = Forwarder()
        url = rabbit.add_vhost(f"late-{uuid.uuid4().hex[:8]}")
        through = forwarder.url_of(url)
        forwarder.cut()
        (tmp_path / "data").mkdir()
        KeyFile(EdgeSettings(data=tmp_path / "data").keyring_file).make()

        with running_edge(tmp_path / "data", through, WANGGE_RPC_TIMEOUT_S="1") as edge:
            client = edge.client("x")
            form = {"username": "member", "password": PASSWORD}
            assert refused(client.post("/auth/token", data=form), 503)["code"] == "database_busy"
            assert edge.status("/readyz") == 503

            migrate(EdgeSettings(data=tmp_path / "data"), "gateway")
            forwarder.url_of(url)
            with services_on(url):
                wait_for(lambda: edge.status("/readyz") == 200, within_s=15, what="it to be ready")
            assert refused(client.post("/auth/token", data=form), 401)["code"] == "sign_in_refused"
            client.close()
        forwarder.close()


class TestStopping:
    def test_finishes_what_is_in_hand(
        self, edge: EdgeProcess, slowly: Memory, mould: Mould
    ) -> None:
        slowly.write("delays", {"report_incident": 1.5})
        sending = Sending(edge, mould.tokens["member"])
        time.sleep(0.5)

        edge.ask_to_stop()

        assert sending.answered().status_code == 201
        assert edge.ended(within_s=10) == 0

    def test_answers_what_takes_too_long_and_is_gone_in_ten_seconds(
        self, edge: EdgeProcess, slowly: Memory, mould: Mould
    ) -> None:
        slowly.write("delays", {"report_incident": 12})
        sending = Sending(edge, mould.tokens["member"])
        time.sleep(0.5)

        edge.ask_to_stop()

        assert edge.ended(within_s=10) == 0
        assert refused(sending.answered(), 503)["code"] == "stopping"
        assert "Traceback" not in edge.log()

    def test_ends_the_streams_at_once(self, edge: EdgeProcess, mould: Mould) -> None:
        with (
            edge.client(mould.tokens["admin"]) as client,
            client.stream("GET", "/stream") as stream,
        ):
            lines = stream.iter_lines()
            next(lines)
            began = time.monotonic()

            edge.ask_to_stop()

            assert [line for line in lines if line.startswith("event")] == []
        assert edge.ended(within_s=10) == 0
        assert time.monotonic() - began < GRACE_S

    def test_with_nothing_in_hand_waits_for_nothing(self, edge: EdgeProcess) -> None:
        began = time.monotonic()
        edge.ask_to_stop()
        assert edge.ended(within_s=10) == 0
        assert time.monotonic() - began < GRACE_S


class TestKilled:
    def test_while_it_makes_the_file_of_an_export_it_leaves_nothing(
        self, broker_url: str, data: Path, slowly: Memory, mould: Mould
    ) -> None:
        slowly.write("delays", {"incidents_to_export": 1})
        large = {"WANGGE_EXPORT_ROWS_AT_ONCE": "0"}
        with running_edge(data, broker_url, **large) as edge:
            wait_for(lambda: edge.status("/readyz") == 200, within_s=10, what="it to be ready")
            with edge.client(mould.tokens["desk"]) as client:
                where = client.get("/exports/incidents.xlsx").headers["location"]
            wait_for(lambda: list((data / "exports").iterdir()), within_s=5, what="its folder")
            edge.kill()
        let_pass(data, timedelta(minutes=1))

        with running_edge(data, broker_url) as again, again.client(mould.tokens["desk"]) as client:
            job = wait_for(
                lambda: failed(client, where), within_s=10, what="the loss to be noticed"
            )

            assert job["reason"] == "lost"
            assert list((data / "exports").iterdir()) == []


def let_pass(data: Path, time: timedelta) -> None:
    """Let so much time pass since whoever makes a file was last heard of."""
    database = ServiceDatabase(EdgeSettings(data=data), "gateway")
    with database.writing() as connection:
        [beat] = connection.scalars(select(export_file_table.c.beat_at)).all()
        connection.execute(update(export_file_table).values(beat_at=beat - time))
    database.close()


def failed(client: httpx.Client, where: str) -> dict[str, Any]:
    """Return a job once it has failed."""
    job: dict[str, Any] = client.get(where.removeprefix("/api/v1")).json()
    return job if job["state"] == "failed" else {}


class TestSlowService:
    def test_is_given_up_in_time(
        self, broker_url: str, data: Path, slowly: Memory, mould: Mould
    ) -> None:
        slowly.write("delays", {"report_incident": 3})
        with (
            running_edge(data, broker_url, WANGGE_RPC_TIMEOUT_S="0.5") as edge,
            edge.client(mould.tokens["member"]) as client,
        ):
            began = time.monotonic()
            answer = client.post("/incidents", json=REPORT)

            assert refused(answer, 503)["code"] == "service_slow"
            assert int(answer.headers["retry-after"]) > 0
            assert time.monotonic() - began < 2


class TestBrokerThatDies:
    """On a broker of its own, which is killed and comes back under calls."""

    @pytest.fixture
    def mortal(self, tmp_path: Path) -> Iterator[PrivateRabbit]:
        rabbit = PrivateRabbit().start(tmp_path / "rabbitmq")
        yield rabbit
        rabbit.stop()

    def test_leaves_no_call_hanging_and_is_found_again(
        self, mortal: PrivateRabbit, data: Path, mould: Mould, tmp_path: Path
    ) -> None:
        forwarder = Forwarder()
        url = forwarder.url_of(mortal.uri)
        with running_edge(data, url, WANGGE_RPC_TIMEOUT_S=str(RPC_TIMEOUT_S)) as edge:
            with services_on(url):
                wait_for(lambda: edge.status("/readyz") == 200, within_s=15, what="it to be ready")
                clients = [Persistent(edge, mould.tokens["member"]) for _ in range(8)]
                eventually(lambda: all(201 in client.statuses for client in clients))
                kill(mortal)
                forwarder.cut()
                eventually(lambda: all(503 in client.statuses for client in clients))

            mortal.start(tmp_path / "rabbitmq")
            forwarder.url_of(mortal.uri)
            # New ones: nameko's may die of a reply they cannot send, and a supervisor starts them.
            with services_on(url):
                for client in clients:
                    client.statuses.clear()
                eventually(lambda: all(201 in client.statuses for client in clients))
                for client in clients:
                    client.end()

            assert set().union(*(client.seen for client in clients)) == {201, 503}
            assert max(client.longest_s for client in clients) < RPC_TIMEOUT_S + 1
            edge.ask_to_stop()
            assert edge.ended(within_s=10) == 0
        forwarder.close()


def kill(rabbit: PrivateRabbit) -> None:
    for process in rabbit._processes:
        process.kill()
    rabbit.stop()


class Persistent:
    """A client that reports again and again, and notes each answer and how long it took."""

    def __init__(self, edge: EdgeProcess, token: str) -> None:
        self.statuses: list[int] = []
        self.seen: set[int] = set()
        self.longest_s = 0.0
        self._client = edge.client(token)
        self._ends = False
        self._thread = threading.Thread(target=self._report)
        self._thread.start()

    def _report(self) -> None:
        with self._client as client:
            while not self._ends:
                began = time.monotonic()
                try:
                    status = client.post("/incidents", json=REPORT).status_code
                except httpx.TransportError:
                    status = CUT
                self.longest_s = max(self.longest_s, time.monotonic() - began)
                self.statuses.append(status)
                self.seen.add(status)
                time.sleep(0.02)

    def end(self) -> None:
        self._ends = True
        self._thread.join(30)
