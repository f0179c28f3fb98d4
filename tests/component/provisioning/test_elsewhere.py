"""`wangge provision` on a real broker with its management plugin and a real database, as in containers."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import amqp
import psycopg2
import pytest

from deploy.first_secrets import CREDENTIALS, first_secrets
from deploy.free_ports import free_ports
from deploy.postgres import PrivatePostgres
from deploy.rabbitmq import PrivateRabbit, find_rabbitmq
from tests.databases import needs_postgres, reachable_folder
from tests.platform import ROOT

pytestmark = [
    needs_postgres,
    pytest.mark.skipif(find_rabbitmq() is None, reason="no RabbitMQ on this machine"),
]
Settings = dict[str, str]
Urls = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Start a broker that makes users over HTTP, and a database; give the administrators' URLs."""
    folder = tmp_path_factory.mktemp("broker")
    management = next(free_ports())
    (folder / "enabled_plugins").write_text("[rabbitmq_management].\n")
    (folder / "rabbitmq.conf").write_text(
        f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {management}\n"
    )
    with (
        PrivateRabbit().start(folder) as rabbit,
        reachable_folder() as tables,
        PrivatePostgres().start(tables, fast=True) as postgres,
    ):
        yield {
            "broker": urlsplit(rabbit.uri).netloc.rpartition("@")[2],
            "database": urlsplit(postgres.url).netloc.rpartition("@")[2],
            "WANGGE_AMQP_ADMIN_URL": f"http://guest:guest@127.0.0.1:{management}",
            "WANGGE_DATABASE_URL": postgres.url,
        }


@pytest.fixture(scope="module")
def credentials(elsewhere: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write first secrets, for where broker and database stand here."""
    text = first_secrets()["credentials"][CREDENTIALS]
    for name, stands_at in (("broker:5672", "broker"), ("database:5432", "database")):
        text = text.replace(name, elsewhere[stands_at])
    file = tmp_path_factory.mktemp("secrets") / CREDENTIALS
    file.write_text(text)
    file.chmod(0o444)
    return file


def provision(elsewhere: Settings, credentials: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "deploy.cli", "provision"],
        cwd=ROOT,
        env=os.environ | elsewhere | {"WANGGE_CREDENTIALS": str(credentials)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def urls(elsewhere: Settings, credentials: Path) -> Urls:
    """Provision, twice as Kubernetes may; give each service's URLs."""
    for _ in range(2):
        done = provision(elsewhere, credentials)
        assert done.returncode == 0, done.stdout + done.stderr
    made: Urls = json.loads(credentials.read_text())
    return made


def test_each_service_gets_into_its_own_schema(urls: Urls) -> None:
    for service, own in urls.items():
        connection = psycopg2.connect(own["database_url"])
        with connection, connection.cursor() as cursor:
            cursor.execute(f'create table "{service}".probe (a int)')
            cursor.execute(f'drop table "{service}".probe')
        connection.close()


def test_no_service_gets_into_anothers_schema(urls: Urls) -> None:
    connection = psycopg2.connect(urls["patrol"]["database_url"])
    with connection, connection.cursor() as cursor, pytest.raises(psycopg2.Error, match="denied"):
        cursor.execute("create table grid.probe (a int)")
    connection.close()


def test_each_service_gets_into_the_broker_as_itself(urls: Urls) -> None:
    for service, own in urls.items():
        with broker(own["amqp_url"]) as connection:
            connection.channel().queue_declare(f"rpc-{service}", durable=True)


def test_no_service_takes_what_another_is_asked(urls: Urls) -> None:
    with broker(urls["grid"]["amqp_url"]) as connection:
        connection.channel().queue_declare("rpc-grid", durable=True)
    with broker(urls["patrol"]["amqp_url"]) as connection:
        channel = connection.channel()
        with pytest.raises(amqp.AccessRefused):
            channel.basic_get("rpc-grid")


def test_it_says_which_service_the_credentials_lack(
    elsewhere: Settings, credentials: Path, tmp_path: Path
) -> None:
    known = json.loads(credentials.read_text())
    del known["patrol"]
    lacking = tmp_path / CREDENTIALS
    lacking.write_text(json.dumps(known))

    done = provision(elsewhere, lacking)

    assert done.returncode == 1
    assert "The credentials lack the amqp_url of patrol" in done.stderr


def test_it_says_in_one_line_that_the_broker_is_away(
    elsewhere: Settings, credentials: Path
) -> None:
    away = elsewhere | {"WANGGE_AMQP_ADMIN_URL": "http://guest:hidden@127.0.0.1:9"}

    done = provision(away, credentials)

    assert done.returncode == 1
    assert "WANGGE_AMQP_ADMIN_URL" in done.stderr
    assert "hidden" not in done.stderr
    assert "Traceback" not in done.stderr


def broker(url: str) -> amqp.Connection:
    parts = urlsplit(url)
    return amqp.Connection(
        parts.netloc.rpartition("@")[2],
        userid=parts.username,
        password=parts.password,
        virtual_host=parts.path.removeprefix("/"),
    )
