"""Ports are chosen once, and anew only when somebody else has taken them."""

import socket
from pathlib import Path

from deploy.production.ports import kept_ports


def test_ports_stay_the_same(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"

    assert kept_ports(file, in_use=False) == kept_ports(file, in_use=False)


def test_a_port_that_was_taken_is_chosen_anew(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    before = kept_ports(file, in_use=False)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", before.amqp))
        taken.listen()

        assert kept_ports(file, in_use=True) == before, "it may be our own broker"
        now = kept_ports(file, in_use=False)

    assert now.amqp != before.amqp
    assert now.postgres == before.postgres


def test_no_port_is_one_that_clients_get(tmp_path: Path) -> None:
    ports = kept_ports(tmp_path / "ports.json", in_use=False)

    assert max(ports.amqp, ports.erlang, ports.epmd, ports.postgres) < 32_768
