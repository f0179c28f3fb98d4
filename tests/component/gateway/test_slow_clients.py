"""Nobody holds a connection by being slow, or holds them all; what is no request is refused, on a real socket."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from deploy import http_protocol
from deploy.http_protocol import LONGEST_HEAD
from services.gateway.routes.doors import OpenDoor
from services.gateway.service import create_app
from shared.runtime.database import ServiceDatabase
from shared.runtime.edge import edge_of
from tests.component.gateway.browser import API
from tests.component.gateway.conftest import Mould
from tests.component.gateway.edge_settings import EdgeSettings
from tests.component.gateway.test_stream import served

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: edge\r\n"
MOST = 5


@pytest.fixture
def address(
    settings: EdgeSettings, database: ServiceDatabase, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, int]]:
    """Serve an edge with little patience."""
    monkeypatch.setattr(http_protocol, "HEAD_WITHIN_S", 0.4)
    monkeypatch.setattr(http_protocol, "LINGER_S", 0.4)
    monkeypatch.setattr(OpenDoor, "limit_s", 0.5)
    few = settings.model_copy(update={"connections_per_address": MOST})
    # Its own: an edge that was served once has let go of its threads.
    with served(create_app(few, edge_of(few, "gateway"), database), few) as url:
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        yield parts.hostname, parts.port


def received(connection: socket.socket) -> bytes:
    """Return all that comes until the other side closes."""
    came = b""
    try:
        while piece := connection.recv(65536):
            came += piece
    except ConnectionResetError:
        pass
    return came


def dripped(connection: socket.socket, piece: bytes, within_s: float) -> float:
    """Send a piece at a time until the other side has closed; return after how long it had."""
    began = time.monotonic()
    connection.settimeout(0.05)
    while time.monotonic() - began < within_s:
        try:
            connection.sendall(piece)
            if connection.recv(65536) == b"":
                break
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - began


@pytest.fixture
def connection(address: tuple[str, int]) -> Iterator[socket.socket]:
    with socket.create_connection(address, timeout=10) as connection:
        yield connection


class TestHead:
    def test_that_never_comes_is_not_waited_for(self, connection: socket.socket) -> None:
        began = time.monotonic()

        assert received(connection) == b""
        assert time.monotonic() - began < 3

    def test_that_drips_is_not_waited_for(self, connection: socket.socket) -> None:
        connection.sendall(HEALTH)

        assert dripped(connection, b"X-A: b\r\n", within_s=5) < 3

    def test_that_drips_after_another_request_is_not_waited_for(
        self, connection: socket.socket
    ) -> None:
        connection.sendall(HEALTH + b"\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(HEALTH)

        assert dripped(connection, b"X-A: b\r\n", within_s=5) < 3

    def test_that_is_too_long_is_refused(self, connection: socket.socket) -> None:
        connection.sendall(HEALTH + b"X-A: " + b"b" * LONGEST_HEAD)

        assert received(connection).startswith(b"HTTP/1.1 400")

    @pytest.mark.parametrize(
        "head",
        [
            b"\x16\x03\x01\x02\x00\x01\x00",  # somebody speaks TLS
            b"GET /healthz HTTP/1.1\r\n\r\n",
            b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nX\x00: b\r\n\r\n",
            b"GET /\r\nX HTTP/1.1\r\nHost: a\r\n\r\n",
            b"hello\r\n\r\n",
        ],
    )
    def test_that_is_none_is_refused(self, connection: socket.socket, head: bytes) -> None:
        connection.sendall(head + b"\r\n")

        assert received(connection).startswith(b"HTTP/1.1 400")


class TestBody:
    def test_that_drips_is_given_up_and_the_connection_closed(
        self, connection: socket.socket, mould: Mould
    ) -> None:
        connection.sendall(
            f"POST {API}/incidents HTTP/1.1\r\nHost: edge\r\nContent-Length: 100000\r\n"
            f"Content-Type: application/json\r\n"
            f"Authorization: Bearer {mould.tokens['member']}\r\n\r\n".encode()
        )

        assert dripped(connection, b" ", within_s=8) < 5

    def test_of_a_stranger_is_not_waited_for(self, connection: socket.socket) -> None:
        connection.sendall(
            f"POST {API}/files HTTP/1.1\r\nHost: edge\r\nContent-Length: 100000\r\n\r\n".encode()
        )

        assert connection.recv(65536).startswith(b"HTTP/1.1 401")
        assert dripped(connection, b"x", within_s=5) < 3

    def test_that_begins_like_a_second_request_is_none(self, connection: socket.socket) -> None:
        smuggled = b"GET /metrics HTTP/1.1\r\nHost: edge\r\n\r\n"
        connection.sendall(
            b"POST /healthz HTTP/1.1\r\nHost: edge\r\n"
            b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled
        )

        answer = received(connection)

        assert answer.startswith(b"HTTP/1.1 400")
        assert answer.count(b"HTTP/1.1") == 1


class TestConnections:
    def test_of_one_address_are_so_many_and_no_more(self, address: tuple[str, int]) -> None:
        with ExitStack() as opened:
            held = [
                opened.enter_context(socket.create_connection(address, timeout=10))
                for _ in range(MOST + 3)
            ]
            for connection in held:
                try:
                    connection.sendall(HEALTH + b"Connection: close\r\n\r\n")
                except OSError:
                    continue
            answers = [received(connection) for connection in held]

        assert sum(answer.startswith(b"HTTP/1.1 200") for answer in answers) == MOST

    def test_that_ended_count_no_more(self, address: tuple[str, int]) -> None:
        for _ in range(3 * MOST):
            with socket.create_connection(address, timeout=10) as connection:
                connection.sendall(HEALTH + b"Connection: close\r\n\r\n")
                assert received(connection).startswith(b"HTTP/1.1 200")
