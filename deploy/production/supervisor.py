"""The supervisor of a production platform: started, asked, told, ended."""

import http.client
import os
import sys
import time
import xmlrpc.client
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from deploy.data_folder import CannotStart
from deploy.production.folder import MARK, ProductionFolder
from deploy.production.processes import LOOK_EVERY_S, record, recorded
from deploy.production.secrecy import without_secrets

STARTS_WITHIN_S = 15.0
# Of the 107 bytes that the system gives to a socket's path; the supervisor binds under a longer
# name first, of its own pid.
LONGEST_SOCKET_PATH = 95
RUNNING = "RUNNING"
# It is called starting until it has run for some seconds.
UP = frozenset({RUNNING, "STARTING"})
STOPPED = frozenset({"STOPPED", "FATAL"})
ENDED = STOPPED | {"EXITED"}
Info = dict[str, Any]


class Supervisor:
    """A way to talk to the supervisor of one platform, whether or not it runs."""

    def __init__(self, folder: ProductionFolder) -> None:
        self._folder = folder

    def answers(self) -> bool:
        with suppress(OSError, http.client.HTTPException, xmlrpc.client.Error):
            self._ask("getState")
            return True
        return False

    def start(self) -> None:
        """Start it as a process of its own session, and wait until it answers.

        Raises:
            CannotStart: it does not come up, or its socket's path is too long for the system.
        """
        socket = self._folder.supervisor_socket
        if len(os.fsencode(socket)) > LONGEST_SOCKET_PATH:
            raise CannotStart(
                f"The path {socket} is too long for a socket. Set WANGGE_DATA to a shorter one. · "
                f"路径 {socket} 过长，请用 WANGGE_DATA 指定较短的目录。"
            )
        # A process of its own session: Ctrl-C is for the command that started it.
        nothing = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(3)]
        pid = os.posix_spawn(
            sys.executable,
            [
                sys.executable,
                "-m",
                "supervisor.supervisord",
                "-c",
                str(self._folder.supervisor_config),
            ],
            without_secrets() | {MARK: str(self._folder.root)},
            file_actions=nothing,
            setsid=True,
        )
        record(self._folder.pids / "supervisord", pid)
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not self.answers():
            if os.waitpid(pid, os.WNOHANG)[0] == pid or time.monotonic() > deadline:
                raise CannotStart(
                    f"The supervisor does not start; see {self._folder.log}/supervisord.log. · "
                    f"监管进程未能启动，请看 {self._folder.log}/supervisord.log。"
                )
            time.sleep(LOOK_EVERY_S)

    def programs(self) -> list[Info]:
        """Return each process's name, group, state, pid and when it started."""
        infos: list[Info] = self._ask("getAllProcessInfo")
        return infos

    def all_run(self) -> bool:
        return all(info["statename"] == RUNNING for info in self.programs())

    def none_is_down(self) -> bool:
        """Tell whether all run, be it only for a few seconds."""
        return all(info["statename"] in UP for info in self.programs())

    def start_program(self, name: str) -> None:
        """Start every copy of a program that does not run yet, and do not wait.

        One that waits for its next try is tried at once.
        """
        states = {info["statename"] for info in self.programs() if info["group"] == name}
        if "BACKOFF" in states:
            self.stop_programs([name])
        if states & {"BACKOFF", *ENDED}:
            self._ask("startProcessGroup", name, False)

    def stop_programs(self, names: Iterable[str]) -> None:
        """Stop these programs at once, and wait until the last has ended.

        One that has just died by itself would be started again in a moment, so it is told again.
        """
        wanted = set(names)
        while running := self._not_stopped(wanted):
            for name in {info["group"] for info in running} - self._not_yet_itself(running):
                self._ask("stopProcessGroup", name, False)
            time.sleep(LOOK_EVERY_S)

    def _not_stopped(self, names: set[str]) -> list[Info]:
        return [
            info
            for info in self.programs()
            if info["group"] in names and info["statename"] not in STOPPED
        ]

    def _not_yet_itself(self, processes: Iterable[Info]) -> set[str]:
        """Return the programs with a process that does not hear signals yet.

        Between its fork and its own code a child still has the supervisor's handlers: a signal
        that reaches it then is lost, and it would be waited for until it is killed.
        """
        return {
            info["group"]
            for info in processes
            if info["statename"] == "STARTING" and not self._has_begun(info)
        }

    def _has_begun(self, info: Info) -> bool:
        own = recorded(self._folder.pids / info["name"])
        return own is not None and own.pid == info["pid"]

    def shut_down(self) -> None:
        """Tell it to end, with whatever it still supervises."""
        self._ask("shutdown")

    def wait_until(self, is_so: Callable[[], object], program: str, within_s: float) -> None:
        """Wait until it is so.

        Raises:
            CannotStart: it did not become so; the text names the program's log.
        """
        deadline = time.monotonic() + within_s
        while not is_so():
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"{program} is not ready after {within_s:.0f} s; see {self._folder.log}/{program}.log. · "
                    f"{program} 未在 {within_s:.0f} 秒内就绪，请看 {self._folder.log}/{program}.log。"
                )
            time.sleep(LOOK_EVERY_S)

    def _ask(self, method: str, *arguments: Any) -> Any:
        # A new connection each time: one that once failed stays unusable.
        transport = SupervisorTransport(serverurl=f"unix://{self._folder.supervisor_socket}")
        # The host is only there to make it a URL.
        with xmlrpc.client.ServerProxy("http://supervisor/RPC2", transport=transport) as proxy:
            return getattr(proxy.supervisor, method)(*arguments)
