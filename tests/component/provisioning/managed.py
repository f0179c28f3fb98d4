"""A broker whose users were made through its management plugin."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection, Queue

from deploy.free_ports import free_ports, is_listened_on
from deploy.provisioning.broker import VHOST, definitions
from deploy.provisioning.broker_http import send_definitions
from deploy.rabbitmq import PrivateRabbit, find_rabbitmq
from shared.runtime.topology import call_queue, events_exchange
from tests.brokers import eventually

PASSWORDS = {
    service: f"of-{service}" for service in ("gateway", "grid", "patrol", "register", "command")
}


class Broker:
    """The broker, and the way in for each service."""

    def __init__(self, rabbit: PrivateRabbit, management: str, log: Path) -> None:
        self._rabbit = rabbit
        self.management = management
        self.log = log

    @property
    def url(self) -> str:
        """The URL that somebody who runs this broker would give us."""
        return self._rabbit.uri_of("").rstrip("/")

    def uri_of(self, service: str) -> str:
        own = f"//{service}:{PASSWORDS[service]}@"
        return self._rabbit.uri_of(VHOST).replace("//guest:guest@", own)

    @contextmanager
    def channel_of(self, service: str) -> Iterator[Any]:
        with Connection(self.uri_of(service)) as connection:
            yield connection.channel()


@pytest.fixture(scope="package")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    if find_rabbitmq() is None:
        pytest.skip("no RabbitMQ on this machine; to run this, install the package rabbitmq-server")
    folder = tmp_path_factory.mktemp("provisioned")
    port = manage_on(folder)
    with PrivateRabbit().start(folder) as rabbit:
        eventually(lambda: is_listened_on(port))
        log = folder / "log" / "private@localhost.log"
        broker = Broker(rabbit, f"http://guest:guest@127.0.0.1:{port}", log)
        send_definitions(broker.management, definitions(PASSWORDS))
        with broker.channel_of("grid") as grid:
            Queue("evt--grid.hears").bind(grid).declare()
            events_exchange("grid").bind(grid).declare()
            call_queue("grid").bind(grid).declare()
        yield broker


def manage_on(folder: Path) -> int:
    """Let the node that starts in *folder* have the management plugin; return its port."""
    port = next(free_ports())
    (folder / "enabled_plugins").write_text("[rabbitmq_management].\n")
    (folder / "rabbitmq.conf").write_text(
        f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {port}\n"
    )
    return port
