"""A private PostgreSQL: its files in one folder, on a port of this machine only, never run as root."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg2

from deploy.free_ports import free_ports
from deploy.tls import Tls
from shared.kernel.errors import Unavailable

INSTALLED_AT = Path("/usr/lib/postgresql")
OLDEST = 13  # the first whose gaps and defaults we have looked at
ADMIN = "postgres"
UNPRIVILEGED = "postgres"  # the user Debian's package makes; PostgreSQL refuses to run as root
# The folder as a file that stays open from the shell to the server, and how the shell opens it.
HELD, HOLDING = Path("/proc/self/fd/9"), 'exec 9<"$0" && exec "$@"'
# The kernel forgets the signal at a change of user; this sets it after its own.
ENDS_WITH_PARENT = ("setpriv", "--pdeathsig", "INT")
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
LONGEST_SOCKET_PATH = 80  # of 107 bytes; the file's own name needs the rest

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "300",
    "shared_buffers": "256MB",
    # Disks have no arm that moves any longer.
    "random_page_cost": "1.1",
    "password_encryption": "scram-sha-256",
    # A client that was killed while it came in is waited for by DROP DATABASE for so long.
    "authentication_timeout": "5s",
    # No statement in the server's log, slow or refused: each holds what people wrote.
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_line_prefix": "%m [%p] %q%u %a ",
}
# A test's data need not outlive a power cut; they do outlive a killed server.
FAST = {"fsync": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreground:
    """How a server is run as somebody's direct child: what, and with which environment.

    The command ends as the server itself, under the same pid; `stop_signal` ends that without
    waiting for clients.
    """

    command: list[str]
    environment: dict[str, str]
    stop_signal: signal.Signals = signal.SIGINT


def find_postgres() -> Path | None:
    """Return the folder of the newest PostgreSQL's programs on this machine, or None without one."""
    found = {
        int(server.parent.name): server
        for server in INSTALLED_AT.glob("*/bin")
        if server.parent.name.isdigit() and (server / "postgres").exists()
    }
    newest = max(found, default=0)
    return found[newest] if newest >= OLDEST else _on_the_path()


def initialised(folder: Path, *, fast: bool = False) -> None:
    """Make an empty cluster under *folder*, unless there is one; killed half-way, it begins anew.

    Raises:
        Unavailable: PostgreSQL is not installed, or cannot write there.
    """
    programs = _programs()
    folder.mkdir(parents=True, exist_ok=True)
    if _data(folder).exists():
        return
    password, partial = folder / "password", folder / "data.partial"
    if not password.exists() or not password.read_text():
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    if _is_root():
        for own in (folder, partial, password):
            shutil.chown(own, UNPRIVILEGED)
    here = _as_it_sees(folder)
    command = [programs / "initdb", "-D", here / partial.name, "-U", ADMIN, "-A", "scram-sha-256"]
    command += [f"--pwfile={here / password.name}", "--locale=C.UTF-8", "-E", "UTF8", "-k"]
    made = subprocess.run(  # noqa: S603 - the program was found by us, not asked for
        _unprivileged(folder, [*map(str, command), *["--no-sync"] * fast]),
        env=_environment(),
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise _cannot_make(folder, made.stderr)
    partial.rename(_data(folder))


def foreground_command(
    folder: Path, port: int, *, fast: bool = False, tls: Tls | None = None
) -> Foreground:
    """Return how to run the cluster under *folder* as a direct child on a port of this machine.

    With *tls* it lets nobody in without.

    Raises:
        Unavailable: PostgreSQL is not installed.
    """
    data = str(_data(_as_it_sees(folder)))
    command = [str(_programs() / "postgres"), "-D", data, "-p", str(port)]
    socket_folder = data if len(data) <= LONGEST_SOCKET_PATH else ""
    settings = SETTINGS | {"unix_socket_directories": socket_folder} | (FAST if fast else {})
    settings |= _over_tls_only(folder, tls) if tls else {}
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    return Foreground(command=_unprivileged(folder, command), environment=_environment())


def _over_tls_only(folder: Path, tls: Tls) -> dict[str, str]:
    """Have the cluster refuse who comes without TLS; return its settings.

    It reads no key that others may read, so it has copies of its own.
    """
    data, here = _data(folder), _data(_as_it_sees(folder))
    for name, original in (("server.crt", tls.certificate), ("server.key", tls.key)):
        own = data / name
        own.unlink(missing_ok=True)
        own.touch(mode=0o600)
        own.write_bytes(original.read_bytes())
        if _is_root():
            shutil.chown(own, UNPRIVILEGED)
    access = data / "pg_hba.conf"
    access.write_text(re.sub(r"(?m)^host\b", "hostssl", access.read_text()))
    return {
        "ssl": "on",
        "ssl_cert_file": str(here / "server.crt"),
        "ssl_key_file": str(here / "server.key"),
        "ssl_min_protocol_version": "TLSv1.2",
    }


def admin_url(
    folder: Path, port: int, database: str = "postgres", *, tls: Tls | None = None
) -> str:
    """Return the URL under which everything may be done to the cluster under *folder*."""
    password = (folder / "password").read_text()
    checked = f"?sslmode=verify-full&sslrootcert={tls.authority}" if tls else ""
    return f"postgresql://{ADMIN}:{password}@127.0.0.1:{port}/{database}{checked}"


class PrivatePostgres:
    """One PostgreSQL of our own; as a context manager it is stopped at the end of the block.

    It is told to stop when this process dies. Started again on the same folder it has its data
    back, on another port or the given one.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = Path()
        self._port = 0
        self._tls: Tls | None = None

    @property
    def url(self) -> str:
        """The URL of the administrator and his database `postgres`."""
        return admin_url(self._folder, self._port, tls=self._tls)

    @property
    def folder(self) -> Path:
        return self._folder

    @property
    def port(self) -> int:
        return self._port

    @property
    def pid(self) -> int:
        """The server's process id; 0 when it does not run."""
        return self._process.pid if self._process is not None else 0

    def start(
        self, folder: Path, port: int | None = None, *, fast: bool = False, tls: Tls | None = None
    ) -> Self:
        """Start the server with its data and log under *folder*; about a second, less the next time.

        With *fast* it does not wait for the disk, and a power cut may cost the data.

        Raises:
            Unavailable: PostgreSQL is not installed, or did not come up.
        """
        initialised(folder, fast=fast)
        self._folder, self._tls = folder, tls
        self._port = next(free_ports()) if port is None else port
        try:
            self._run_until_up(foreground_command(folder, self._port, fast=fast, tls=tls))
        except BaseException:
            self.stop()
            raise
        return self

    def kill(self) -> None:
        """End the server as a crash would; what was committed is there when it starts again."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()  # a process nobody waits for would still count as holding the data

    def stop(self) -> None:
        """Stop the server without waiting for its clients; do nothing when it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _run_until_up(self, how: Foreground) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        # Of a killed server the children take a moment to notice; until then they hold its data,
        # and a new server ends at once.
        for _ in range(10):
            self._process = self._run(how)
            while self._process.poll() is None:
                if _lets_in(self.url):
                    return
                if time.monotonic() > deadline:
                    break
                time.sleep(0.02)
            time.sleep(0.2)
        raise _not_running(self._folder)

    def _run(self, how: Foreground) -> subprocess.Popen[bytes]:
        ends_with_us = [] if _is_root() or not shutil.which("setpriv") else [*ENDS_WITH_PARENT]
        with (self._folder / "console.log").open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - as above
                [*ends_with_us, *how.command],
                env=how.environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us: we stop the server when we are done
            )


def _on_the_path() -> Path | None:
    config = shutil.which("pg_config")
    if config is None:
        return None
    said = subprocess.run([config, "--bindir", "--version"], capture_output=True, text=True)  # noqa: S603
    folder, _, version = said.stdout.partition("\n")
    number = re.search(r"\d+", version)
    is_fit = number is not None and int(number[0]) >= OLDEST
    return Path(folder) if is_fit and (Path(folder) / "postgres").exists() else None


def _programs() -> Path:
    programs = find_postgres()
    if programs is None:
        raise Unavailable(
            code="postgres_not_installed",
            zh=f"本机没有 PostgreSQL {OLDEST} 或更新的版本，请先安装软件包 postgresql。",
            en=f"There is no PostgreSQL {OLDEST} or newer on this machine; install the package postgresql.",
        )
    return programs


def _is_root() -> bool:
    return os.geteuid() == 0


def _as_it_sees(folder: Path) -> Path:
    """Return the path under which the programs reach *folder*."""
    return HELD if _is_root() else folder.resolve()


def _unprivileged(folder: Path, command: list[str]) -> list[str]:
    """Return the command as it is run by somebody who is not root.

    PostgreSQL refuses to run as root, and its own user may not be able to go to the folder: what
    lies under /root is closed to him. So root opens the folder, and the program inherits it.
    """
    if not _is_root():
        return command
    become = ["--reuid", UNPRIVILEGED, "--regid", UNPRIVILEGED, "--clear-groups"]
    hold = ["/bin/sh", "-c", HOLDING, str(folder.resolve())]
    return [*hold, *ENDS_WITH_PARENT, *become, "--", *command]


def _data(folder: Path) -> Path:
    return folder / "data"


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TZ": "UTC"}


def _lets_in(url: str) -> bool:
    with suppress(psycopg2.OperationalError):
        psycopg2.connect(url, connect_timeout=5).close()
        return True
    return False


def _cannot_make(folder: Path, said: str) -> Unavailable:
    reason = said.strip().rpartition("\n")[2]
    return Unavailable(
        code="postgres_not_made",
        zh=f"无法在 {folder} 建立数据库（{reason}）。",
        en=f"No database could be made in {folder} ({reason}).",
    )


def _not_running(folder: Path) -> Unavailable:
    log = folder / "console.log"
    return Unavailable(
        code="postgres_not_running",
        zh=f"私有 PostgreSQL 没有运行。请查看其日志 {log} 后重新启动。",
        en=f"The private PostgreSQL does not run. Read its log {log}, then start it again.",
    )
