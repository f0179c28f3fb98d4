"""The platform in processes for a measurement: its own broker and database, as many copies as wanted."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from deploy.free_ports import free_ports
from deploy.postgres import PrivatePostgres
from deploy.provisioning.credentials import keep_urls, known_urls
from deploy.provisioning.database import provision_database
from deploy.rabbitmq import PrivateRabbit
from deploy.services import EDGE, SERVICES, WITH_TABLES

PASSWORD = "only-for-this-bench"  # noqa: S105 – of a platform that lives for minutes
START_WITHIN_S = 120.0
STOP_WITHIN_S = 15.0
# Subscribers and an echo that only this bench has.
BENCH_SERVICES = ("teller", "listener")


class Stack:
    """Broker, database, and the processes that were started on them."""

    def __init__(self, folder: Path, broker_url: str, database_url: str) -> None:
        self.folder = folder
        self.broker_url = broker_url
        self.admin_url = database_url
        self.port = next(free_ports())
        self.url = f"http://127.0.0.1:{self.port}"
        self._credentials = folder / "credentials.json"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._workers: list[subprocess.Popen[bytes]] = []

    def prepare(self) -> None:
        """Make the databases and lay out the example district."""
        names = (*WITH_TABLES, *BENCH_SERVICES)
        keep_urls(self._credentials, "database_url", provision_database(self.admin_url, names, {}))
        self._finish("deploy.event_queues")
        self._finish("deploy.cli", "demo")

    def database_url(self, service: str) -> str:
        return known_urls(self._credentials, "database_url")[service]

    def start_platform(self) -> None:
        """Start each service once and the edge with its echo; wait until they are ready."""
        self.add_copies()
        self._start(EDGE, "deploy.bench.bus_edge")
        self.start("echo", database=EDGE)
        self._wait(self._is_ready, "the edge")

    def start_through(self, *module: str) -> None:
        """Start each service and the edge, by *module* with their names or as they are."""
        self.add_copies(*module)
        self._start(EDGE, *((*module, EDGE) if module else ("deploy.edge",)))
        self._wait(self._is_ready, "the edge")

    def add_copies(self, *module: str) -> None:
        """Start one more of each service."""
        for service in SERVICES:
            self._workers.append(self._start(service, *(module or ("deploy.worker",)), service))
        self._wait(self._is_listening, "the services")

    def start(self, service: str, *, database: str | None = None) -> subprocess.Popen[bytes]:
        """Start a service of this bench's own."""
        return self._start(database or service, "deploy.bench.bus_services", service)

    def stop(self) -> None:
        """Stop every process by its pid."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()

    def _start(self, service: str, *module: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{module[-1]}.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 – this project's own modules
                [sys.executable, "-m", *module],
                env=self._environment(self.database_url(service)),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._processes.append(process)
        return process

    def _finish(self, *module: str) -> None:
        environment = self._environment(None) | {"WANGGE_CREDENTIALS": str(self._credentials)}
        subprocess.run(  # noqa: S603 – this project's own modules
            [sys.executable, "-m", *module],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def _environment(self, database_url: str | None) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WANGGE_")}
        chosen = {
            "WANGGE_DATA": str(self.folder),
            "WANGGE_AMQP_URL": self.broker_url,
            "WANGGE_DEMO_PASSWORD": PASSWORD,
            "WANGGE_SECOND_FACTOR": "optional",
            "WANGGE_LOG_TO": "stderr",
            "PORT": str(self.port),
        }
        return kept | chosen | ({"WANGGE_DATABASE_URL": database_url} if database_url else {})

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def _is_listening(self) -> bool:
        started = (self.folder / f"{service}.log" for service in SERVICES)
        copies = sum(text.read_text("utf-8").count("worker_started") for text in started)
        return copies >= len(self._workers)

    def _wait(self, is_so: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + START_WITHIN_S
        while not is_so():
            if time.monotonic() > deadline or any(each.poll() for each in self._processes):
                raise TimeoutError(f"{what} did not come up:\n{self._last_words()}")
            time.sleep(0.2)

    def _last_words(self) -> str:
        """Return the last lines of each log: the folder goes with the run."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(
            f"{log.name}: {line}"
            for log in logs
            for line in log.read_text("utf-8", "replace").splitlines()[-3:]
        )


@contextmanager
def running_stack() -> Iterator[Stack]:
    """Give a stack with its databases made; everything is stopped at the end, also when told to stop."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="wangge-bus-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL's own user has to get through
        rabbit, postgres = PrivateRabbit(), PrivatePostgres()
        with rabbit.start(folder / "rabbitmq"), postgres.start(folder / "postgres"):
            stack = Stack(folder, rabbit.uri, postgres.url)
            try:
                stack.prepare()
                yield stack
            finally:
                stack.stop()
