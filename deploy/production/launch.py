"""Becomes one program of the platform: `python -m deploy.production.launch NAME`, run by the supervisor.

Before it turns into the program it writes down its pid and asks the kernel for a signal at its
supervisor's end: what a supervisor that was killed leaves behind would hold ports and data, and
serve on unsupervised.
"""

import ctypes
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from deploy.production.folder import MARK, ProductionFolder
from deploy.production.processes import record_own, recorded

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Become the program that is described under the given name."""
    name, process = sys.argv[1], os.environ["SUPERVISOR_PROCESS_NAME"]
    folder = ProductionFolder(Path(os.environ[MARK]))
    program: dict[str, Any] = json.loads(folder.programs.read_text("utf-8"))[name]
    record_own(folder.pids / process)
    _end_with_parent(signal.Signals[program["stop_signal"]])
    # One that ended before the kernel was asked has sent no signal.
    supervisor = recorded(folder.pids / "supervisord")
    if supervisor is None or supervisor.pid != os.getppid():
        sys.exit("the supervisor has ended · 监管进程已结束")
    os.chdir(program["directory"])
    environment = program["environment"] | {MARK: str(folder.root)}
    if program["beats"]:
        environment["WANGGE_HEARTBEAT"] = str(folder.heartbeats / process)
    os.execve(program["command"][0], program["command"], environment)  # noqa: S606 – our own


def _end_with_parent(with_signal: signal.Signals) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, int(with_signal)) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    main()
