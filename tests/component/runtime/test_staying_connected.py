"""A consumer whose broker is away looks for it often enough to be there soon after it."""

import itertools
import socket
import threading
import time
from typing import Any

from kombu import Connection

from shared.runtime.staying_connected import LONGEST_WAIT_S, StaysConnected

AWAY_S = 7.0


class Listener(StaysConnected):
    def __init__(self, port: int) -> None:
        self.connection = Connection(f"amqp://127.0.0.1:{port}//", connect_timeout=1)

    def get_consumers(self, consumer: Any, channel: Any) -> list[Any]:
        return []


def test_never_waits_much_longer_than_two_seconds_between_two_looks() -> None:
    with socket.create_server(("127.0.0.1", 0)) as away:
        listener = Listener(away.getsockname()[1])
        threading.Thread(target=listener.run, daemon=True).start()
        looked_at: list[float] = []
        until = time.monotonic() + AWAY_S
        while time.monotonic() < until:
            away.accept()[0].close()
            looked_at.append(time.monotonic())
        listener.should_stop = True

    pauses = [later - earlier for earlier, later in itertools.pairwise(looked_at)]
    assert len(pauses) >= 3
    assert max(pauses) < LONGEST_WAIT_S + 1
