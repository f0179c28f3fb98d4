"""One service as a process: it waits for its servers, finishes what it holds, and says when it dies."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import eventlet
import pytest
from eventlet.greenthread import GreenThread

from deploy.rabbitmq import PrivateRabbit
from shared.kernel.errors import Unavailable
from shared.runtime.call import Call
from shared.runtime.identity import EDGE, identity_of
from shared.runtime.keyring import KeyFile
from shared.runtime.rpc_client import RpcCaller
from shared.runtime.settings import Settings
from tests.brokers import eventually
from tests.component.moulds import MIGRATED, TALKERS
from tests.databases import Moulds
from tests.platform import ROOT

ENDS_WITHIN_S = 10.0
SLOW = "tests.component.production.slow_worker"


class WorkerProcess:
    """A worker as somebody who supervises it sees it."""

    def __init__(self, data: Path, broker: str) -> None:
        self.data = data
        self.heartbeat = data / "heartbeat"
        self._broker = broker
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *module: str, **settings: str) -> "WorkerProcess":
        environment = {name: v for name, v in os.environ.items() if not name.startswith("WANGGE_")}
        with (self.data / "console").open("ab") as console:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *module],
                cwd=ROOT,
                env=environment
                | {
                    "WANGGE_DATA": str(self.data),
                    "WANGGE_AMQP_URL": self._broker,
                    "WANGGE_HEARTBEAT": str(self.heartbeat),
                    "WANGGE_LOG_TO": "stderr",
                    **settings,
                },
                stdout=console,
                stderr=subprocess.STDOUT,
            )
        return self

    def until(self, event: str, times: int = 1) -> None:
        eventually(lambda: self.console().count(f'"event": "{event}"') >= times)

    def console(self) -> str:
        return (self.data / "console").read_text()

    def notes(self) -> list[str]:
        file = self.data / "notes"
        return file.read_text().split() if file.exists() else []

    def tell(self, what: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(what)

    def ended(self, within_s: float = ENDS_WITHIN_S) -> int:
        """Wait for the end; return the exit code."""
        assert self._process is not None
        return self._process.wait(within_s)

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def broker(rabbit: PrivateRabbit) -> str:
    return rabbit.add_vhost(f"worker-{uuid.uuid4().hex[:12]}")


@pytest.fixture
def worker(tmp_path: Path, sqlite_moulds: Moulds, broker: str) -> Iterator[WorkerProcess]:
    """Give a worker process, not yet started, with the databases it may need."""
    sqlite_moulds.pour(TALKERS, tmp_path)
    sqlite_moulds.pour(MIGRATED, tmp_path)
    KeyFile(Settings(data=tmp_path).keyring_file).make()
    process = WorkerProcess(tmp_path, broker)
    yield process
    process.close()


@pytest.fixture
def ask(broker: str, tmp_path: Path) -> Iterator[Callable[..., GreenThread]]:
    """Ask the slow service something, as the edge does, and go on at once."""
    caller = RpcCaller(broker)
    edge = identity_of(Settings(data=tmp_path), EDGE)

    def ask(method: str, timeout_s: float = 15, **arguments: Any) -> GreenThread:
        return eventlet.spawn(
            caller.call,
            "teller",
            method,
            arguments,
            call=edge.vouched(Call()),
            timeout_s=timeout_s,
        )

    yield ask
    caller.close()


class TestWithoutAKeyring:
    def test_says_what_to_do_and_ends(self, worker: WorkerProcess) -> None:
        missing = worker.data / "elsewhere" / "keyring.json"

        code = worker.start("deploy.worker", "patrol", WANGGE_KEYRING=str(missing)).ended()

        assert code == 1
        for said in (str(missing), "wangge keys init", "There is no keyring", "没有密钥库"):
            assert said in worker.console()
        assert not missing.exists()


class TestStopping:
    def test_ends_soon_when_it_holds_nothing(self, worker: WorkerProcess) -> None:
        worker.start("deploy.worker", "patrol").until("worker_started")

        worker.tell(signal.SIGTERM)

        assert worker.ended(within_s=4) == 0

    def test_what_it_holds_is_finished_answered_and_not_done_again(
        self, worker: WorkerProcess, ask: Callable[..., GreenThread]
    ) -> None:
        worker.start(SLOW).until("worker_started")
        asked = ask("take", seconds=3)
        eventually(worker.notes)

        worker.tell(signal.SIGTERM)

        assert worker.ended() == 0
        assert asked.wait() == "done"

        worker.start(SLOW).until("worker_started", times=2)
        assert ask("take", seconds=0).wait() == "done"

        assert worker.notes() == ["begun", "done"] * 2

    def test_what_waits_behind_it_is_done_once(
        self, worker: WorkerProcess, ask: Callable[..., GreenThread]
    ) -> None:
        worker.start(SLOW, WANGGE_WORKERS="1").until("worker_started")
        asked = [ask("take", seconds=1.5) for _ in range(3)]
        eventually(worker.notes)

        worker.tell(signal.SIGTERM)
        assert worker.ended() == 0
        worker.start(SLOW, WANGGE_WORKERS="1")

        assert [each.wait() for each in asked] == ["done"] * 3
        assert worker.notes() == ["begun", "done"] * 3

    def test_does_not_wait_longer_than_ten_seconds(
        self, worker: WorkerProcess, ask: Callable[..., GreenThread]
    ) -> None:
        worker.start(SLOW).until("worker_started")
        asked = ask("take", seconds=30, timeout_s=1)
        eventually(worker.notes)

        worker.tell(signal.SIGTERM)

        assert worker.ended() == 1
        assert '"held": ["take"]' in worker.console()
        with pytest.raises(Unavailable):
            asked.wait()

    def test_ends_while_it_starts(self, worker: WorkerProcess) -> None:
        worker.start("deploy.worker", "patrol")
        time.sleep(1)

        worker.tell(signal.SIGINT)

        assert worker.ended(within_s=5) in {0, -signal.SIGINT}


class TestServersAway:
    def test_waits_for_a_broker_with_a_line_a_try(
        self, worker: WorkerProcess, rabbit: PrivateRabbit
    ) -> None:
        vhost = f"later-{uuid.uuid4().hex[:12]}"
        worker.start("deploy.worker", "patrol", WANGGE_AMQP_URL=rabbit.uri_of(vhost))
        worker.until("waiting", times=2)

        rabbit.add_vhost(vhost)

        worker.until("worker_started")
        assert "Traceback" not in worker.console()

    def test_ends_at_once_while_it_waits(self, worker: WorkerProcess) -> None:
        away = "amqp://guest:guest@127.0.0.1:1/"
        worker.start("deploy.worker", "patrol", WANGGE_AMQP_URL=away).until("waiting")

        worker.tell(signal.SIGTERM)

        assert worker.ended(within_s=2) == 0

    def test_ends_in_time_when_the_broker_went_away(
        self, worker: WorkerProcess, tmp_path: Path
    ) -> None:
        own = PrivateRabbit().start(tmp_path / "rabbitmq")
        worker.start("deploy.worker", "patrol", WANGGE_AMQP_URL=own.uri).until("worker_started")
        eventually(worker.heartbeat.exists)

        own.stop()
        time.sleep(1)
        beat = worker.heartbeat.stat().st_mtime
        time.sleep(3)

        assert worker.heartbeat.stat().st_mtime == beat, "it does not listen any more"
        worker.tell(signal.SIGTERM)
        assert worker.ended() == 0


class TestDying:
    def test_ends_with_one_when_its_container_dies(
        self, worker: WorkerProcess, ask: Callable[..., GreenThread]
    ) -> None:
        worker.start(SLOW).until("worker_started")

        ask("die", timeout_s=1)

        assert worker.ended() == 1
        assert "the fuse has burnt" in worker.console()

    def test_the_heartbeat_stays_young_while_it_listens(self, worker: WorkerProcess) -> None:
        worker.start("deploy.worker", "patrol")

        eventually(worker.heartbeat.exists)
        first = worker.heartbeat.stat().st_mtime

        eventually(lambda: worker.heartbeat.stat().st_mtime > first)


@pytest.mark.parametrize("arguments", [(), ("nobody",)])
def test_an_unknown_service_gets_a_line(arguments: tuple[str, ...]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "deploy.worker", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 2
    assert "grid|patrol|register|command" in ended.stderr
