"""Copies of a service beside each other, each of which may come, stop and die for itself."""

import threading
from typing import Any

from deploy.containers import container_of
from shared.runtime.doors import Doors
from shared.runtime.relay import Relay, RelayOfService
from shared.runtime.settings import Settings
from shared.runtime.stopping import stop_gracefully
from tests.component.running import cut_off


class Copy:
    """One copy of a service, in the process of the test; all share its database."""

    def __init__(self, service: type[Doors], settings: Settings) -> None:
        may_relay = threading.Event()
        may_relay.set()
        self.container: Any = container_of(service, settings, may_relay)
        self._is_over = False

    def start(self) -> "Copy":
        self.container.start()
        return self

    @property
    def relay(self) -> Relay:
        [relays] = [each for each in self.container.extensions if isinstance(each, RelayOfService)]
        relay: Relay = relays.relay
        return relay

    @property
    def held(self) -> frozenset[int]:
        """The shards of the outbox that this copy sends at this moment."""
        return self.relay._held

    def stop(self) -> None:
        """End it as an orderly stop of its process does."""
        stop_gracefully(self.container)
        self._is_over = True

    def crash(self) -> None:
        """Take it away: it says goodbye to nobody."""
        if not self._is_over:
            self._is_over = True
            cut_off(self.container)
            self.container.kill()
