"""Services, edge, broker and database speak TLS with each other, and with nobody who is not who he says."""

import gc
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import amqp
import httpx
import psycopg2
import pytest
from sqlalchemy import MetaData

from deploy.cli.tls import SERVERS
from deploy.postgres import PrivatePostgres, find_postgres
from deploy.provisioning.database import provision_database
from deploy.rabbitmq import PrivateRabbit, find_rabbitmq
from deploy.tls import Tls, make_authority, make_certificate
from shared.runtime.bus_connection import bus_connection
from shared.runtime.doors import Doors
from shared.runtime.migrations import migrate
from shared.runtime.tables import add_machinery
from tests.brokers import eventually
from tests.component.running import Running, own_settings
from tests.databases import CREDENTIALS, reachable_folder
from tests.platform import ROOT, free_port, wait_for

HERE = ["127.0.0.1"]
BEHIND = ("grid", "patrol", "command")
pytestmark = [
    pytest.mark.skipif(
        find_rabbitmq() is None or find_postgres() is None,
        reason="to run this, install the packages rabbitmq-server and postgresql",
    ),
    # Drivers leave the socket of a handshake that failed to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """A broker and a database that speak TLS alone, and an authority nobody here trusts."""

    folder: Path
    tls: Tls
    rabbit: PrivateRabbit
    postgres: PrivatePostgres
    strangers: Path

    def settings(self) -> dict[str, str]:
        urls = provision_database(self.postgres.url, ("gateway", *BEHIND), {})
        credentials = self.folder / CREDENTIALS
        credentials.write_text(
            json.dumps({name: {"database_url": url} for name, url in urls.items()})
        )
        return {"broker": self.rabbit.uri, "database": urls["gateway"]}


@pytest.fixture(autouse=True)
def _left_sockets_are_collected_here() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with reachable_folder() as folder:
        make_authority(folder / "tls")
        # The database's own user reads it.
        (folder / "tls").chmod(0o755)
        tls = make_certificate(folder / "tls", "server", HERE)
        strangers = make_authority(folder / "strangers")
        with (
            PrivateRabbit().start(folder / "rabbitmq", tls=tls) as rabbit,
            PrivatePostgres().start(folder / "postgres", fast=True, tls=tls) as postgres,
        ):
            yield Servers(
                folder=folder, tls=tls, rabbit=rabbit, postgres=postgres, strangers=strangers
            )


@pytest.fixture(scope="module")
def edge(servers: Servers) -> Iterator[str]:
    """Run three services here and the edge beside them; give its address."""
    urls = servers.settings()
    running = Running(own_settings(servers.folder, broker=urls["broker"]))
    migrate(running.settings, "gateway")
    metadata = MetaData()
    add_machinery(metadata)
    for service in BEHIND:
        running.make_tables(service, metadata)
    running.start(*(type(name.title(), (Doors,), {"name": name}) for name in BEHIND))
    with _edge_process(servers, urls["broker"], urls["database"]) as url:
        yield url
    running.crash()


class _edge_process:  # noqa: N801 – read as a function
    """The edge as production runs it, over TLS."""

    def __init__(self, servers: Servers, broker: str, database: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WANGGE_")}
        self._port = free_port()
        self._trusted = ssl.create_default_context(cafile=servers.tls.authority)
        self._environment = kept | {
            "PORT": str(self._port),
            "WANGGE_DATA": str(servers.folder / "edge"),
            "WANGGE_AMQP_URL": broker,
            "WANGGE_DATABASE_URL": database,
            "WANGGE_TLS_CERTIFICATE": str(servers.tls.certificate),
            "WANGGE_TLS_KEY": str(servers.tls.key),
            "WANGGE_RPC_TIMEOUT_S": "3",
        }

    def __enter__(self) -> str:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "deploy.edge"], cwd=ROOT, env=self._environment
        )
        url = f"https://127.0.0.1:{self._port}"
        wait_for(lambda: self._lives(url), within_s=20, what="the edge to live")
        return url

    def _lives(self, url: str) -> bool:
        try:
            return httpx.get(f"{url}/healthz", verify=self._trusted).status_code == 200
        except httpx.TransportError:
            return False

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


def trusting(authority: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=authority)


class TestEdge:
    def test_reaches_every_service_over_the_broker_and_its_database(
        self, edge: str, servers: Servers
    ) -> None:
        trusted = trusting(servers.tls.authority)

        def is_ready() -> bool:
            return httpx.get(f"{edge}/readyz", verify=trusted, timeout=10).status_code == 200

        eventually(is_ready)
        answer = httpx.get(f"{edge}/readyz", verify=trusted, timeout=10)
        assert answer.json()["services"] == ["gateway", *BEHIND]
        assert answer.headers["strict-transport-security"] == "max-age=31536000"

    def test_is_not_taken_for_another(self, edge: str, servers: Servers) -> None:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(f"{edge}/healthz", verify=trusting(servers.strangers))
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(
                f"{edge.replace('127.0.0.1', 'localhost')}/healthz",
                verify=trusting(servers.tls.authority),
            )

    def test_speaks_nothing_older_than_1_2(self, edge: str, servers: Servers) -> None:
        old = trusting(servers.tls.authority)
        old.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1

        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{edge}/healthz", verify=old)

    @pytest.mark.parametrize("wrong", ["broker", "database"])
    def test_says_that_it_is_not_ready_where_a_server_is_not_who_it_says(
        self, servers: Servers, edge: str, wrong: str
    ) -> None:
        urls = servers.settings()
        trusted, stranger = str(servers.tls.authority), str(servers.strangers)
        urls[wrong] = unquote(urls[wrong]).replace(trusted, stranger)

        with _edge_process(servers, urls["broker"], urls["database"]) as other:
            answer = httpx.get(
                f"{other}/readyz", verify=trusting(servers.tls.authority), timeout=30
            )

        away = {error["field"] for error in answer.json()["errors"]}
        assert answer.status_code == 503
        assert away == ({"gateway"} if wrong == "database" else set(BEHIND))


class TestBroker:
    def test_is_not_taken_for_another(self, servers: Servers) -> None:
        uri = servers.rabbit.uri.replace(str(servers.tls.authority), str(servers.strangers))

        with pytest.raises(ssl.SSLCertVerificationError):
            bus_connection(uri).connect()

    def test_is_the_one_its_certificate_names(self, servers: Servers) -> None:
        with pytest.raises(ssl.SSLCertVerificationError):
            bus_connection(servers.rabbit.uri.replace("127.0.0.1", "localhost")).connect()

    def test_is_trusted_by_nobody_who_was_not_told_of_its_authority(self, servers: Servers) -> None:
        with pytest.raises(ssl.SSLCertVerificationError):
            bus_connection(servers.rabbit.uri.partition("?")[0]).connect()

    def test_lets_nobody_in_without(self, servers: Servers) -> None:
        with pytest.raises((OSError, amqp.AMQPError)):
            amqp.Connection(f"127.0.0.1:{servers.rabbit.port}", connect_timeout=3).connect()


class TestDatabase:
    def test_is_not_taken_for_another(self, servers: Servers) -> None:
        url = servers.postgres.url.replace(str(servers.tls.authority), str(servers.strangers))

        with pytest.raises(psycopg2.OperationalError, match="certificate verify failed"):
            psycopg2.connect(url)

    def test_is_the_one_its_certificate_names(self, servers: Servers) -> None:
        with pytest.raises(psycopg2.OperationalError, match="does not match host name"):
            psycopg2.connect(servers.postgres.url.replace("127.0.0.1", "localhost"))

    def test_lets_nobody_in_without(self, servers: Servers) -> None:
        url = f"{servers.postgres.url.partition('?')[0]}?sslmode=disable"

        with pytest.raises(psycopg2.OperationalError, match="no encryption"):
            psycopg2.connect(url)


def wangge(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-W", "ignore", "-m", "deploy.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


class TestInit:
    def test_makes_an_authority_and_a_certificate_for_each_server(self, tmp_path: Path) -> None:
        made = wangge("tls", "init", str(tmp_path / "tls"), "--host", "wangge.example.gov.cn")

        assert made.returncode == 0, made.stderr
        names = {file.name for file in (tmp_path / "tls").iterdir()}
        assert names == {f"{name}.{kind}" for name in ("ca", *SERVERS) for kind in ("pem", "key")}
        for key in (tmp_path / "tls").glob("*.key"):
            assert key.stat().st_mode & 0o077 == 0

    def test_replaces_nothing(self, tmp_path: Path) -> None:
        wangge("tls", "init", str(tmp_path / "tls"))
        before = (tmp_path / "tls" / "ca.pem").read_bytes()

        again = wangge("tls", "init", str(tmp_path / "tls"))

        assert again.returncode == 1
        assert "已存在" in again.stderr + again.stdout
        assert (tmp_path / "tls" / "ca.pem").read_bytes() == before
