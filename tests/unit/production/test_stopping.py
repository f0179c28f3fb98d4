"""Whom the supervisor is asked to stop, and when."""

import os
from pathlib import Path
from typing import Any

from deploy.production.folder import ProductionFolder
from deploy.production.processes import record_own
from deploy.production.supervisor import Supervisor

GRID = {"group": "grid", "name": "grid", "pid": os.getpid()}


class Scripted(Supervisor):
    """Answers with one state of the program after another, and notes what it is asked to do."""

    def __init__(self, folder: ProductionFolder, *states: str) -> None:
        super().__init__(folder)
        self._states = list(states)
        self.asked: list[str] = []

    def _ask(self, method: str, *arguments: Any) -> Any:
        self.asked.append(method)
        if method == "getAllProcessInfo":
            return [GRID | {"statename": self._states.pop(0)}]
        return None


def test_a_child_that_is_not_yet_itself_is_not_told_to_stop(tmp_path: Path) -> None:
    folder = ProductionFolder.of(tmp_path)
    folder.pids.mkdir(parents=True)
    supervisor = Scripted(folder, "STARTING", "STARTING", "STOPPED")

    supervisor.stop_programs(["grid"])

    assert "stopProcessGroup" not in supervisor.asked


def test_a_child_that_has_begun_is_told_to_stop(tmp_path: Path) -> None:
    folder = ProductionFolder.of(tmp_path)
    folder.pids.mkdir(parents=True)
    record_own(folder.pids / "grid")
    supervisor = Scripted(folder, "STARTING", "STOPPED")

    supervisor.stop_programs(["grid"])

    assert "stopProcessGroup" in supervisor.asked
