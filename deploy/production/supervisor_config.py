"""The supervisor's configuration, written from the list of programs."""

import json
import os
import sys
from collections.abc import Sequence

from deploy.production.folder import ProductionFolder, write_secretly
from deploy.production.programs import ROOT, Program

LOG_BYTES, LOG_FILES = "20MB", 5
# After each failed start the supervisor waits a second longer; it never gives up.
TRIES = 1_000_000_000


def write_configuration(folder: ProductionFolder, programs: Sequence[Program]) -> None:
    """Write how the programs are supervised and how each is launched."""
    launches = {program.name: program.launch for program in programs}
    write_secretly(folder.programs, json.dumps(launches, ensure_ascii=False, indent=1) + "\n")
    sections = [_supervisor(folder), *(_program(folder, program) for program in programs)]
    write_secretly(folder.supervisor_config, "\n".join(sections))


def _supervisor(folder: ProductionFolder) -> str:
    lines = {
        "logfile": folder.log / "supervisord.log",
        "logfile_maxbytes": LOG_BYTES,
        "logfile_backups": LOG_FILES,
        "pidfile": folder.root / "supervisord.pid",
        "childlogdir": folder.log,
        "nodaemon": "true",
        "silent": "true",
    }
    if os.geteuid() == 0:
        lines["user"] = "root"  # otherwise it warns that it runs as root
    return "\n".join(
        [
            _section("supervisord", lines),
            _section("unix_http_server", {"file": folder.supervisor_socket, "chmod": "0700"}),
            _section(
                "rpcinterface:supervisor",
                {"supervisor.rpcinterface_factory": _RPC},
            ),
        ]
    )


_RPC = "supervisor.rpcinterface:make_main_rpcinterface"


def _program(folder: ProductionFolder, program: Program) -> str:
    several = program.copies > 1
    number = "-%(process_num)02d" if several else ""
    return _section(
        f"program:{program.name}",
        {
            "command": f'"{_quoted(sys.executable)}" -m deploy.production.launch {program.name}',
            "directory": ROOT,
            "numprocs": program.copies,
            "numprocs_start": 1,
            "process_name": f"%(program_name)s{number}",
            "autostart": "false",
            "autorestart": "true",
            "startsecs": program.watched_s,
            "startretries": TRIES,
            "stopsignal": program.stop_signal.removeprefix("SIG"),
            "stopwaitsecs": program.stop_within_s,
            # What a program started for itself goes with it.
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": f"{_quoted(folder.log)}/%(program_name)s{number}.log",
            "stdout_logfile_maxbytes": LOG_BYTES,
            "stdout_logfile_backups": LOG_FILES,
        },
    )


def _section(name: str, lines: dict[str, object]) -> str:
    return "\n".join([f"[{name}]", *(f"{key}={value}" for key, value in lines.items()), ""])


def _quoted(path: object) -> str:
    return str(path).replace("%", "%%")
