"""The processes of a platform as the system knows them: recorded, recognised beyond doubt, ended.

A process is recognised by its pid together with the moment it began, or by the platform's folder
in its environment – never by its name, which others' processes have too.
"""

import json
import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.production.folder import MARK, ProductionFolder

LOOK_EVERY_S = 0.05
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Process:
    """One process: `began` is in the kernel's ticks since it started."""

    pid: int
    began: int
    name: str

    @property
    def is_alive(self) -> bool:
        return _began(self.pid) == self.began

    def tell(self, what: signal.Signals) -> None:
        """Send a signal, unless the process has ended."""
        if self.is_alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, what)


def record_own(file: Path) -> None:
    """Write down the present process."""
    record(file, os.getpid())


def record(file: Path, pid: int) -> None:
    scratch = file.with_name(f".{file.name}.{pid}")
    scratch.write_text(json.dumps({"boot": _boot(), "pid": pid, "began": _began(pid)}))
    scratch.replace(file)


def recorded(file: Path) -> Process | None:
    """Return the process that a record tells of, if it is still alive."""
    try:
        kept = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return None
    process = Process(kept["pid"], kept["began"], file.name)
    is_known = kept["began"] is not None and kept["boot"] == _boot()
    return process if is_known and process.is_alive else None


def alive(folder: ProductionFolder) -> list[Process]:
    """Return every living process of the platform, whoever started it."""
    records = sorted(folder.pids.glob("[!.]*")) if folder.pids.exists() else []
    found = {process.pid: process for file in records if (process := recorded(file))}
    for process in _marked(folder):
        found.setdefault(process.pid, process)
    return list(found.values())


def end_all(processes: Iterable[Process], how: signal.Signals, within_s: float) -> list[Process]:
    """Tell the processes to end, and after that time kill them; return those that had to be."""
    told = list(processes)
    for process in told:
        process.tell(how)
    late = _still_alive(told, within_s)
    for process in late:
        process.tell(signal.SIGKILL)
    _still_alive(late, within_s)
    return late


def _still_alive(processes: list[Process], within_s: float) -> list[Process]:
    deadline = time.monotonic() + within_s
    while (left := [each for each in processes if each.is_alive]) and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY_S)
    return left


def _marked(folder: ProductionFolder) -> Iterator[Process]:
    mark = f"{MARK}={folder.root}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile, or is another user's
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                pid = int(entry.name)
                began = _began(pid)
                if began is not None and pid != os.getpid():
                    yield Process(pid, began, (entry / "comm").read_text().strip())


def _began(pid: int) -> int | None:
    """Return when a process began, or None when it has ended."""
    try:
        # The second field, the name, may hold spaces and brackets.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    is_dead = fields[0] in "ZX"
    return None if is_dead else int(fields[19])


def _boot() -> str:
    return _BOOT.read_text().strip()
