"""Services, edge, broker and database speak TLS with each other, and with nobody who is not who he says."""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import httpx
import psycopg2
import pytest

from deploy.cli.tls import SERVERS
from deploy.postgres import PrivatePostgres, find_postgres
from deploy.production.address import Address
from deploy.provisioning.database import provision_database
from deploy.rabbitmq import PrivateRabbit, find_rabbitmq
from deploy.tls import Tls, make_authority, make_certificate
from shared.runtime.database import close_databases
from shared.runtime.migrations import migrate
from tests.component.running import own_settings
from tests.databases import CREDENTIALS, reachable_folder
from tests.platform import ROOT, free_port, wait_for

HERE = ["127.0.0.1"]
BEHIND = ("grid", "patrol", "register", "command")
pytestmark = [
    pytest.mark.skipif(
        find_rabbitmq() is None or find_postgres() is None,
        reason="to run this, install the packages rabbitmq-server and postgresql",
    ),
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
        """Return the database's address of each service, which it has now."""
        urls = provision_database(self.postgres.url, ("gateway", *BEHIND), {})
        credentials = self.folder / CREDENTIALS
        credentials.write_text(
            json.dumps({name: {"database_url": url} for name, url in urls.items()})
        )
        return urls


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
    """Run the three services and the edge, each as the process it is; give the edge's address."""
    urls = servers.settings()
    settings = own_settings(servers.folder, broker=servers.rabbit.uri)
    for service in urls:
        migrate(settings, service)
    close_databases()
    with ExitStack() as running:
        for service in BEHIND:
            running.enter_context(process(servers, urls[service], "deploy.worker", service))
        yield running.enter_context(edge_process(servers, urls["gateway"]))


@contextmanager
def edge_process(servers: Servers, database: str, broker: str | None = None) -> Iterator[str]:
    """Run an edge over TLS; give its address."""
    port = free_port()
    url, trusted = f"https://127.0.0.1:{port}", trusting(servers.tls.authority)
    speaking = {
        "PORT": str(port),
        "WANGGE_TLS_CERTIFICATE": str(servers.tls.certificate),
        "WANGGE_TLS_KEY": str(servers.tls.key),
        "WANGGE_RPC_TIMEOUT_S": "3",
    }

    def lives() -> bool:
        try:
            return httpx.get(f"{url}/healthz", verify=trusted).status_code == 200
        except httpx.TransportError:
            return False

    with process(servers, database, "deploy.edge", broker=broker, **speaking):
        wait_for(lives, within_s=20, what="the edge to live")
        yield url


@contextmanager
def process(
    servers: Servers, database: str, *module: str, broker: str | None = None, **settings: str
) -> Iterator[None]:
    """Run one process of the platform."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WANGGE_")}
    urls = {"WANGGE_AMQP_URL": broker or servers.rabbit.uri, "WANGGE_DATABASE_URL": database}
    own = own_settings(servers.folder, broker=servers.rabbit.uri)
    here = {
        "WANGGE_DATA": str(servers.folder / "data"),
        "WANGGE_KEYRING": str(own.keyring_file),
    }
    environment = kept | urls | here | settings
    running = subprocess.Popen([sys.executable, "-m", *module], cwd=ROOT, env=environment)
    try:
        yield
    finally:
        running.terminate()
        running.wait(30)


def complaint_of(program: str) -> str:
    """Return what a Python program says when it fails; here the sockets it leaves open would stay."""
    command = [sys.executable, "-W", "ignore", "-c", program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stderr


def asked(url: str, authority: Path, more: str = "") -> str:
    """Return what somebody says who asks the edge, and trusts that authority."""
    return complaint_of(
        "import httpx, ssl\n"
        f"trusted = ssl.create_default_context(cafile={str(authority)!r})\n{more}\n"
        f"httpx.get('{url}/healthz', verify=trusted)"
    )


def connected(uri: str) -> str:
    """Return what somebody says who connects to the broker."""
    return complaint_of(
        "from shared.runtime.bus_connection import bus_connection\n"
        f"connection = bus_connection({uri!r}, connect_timeout=3)\n"
        "connection.connect(); connection.release()"
    )


def trusting(authority: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=authority)


class TestEdge:
    def test_reaches_every_service_over_the_broker_and_its_database(
        self, edge: str, servers: Servers
    ) -> None:
        trusted = trusting(servers.tls.authority)

        def is_ready() -> bool:
            return httpx.get(f"{edge}/readyz", verify=trusted, timeout=10).status_code == 200

        wait_for(is_ready, within_s=60, what="everything to be ready")
        answer = httpx.get(f"{edge}/readyz", verify=trusted, timeout=10)
        assert answer.json()["services"] == ["gateway", *BEHIND]
        assert answer.headers["strict-transport-security"] == "max-age=31536000"

    def test_is_found_ready_by_whoever_started_it(self, edge: str) -> None:
        address = Address("127.0.0.1", int(edge.rpartition(":")[2]), is_tls=True)

        wait_for(address.is_ready, within_s=60, what="everything to be ready")
        assert address.url == edge

    def test_is_not_taken_for_another(self, edge: str, servers: Servers) -> None:
        elsewhere = edge.replace("127.0.0.1", "localhost")

        assert "CERTIFICATE_VERIFY_FAILED" in asked(edge, servers.strangers)
        assert "CERTIFICATE_VERIFY_FAILED" in asked(elsewhere, servers.tls.authority)

    def test_speaks_nothing_older_than_1_2(self, edge: str, servers: Servers) -> None:
        old = "trusted.set_ciphers('ALL:@SECLEVEL=0'); trusted.maximum_version = ssl.TLSVersion.TLSv1_1"

        complaint = asked(edge, servers.tls.authority, old)

        assert "ConnectError" in complaint
        assert "CERTIFICATE" not in complaint

    @pytest.mark.parametrize("wrong", ["broker", "database"])
    def test_says_that_it_is_not_ready_where_a_server_is_not_who_it_says(
        self, servers: Servers, edge: str, wrong: str
    ) -> None:
        urls = {"database": unquote(servers.settings()["gateway"]), "broker": servers.rabbit.uri}
        trusted, stranger = str(servers.tls.authority), str(servers.strangers)
        urls[wrong] = urls[wrong].replace(trusted, stranger)

        with edge_process(servers, **urls) as other:
            answer = httpx.get(
                f"{other}/readyz", verify=trusting(servers.tls.authority), timeout=30
            )

        away = {error["field"] for error in answer.json()["errors"]}
        assert answer.status_code == 503
        assert away == ({"gateway"} if wrong == "database" else set(BEHIND))


class TestBroker:
    def test_is_not_taken_for_another(self, servers: Servers) -> None:
        uri = servers.rabbit.uri.replace(str(servers.tls.authority), str(servers.strangers))

        assert "SSLCertVerificationError" in connected(uri)

    def test_is_the_one_its_certificate_names(self, servers: Servers) -> None:
        uri = servers.rabbit.uri.replace("127.0.0.1", "localhost")

        assert "SSLCertVerificationError" in connected(uri)

    def test_is_trusted_by_nobody_who_was_not_told_of_its_authority(self, servers: Servers) -> None:
        assert "SSLCertVerificationError" in connected(servers.rabbit.uri.partition("?")[0])

    def test_lets_nobody_in_without(self, servers: Servers) -> None:
        uri = servers.rabbit.uri.partition("?")[0].replace("amqps:", "amqp:")

        assert connected(uri)

    def test_lets_in_who_knows_it(self, servers: Servers) -> None:
        assert connected(servers.rabbit.uri) == ""


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
