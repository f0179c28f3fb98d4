"""Every service in this process, each started again when it dies."""

import threading
import time
from typing import Any

import eventlet
import structlog

from deploy.containers import container_of
from shared.runtime.settings import Settings

log = structlog.get_logger()

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0


class Supervised:
    """Runs nameko services side by side; nameko ends a container on any error it did not expect."""

    def __init__(self, settings: Settings, services: tuple[type[Any], ...]) -> None:
        self.may_relay = threading.Event()
        self._settings = settings
        self._containers = {service: self._container(service) for service in services}
        self._stopping = False

    def start(self) -> None:
        """Start all services; only when all listen may what lies in the outboxes be sent."""
        for container in self._containers.values():
            container.start()
        self.may_relay.set()
        for service in self._containers:
            eventlet.spawn(self._watch, service)

    def _container(self, service: type[Any]) -> Any:
        return container_of(service, self._settings, self.may_relay)

    def _watch(self, service: type[Any]) -> None:
        wait_s = FIRST_WAIT_S
        while True:
            began = time.monotonic()
            try:
                self._containers[service].wait()
            except Exception:
                log.exception("service_died", service=service.name)
            if self._stopping:
                return
            # One that dies again and again is given more and more time.
            wait_s = (
                FIRST_WAIT_S if time.monotonic() - began > 60 else min(2 * wait_s, LONGEST_WAIT_S)
            )
            time.sleep(wait_s)
            self._containers[service] = self._container(service)
            self._containers[service].start()
            log.warning("service_started_again", service=service.name)

    def stop(self) -> None:
        """Stop all services: what they hold is finished, nothing new is taken."""
        self._stopping = True
        for container in self._containers.values():
            container.stop()
