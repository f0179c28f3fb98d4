"""Services that only this bench has: an echo, a teller, and a listener with the smallest effect."""

import os

os.environ.setdefault("EVENTLET_HUB", "epolls")

import deploy.green  # noqa: F401 – before everything else  # isort: skip

import signal
import sys
import threading
from typing import Any

from sqlalchemy import insert

from deploy.bench.bus_words import WordSaid, heard
from deploy.containers import container_of
from shared.runtime.doors import Doors, on_event
from shared.runtime.inbox import Delivery
from shared.runtime.logs import set_up_logs
from shared.runtime.rpc_door import open_door
from shared.runtime.settings import load_settings


class Echo:
    """Returns what it is asked, with nothing around it."""

    name = "echo"

    @open_door
    def echo(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return the body."""
        return {"answer": body}


class Teller(Doors):
    """Has an outbox, and a relay that sends what lies in it."""

    name = "teller"


class Listener(Doors):
    """Does one INSERT for each event."""

    name = "listener"

    @on_event(WordSaid)
    def hear_word(self, told: WordSaid, delivery: Delivery) -> None:
        """Keep the word."""
        self.work.connection.execute(insert(heard), {"number": told.number, "word": told.word})


SERVICES: dict[str, type[Any]] = {"echo": Echo, "teller": Teller, "listener": Listener}


def run() -> int:
    """Run one of them until told to stop."""
    settings, name = load_settings(), sys.argv[1]
    set_up_logs(settings.log_level)
    may_relay = threading.Event()
    may_relay.set()
    container = container_of(SERVICES[name], settings, may_relay)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    container.start()
    container.wait()
    return 0


if __name__ == "__main__":
    sys.exit(run())
