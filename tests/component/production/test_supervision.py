"""Who supervises restarts what dies, later and later what dies at once, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from deploy.data_folder import CannotStart
from deploy.production.down import clear_away
from deploy.production.folder import MARK, ProductionFolder
from deploy.production.processes import alive, record, recorded
from deploy.production.programs import Program
from deploy.production.supervisor import RUNNING, Supervisor
from deploy.production.supervisor_config import write_configuration
from tests.databases import reachable_folder

WITHIN_S = 20.0
SLEEPS = [sys.executable, "-c", "import time; time.sleep(600)"]
FAILS = [sys.executable, "-c", "import sys, time; print(time.monotonic(), flush=True); sys.exit(3)"]


def program(name: str, command: list[str], **options: Any) -> Program:
    return Program(name=name, command=command, environment=dict(os.environ), **options)


@pytest.fixture
def folder() -> Iterator[ProductionFolder]:
    """Give a folder whose name is short enough for a socket; pytest's are long."""
    with reachable_folder() as short:
        folder = ProductionFolder.of(short)
        folder.make()
        yield folder


@pytest.fixture
def supervised(folder: ProductionFolder) -> Iterator[Callable[..., Supervisor]]:
    """Start a supervisor over some programs, and the programs."""

    def start(*programs: Program) -> Supervisor:
        write_configuration(folder, programs)
        supervisor = Supervisor(folder)
        supervisor.start()
        for each in programs:
            supervisor.start_program(each.name)
        return supervisor

    yield start
    clear_away(folder)


def until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


class TestRestarting:
    def test_what_was_killed_runs_again(
        self, folder: ProductionFolder, supervised: Callable[..., Supervisor]
    ) -> None:
        supervised(program("sleeper", SLEEPS, watched_s=1))
        until(lambda: recorded(folder.pids / "sleeper"))
        killed = recorded(folder.pids / "sleeper")
        assert killed is not None

        killed.tell(signal.SIGKILL)

        until(lambda: recorded(folder.pids / "sleeper") not in (None, killed))

    def test_what_dies_at_once_is_tried_later_and_later(
        self, folder: ProductionFolder, supervised: Callable[..., Supervisor]
    ) -> None:
        supervised(program("failing", FAILS))
        log = folder.log / "failing.log"

        until(lambda: log.exists() and len(log.read_text().split()) >= 5)

        tries = [float(moment) for moment in log.read_text().split()]
        waits = [later - earlier for earlier, later in pairwise(tries)]
        assert all(wait > number for number, wait in enumerate(waits[:4], start=1))

    def test_each_copy_is_a_process_of_its_own(
        self, folder: ProductionFolder, supervised: Callable[..., Supervisor]
    ) -> None:
        supervisor = supervised(program("sleeper", SLEEPS, watched_s=1, copies=2))

        until(supervisor.all_run)

        names = {process.name for process in alive(folder)}
        assert names == {"supervisord", "sleeper-01", "sleeper-02"}


class TestEnding:
    def test_nothing_outlives_a_supervisor_that_is_killed(
        self, folder: ProductionFolder, supervised: Callable[..., Supervisor]
    ) -> None:
        supervisor = supervised(program("sleeper", SLEEPS, watched_s=1))
        until(supervisor.all_run)
        killed = recorded(folder.pids / "supervisord")
        assert killed is not None

        killed.tell(signal.SIGKILL)

        until(lambda: not alive(folder))

    def test_a_program_does_not_begin_whose_supervisor_is_gone(
        self, folder: ProductionFolder
    ) -> None:
        write_configuration(folder, [program("sleeper", SLEEPS)])
        gone = subprocess.Popen([sys.executable, "-c", ""])
        record(folder.pids / "supervisord", gone.pid)
        gone.wait()

        begun = subprocess.run(
            [sys.executable, "-m", "deploy.production.launch", "sleeper"],
            env=os.environ | {MARK: str(folder.root), "SUPERVISOR_PROCESS_NAME": "sleeper"},
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )

        assert begun.returncode == 1
        assert "the supervisor has ended" in begun.stderr

    def test_what_a_program_started_for_itself_goes_too(
        self, folder: ProductionFolder, supervised: Callable[..., Supervisor]
    ) -> None:
        starts = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"
        supervised(program("parent", [sys.executable, "-c", starts], watched_s=1))
        until(lambda: len(alive(folder)) > 1)

        clear_away(folder)

        assert alive(folder) == []

    def test_a_pid_that_is_somebody_elses_now_is_left_alone(self, folder: ProductionFolder) -> None:
        record(folder.pids / "patrol", os.getpid())
        kept = (folder.pids / "patrol").read_text()
        (folder.pids / "patrol").write_text(kept.replace('"began": ', '"began": 1'))

        clear_away(folder)

        assert recorded(folder.pids / "patrol") is None


def test_a_path_too_long_for_a_socket_gets_a_line(tmp_path: Path) -> None:
    folder = ProductionFolder.of(tmp_path / ("long" * 25))

    with pytest.raises(CannotStart, match="WANGGE_DATA"):
        Supervisor(folder).start()


def test_running_is_what_the_supervisor_calls_it() -> None:
    from supervisor.states import ProcessStates, getProcessStateDescription

    assert getProcessStateDescription(ProcessStates.RUNNING) == RUNNING
