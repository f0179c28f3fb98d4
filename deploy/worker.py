"""One service as a process of its own: `python -m deploy.worker patrol`.

It waits until broker and database answer, and ends with code 1 when its container dies, so that
whoever supervises it starts it again. On SIGTERM it takes nothing new, finishes what it holds and
ends with code 0 within ten seconds.
"""

import os

# Nothing else shares this loop: the hub that asks the kernel directly is the fastest.
os.environ.setdefault("EVENTLET_HUB", "epolls")

import deploy.green  # noqa: F401 – before everything else  # isort: skip

import faulthandler
import logging
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

import eventlet
import structlog
from eventlet.event import Event

from deploy.awaiting import wait_for_both
from deploy.containers import container_of
from deploy.services import SERVICES, service_class
from shared.runtime.database import close_databases
from shared.runtime.keyring import KeyringUnusable
from shared.runtime.keys_at_start import check_keys
from shared.runtime.logs import set_up_logs
from shared.runtime.settings import Settings, SettingsInvalid, load_settings
from shared.runtime.stopping import held_work, is_listening, stop_gracefully

log = structlog.get_logger()

PATIENT_FOR_S, STOP_WITHIN_S = 9.3, 9.6
LOOK_EVERY_S = 0.5
BEAT_EVERY_S = 2.0
# A container that is being killed may wait for a broker that is away; a new process need not.
DIE_WITHIN_S = 3.0


def main() -> int:
    """Run the service named on the command line; return the exit code."""
    if len(sys.argv) != 2 or sys.argv[1] not in SERVICES:
        sys.stderr.write(f"用法 · usage: python -m deploy.worker {'|'.join(SERVICES)}\n")
        return 2
    try:
        settings = load_settings()
        check_keys(settings)
    except (SettingsInvalid, KeyringUnusable) as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    name = sys.argv[1]
    set_up_logs(settings.log_level, settings.log_file(name))
    return Worker(service_class(name), settings).run()


class Worker:
    """The process around one service's container."""

    def __init__(self, service: type[Any], settings: Settings) -> None:
        self._service = service
        self._settings = settings
        may_relay = threading.Event()
        # What nobody listens to yet stays in the outbox: here no relay waits for other services.
        may_relay.set()
        self._container = container_of(service, settings, may_relay)
        self._over = Event()
        self._starting: Any = None

    def run(self) -> int:
        """Run until the container dies or the process is told to stop; return the exit code."""
        eventlet.spawn(self._stop_when_told, _signals())
        self._starting = eventlet.spawn(self._start)
        code: int = self._over.wait()
        close_databases()
        log.info("worker_ended", service=self._service.name, code=code)
        return code

    def _start(self) -> None:
        try:
            wait_for_both(self._settings, self._service.name)
            eventlet.spawn(self._end_when_dead)
            self._container.start()
        except Exception:
            log.exception("service_not_started", service=self._service.name)
            self._end(1)
        else:
            log.info("worker_started", service=self._service.name)
            eventlet.spawn(self._beat)

    def _end_when_dead(self) -> None:
        while not self._container._being_killed:
            time.sleep(LOOK_EVERY_S)
        with eventlet.Timeout(DIE_WITHIN_S, exception=False):
            try:
                self._container.wait()
            except Exception:
                log.exception("service_died", service=self._service.name)
        self._end(1)

    def _stop_when_told(self, told: socket.socket) -> None:
        told.recv(1)
        began = time.monotonic()
        log.info("worker_stopping", service=self._service.name)
        eventlet.spawn_after(PATIENT_FOR_S, self._lose_patience)
        # Also when the loop hangs: it ends with a traceback of what holds it.
        faulthandler.dump_traceback_later(STOP_WITHIN_S, exit=True)
        if self._starting.dead:
            stop_gracefully(self._container)
        log.info("worker_stopped", seconds=round(time.monotonic() - began, 2))
        self._end(0)

    def _lose_patience(self) -> None:
        log.error("worker_cut_off", service=self._service.name, held=held_work(self._container))
        logging.shutdown()
        # What was not finished is rolled back, and delivered again.
        os._exit(1)

    def _end(self, code: int) -> None:
        if not self._over.ready():
            self._over.send(code)

    def _beat(self) -> None:
        """Touch the heartbeat file while the loop runs and all doors are open, for probes."""
        file = self._settings.heartbeat
        while file is not None:
            if is_listening(self._container):
                _touch(file)
            time.sleep(BEAT_EVERY_S)


def _touch(file: Path) -> None:
    try:
        file.touch()
    except OSError as error:
        log.warning("no_heartbeat", file=str(file), reason=error.strerror)


def _signals() -> socket.socket:
    """Return a socket on which a byte arrives for each SIGTERM or Ctrl-C.

    A handler that spawns a green thread is not enough: the loop would sleep on.
    """
    told, telling = socket.socketpair()
    telling.setblocking(False)
    signal.set_wakeup_fd(telling.detach())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    return told


if __name__ == "__main__":
    sys.exit(main())
