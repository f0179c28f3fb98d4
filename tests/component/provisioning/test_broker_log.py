"""What the broker refuses a service's user or an outsider stands in the edge's audit trail, once."""

import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import amqp
import pytest
from kombu import Connection

from shared.kernel.trail_check import flaws
from shared.runtime import audit
from shared.runtime.database import ServiceDatabase
from shared.runtime.migrations import migrate
from shared.runtime.settings import Settings
from tests.brokers import eventually
from tests.component.provisioning.managed import Broker
from tests.platform import ROOT


@pytest.fixture
def log(broker: Broker) -> Path:
    return broker.log


@pytest.fixture(params=["embedded", "production"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Give settings under which the edge has a trail, on either database."""
    if request.param == "embedded":
        settings = Settings(data=tmp_path)
    else:
        settings = request.getfixturevalue("empty_schemas")
    migrate(settings, "gateway")
    return settings


def noted(settings: Settings, log: Path, since: int = 0) -> list[tuple[object, ...]]:
    """Have the log read, and return what was noted after row *since*."""
    kept = {"WANGGE_DATA": str(settings.data), "PATH": "/usr/bin:/bin"}
    if settings.credentials is not None:
        kept["WANGGE_CREDENTIALS"] = str(settings.credentials)
    command = [sys.executable, "-m", "deploy.cli", "audit", "broker-log", str(log)]
    ended = subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    database = ServiceDatabase(settings, "gateway")
    with database.reading() as connection:
        rows = list(audit.trail(connection))
    database.close()
    assert list(flaws(rows)) == []
    return [
        (row["account"], row["outcome"], row["about"], row.get("reason")) for row in rows[since:]
    ]


def attack(broker: Broker) -> None:
    """Try what a stolen password, a guessed one, and a service that was broken into would."""
    own = broker.uri_of("patrol")
    other_vhosts = [own.rsplit("/", 1)[0] + name for name in ("/%2F", "/elsewhere")]
    for url in (
        own.replace(":of-patrol@", ":guessed@"),
        own.replace("//patrol:", "//hunter2-typed-in-the-wrong-place:"),
        *other_vhosts,
    ):
        with pytest.raises(amqp.AMQPError), Connection(url) as connection:
            connection.connect()
    with broker.channel_of("patrol") as channel, suppress(amqp.AMQPError):
        channel.basic_publish(amqp.Message("x"), exchange="grid.events", routing_key="grid.x.y.v1")
        channel.queue_declare("rpc-patrol", passive=True)
    with broker.channel_of("patrol") as channel, pytest.raises(amqp.AccessRefused):
        channel.basic_get("rpc-grid")


def test_each_refusal_is_noted_with_who_tried_what_from_where(
    broker: Broker, log: Path, settings: Settings
) -> None:
    noted(settings, log)
    before = len(noted(settings, log))

    attack(broker)

    found: list[tuple[object, ...]] = []

    def all_are_there() -> bool:
        found[:] = noted(settings, log, before)
        return len(found) >= 6

    eventually(all_are_there)
    assert found == [
        ("patrol", "login_refused", None, "from 127.0.0.1"),
        ("unknown", "login_refused", None, "from 127.0.0.1"),
        ("patrol", "vhost_refused", "/", "from 127.0.0.1"),
        ("patrol", "no_such_vhost", "elsewhere", "from 127.0.0.1"),
        ("patrol", "access_refused", "exchange 'grid.events'", "from 127.0.0.1"),
        ("patrol", "access_refused", "queue 'rpc-grid'", "from 127.0.0.1"),
    ]
    time.sleep(0.1)
    assert noted(settings, log, before) == found, "each line is noted once"


def test_what_is_no_log_is_said_in_words(settings: Settings, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deploy.cli", "audit", "broker-log", str(tmp_path / "none")]
    kept = {"WANGGE_DATA": str(settings.data), "PATH": "/usr/bin:/bin"}
    ended = subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert "无法读取" in ended.stderr
    assert "Traceback" not in ended.stderr
