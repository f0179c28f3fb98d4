"""Runs `wangge` as a shell does, each command in a process of its own.

Loading Python and the libraries takes most of a second: one process has loaded them and splits off
another for each command. It is no green process, as a person's shell is none.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command left: its exit code, and what it wrote."""

    code: int
    out: str
    err: str


class Command:
    """A command under way; its files lie in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def signal(self, how: signal.Signals) -> None:
        os.kill(int(_read_when_there(self._folder / "pid")), how)

    def ended(self) -> Ended:
        """Wait for its end."""
        code = int(_read_when_there(self._folder / "code"))
        out, err = ((self._folder / name).read_bytes().decode() for name in ("out", "err"))
        return Ended(code, out, err)


class Shell:
    """Where commands are begun, with *environment* on top of the test's own."""

    def __init__(self, folder: Path, process: "subprocess.Popen[bytes]") -> None:
        self._folder = folder
        self._process = process
        self._count = 0
        self.environment: dict[str, str] = {}

    def begin(self, arguments: Sequence[str], stdin: bytes = b"") -> Command:
        self._count += 1
        folder = self._folder / str(self._count)
        folder.mkdir()
        (folder / "in").write_bytes(stdin)
        order = {"folder": str(folder), "arguments": arguments, "environment": self.environment}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        return Command(folder)

    def run(self, *arguments: str, stdin: bytes = b"") -> Ended:
        return self.begin(arguments, stdin).ended()


@contextmanager
def shell(folder: Path) -> Iterator[Shell]:
    """Give a shell that keeps its files in *folder*."""
    environment = {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.component.cli.commands"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
    )
    try:
        yield Shell(folder, process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=10)


def _read_when_there(path: Path, within_s: float = 60) -> str:
    deadline = time.monotonic() + within_s
    while not path.exists():
        assert time.monotonic() < deadline, f"waited {within_s} s for {path}"
        time.sleep(0.005)
    return path.read_text()


def _split_off_commands() -> None:
    """Begin a command for each line of the standard input, and note how it ends."""
    from deploy.cli import main

    assert "eventlet" not in sys.modules
    for line in sys.stdin:
        order = json.loads(line)
        folder = Path(order["folder"])
        pid = os.fork()
        if pid == 0:
            _become(folder, order["environment"])
            code = main(order["arguments"])
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        _note(folder / "pid", pid)
        _note(folder / "code", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _become(folder: Path, environment: Mapping[str, str]) -> None:
    # A test run in the background of a shell hands down "ignore Ctrl-C"; a terminal does not.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.update(environment)
    for number, name, flags in (
        (0, "in", os.O_RDONLY),
        (1, "out", os.O_WRONLY | os.O_CREAT),
        (2, "err", os.O_WRONLY | os.O_CREAT),
    ):
        os.dup2(os.open(folder / name, flags, 0o600), number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 – what it read is the other's


def _note(path: Path, number: int) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(str(number))
    draft.rename(path)


if __name__ == "__main__":
    _split_off_commands()
