"""Whoever hears an event has a queue for it before it is told: to one who came later it would be lost.

The relay keeps what no queue wants; what one queue wants it takes as told, whoever else was not there yet.
"""

import socket
import subprocess
import sys
from pathlib import Path

from kombu import Connection

from deploy.event_queues import declare_event_queues, event_doors
from deploy.services import SERVICES
from shared.contracts.grid import BoundaryActivated
from shared.runtime.topology import events_exchange, handler_queue
from tests.brokers import waiting
from tests.component.provisioning.managed import Broker
from tests.platform import ROOT

HEARS_OF_BOUNDARIES = {
    service
    for service in SERVICES
    for _, door in event_doors(service)
    if BoundaryActivated in door.contracts
}


def test_an_event_waits_for_each_who_hears_it_though_none_has_started(broker: Broker) -> None:
    declare_event_queues(broker.uri_of)

    with broker.channel_of("grid") as grid:
        exchange = events_exchange("grid").bind(grid)
        exchange.publish(exchange.Message(b"{}"), routing_key=BoundaryActivated.event_type)

    assert len(HEARS_OF_BOUNDARIES) > 1
    for service in HEARS_OF_BOUNDARIES:
        with Connection(broker.uri_of(service)) as connection:
            channel = connection.channel()
            assert waiting(channel, f"evt--{service}.follow_boundary") == 1
            channel.queue_purge(f"evt--{service}.follow_boundary")


def test_they_are_what_the_services_declare_themselves(broker: Broker) -> None:
    declare_event_queues(broker.uri_of)
    declare_event_queues(broker.uri_of)

    for service in SERVICES:
        with broker.channel_of(service) as channel:
            for method, door in event_doors(service):
                queue = handler_queue(service, method, door.contracts, keeps_order=door.keeps_order)
                queue.bind(channel).declare()  # refused where it is not the same


def test_a_broker_that_never_answers_is_given_up(tmp_path: Path) -> None:
    # By a process that is not green, as the one that starts the platform is none.
    declaring = (
        "import os; from deploy.provisioning.queues import declare_in_a_process as declare;"
        "declare(os.environ, within_s=5)"
    )
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"amqp://patrol:secret@127.0.0.1:{silent.getsockname()[1]}/"
        ended = subprocess.run(
            [sys.executable, "-c", declaring],
            cwd=ROOT,
            env={"WANGGE_DATA": str(tmp_path), "WANGGE_AMQP_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )

    assert "CannotStart" in ended.stderr
    assert "没有应答" in ended.stderr
    assert "secret" not in ended.stderr


def test_a_broker_that_is_away_is_named_without_the_password(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "deploy.event_queues"],
        cwd=ROOT,
        env={"WANGGE_DATA": str(tmp_path), "WANGGE_AMQP_URL": "amqp://patrol:secret@127.0.0.1:1/"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert "消息服务" in ended.stderr
    assert "secret" not in ended.stderr
    assert "Traceback" not in ended.stderr
