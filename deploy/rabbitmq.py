"""A private RabbitMQ: its files in one folder, on free ports of this machine only, run by any user."""

import os
import re
import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import amqp

from deploy.free_ports import free_ports
from deploy.tls import Tls
from shared.kernel.errors import Invalid, Unavailable
from shared.runtime.bus_connection import bus_connection

# Debian's `rabbitmq-server` on the PATH is a wrapper that changes the user and drops the
# environment; the script that it wraps does neither.
INSTALLED_AT = ("/usr/lib/rabbitmq/lib", "/usr/local/lib/rabbitmq/lib", "/opt/rabbitmq/lib")
START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 30.0


def find_rabbitmq() -> Path | None:
    """Return the start script of the newest RabbitMQ on this machine, or None without one."""
    scripts = (
        script
        for lib in INSTALLED_AT
        for script in Path(lib).glob("rabbitmq_server-*/sbin/rabbitmq-server")
    )
    return max(scripts, key=_version, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePorts:
    """Where a node listens: for clients, for other Erlang programs, and its port mapper."""

    amqp: int
    erlang: int
    epmd: int


def programs() -> tuple[Path, Path]:
    """Return the start script and the port mapper.

    Raises:
        Unavailable: RabbitMQ is not installed.
    """
    script, port_mapper = find_rabbitmq(), shutil.which("epmd")
    if script is None or port_mapper is None:
        raise Unavailable(
            code="rabbitmq_not_installed",
            zh="本机没有 RabbitMQ，请先安装软件包 rabbitmq-server。",
            en="There is no RabbitMQ on this machine; install the package rabbitmq-server.",
        )
    return script, Path(port_mapper)


_ONLY_HERE = "-kernel inet_dist_use_interface {127,0,0,1}"
# Erlang's schedulers look out for work for a while before they sleep; here others want the processor.
_SLEEPS = "+sbwt none +sbwtdcpu none +sbwtdio none"


def node_environment(folder: Path, ports: NodePorts) -> dict[str, str]:
    """Return the environment of a node whose files lie in *folder*, and of whoever asks it things.

    The start script becomes the node in it, so that a pid is the node's and a kill ends it.
    """
    folder = folder.resolve()
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(ports.epmd),
        # To the script this only means: there is somebody who watches over the node itself.
        "RUNNING_UNDER_SYSTEMD": "true",
        # Always the same, or a node started again would not find its data; no two nodes get in
        # each other's way, as each has a port mapper of its own.
        "RABBITMQ_NODENAME": "private@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(ports.amqp),
        "RABBITMQ_DIST_PORT": str(ports.erlang),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{_ONLY_HERE} {_SLEEPS}",
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
    }


def tls_settings(tls: Tls, port: int) -> dict[str, str]:
    """Return the settings of a node that listens on *port* of this machine over TLS and not without."""
    return {
        "listeners.tcp": "none",
        "listeners.ssl.1": f"127.0.0.1:{port}",
        "ssl_options.cacertfile": str(tls.authority),
        "ssl_options.certfile": str(tls.certificate),
        "ssl_options.keyfile": str(tls.key),
        "ssl_options.versions.1": "tlsv1.3",
        "ssl_options.versions.2": "tlsv1.2",
        # A service is known by its password; only the server has a certificate.
        "ssl_options.verify": "verify_none",
        "ssl_options.fail_if_no_peer_cert": "false",
    }


class PrivateRabbit:
    """One RabbitMQ node of our own; as a context manager it is stopped at the end of the block.

    It reads its commands from a pipe that this process holds, so it also stops when this process
    dies. Its user is `guest`, whom RabbitMQ lets in from this machine only. Started again on the
    same folder it has its queues and messages back, on another port or the given one.
    """

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []
        self._port = 0
        self._tls: Tls | None = None

    @property
    def uri(self) -> str:
        """The AMQP URI of the vhost `/`, as kombu and nameko write it."""
        return self.uri_of("/")

    def uri_of(self, vhost: str) -> str:
        address = f"guest:guest@127.0.0.1:{self._port}/{vhost}"
        return (
            f"amqps://{address}?cafile={self._tls.authority}" if self._tls else f"amqp://{address}"
        )

    def start(self, folder: Path, port: int | None = None, *, tls: Tls | None = None) -> Self:
        """Start the node with its data, logs and settings under *folder*; take 4 to 8 seconds.

        With *tls* it speaks nothing else.

        Raises:
            Unavailable: RabbitMQ is not installed, or did not come up.
        """
        script, port_mapper = programs()
        folder.mkdir(parents=True, exist_ok=True)
        free = free_ports()
        ports = NodePorts(amqp=port or next(free), erlang=next(free), epmd=next(free))
        self._port, self._tls = ports.amqp, tls
        # With a pipe to read commands from, which also ends it when this process dies.
        environment = node_environment(folder, ports) | {"RABBITMQ_ALLOW_INPUT": "1"}
        if tls is not None:
            # With a port of its own in the environment it would listen in the clear as well.
            environment.pop("RABBITMQ_NODE_PORT")
            lines = [f"{name} = {value}\n" for name, value in tls_settings(tls, ports.amqp).items()]
            (folder / "rabbitmq.conf").write_text("".join(lines))
        try:
            # A node without a port mapper starts one that outlives it; this one has a known pid.
            self._run([str(port_mapper), "-address", "127.0.0.1"], environment, folder / "epmd.log")
            self._run([str(script)], environment, folder / "console.log")
            self._wait_for_vhost("/", folder)
        except BaseException:
            self.stop()
            raise
        return self

    def add_vhost(self, name: str) -> str:
        """Make an empty vhost, in milliseconds, and return its URI.

        Raises:
            Invalid: the name has other characters than letters, digits, `_`, `.` and `-`.
            Unavailable: the node is not running.
        """
        if not re.fullmatch(r"[\w.-]+", name, re.ASCII):
            raise Invalid(
                code="vhost_name",
                zh=f"虚拟主机名 {name!r} 无效：只能用字母、数字、下划线、点和连字符。",
                en=f"The vhost name {name!r} may hold letters, digits, '_', '.' and '-' only.",
            )
        # `rabbitmqctl` would take a second: it starts an Erlang machine of its own to say this.
        user, vhost, everything = '<<"guest">>', f'<<"{name}">>', '<<".*">>'
        rights = ", ".join([user, vhost, everything, everything, everything, user])
        self._say(
            f"rabbit_vhost:add({vhost}, {user}),"
            f"rabbit_auth_backend_internal:set_permissions({rights}).\n"
        )
        self._wait_for_vhost(name)
        return self.uri_of(name)

    def remove_vhost(self, name: str) -> None:
        """Have a vhost of `add_vhost` removed with all that is in it; do not wait for it."""
        self._say(f'rabbit_vhost:delete(<<"{name}">>, <<"guest">>).\n')

    @property
    def port(self) -> int:
        return self._port

    def kill(self) -> None:
        """End the node as a crash would; what it has confirmed is there when it starts again."""
        while self._processes:
            process = self._processes.pop()
            process.kill()
            process.wait()
            if process.stdin is not None:
                with suppress(BrokenPipeError):
                    process.stdin.close()

    def stop(self) -> None:
        """Stop the node, then its port mapper; do nothing when they do not run."""
        while self._processes:
            process = self._processes.pop()
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdin is not None:
                process.stdin.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - both programs were found by us, not asked for
                command,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us: we stop the node when we are done
            )
        self._processes.append(process)

    def _say(self, command: str) -> None:
        if not self._processes:
            raise _not_running("it was not started / 尚未启动")
        pipe = self._processes[-1].stdin
        assert pipe is not None  # noqa: S101 - every process of ours is started with a pipe
        pipe.write(command.encode())
        pipe.flush()

    def _wait_for_vhost(self, name: str, folder: Path | None = None) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._lets_in(name):
            if self._processes[-1].poll() is not None or time.monotonic() > deadline:
                raise _not_running(f"see {folder / 'console.log'}" if folder else f"vhost {name}")
            time.sleep(0.02)

    def _lets_in(self, vhost: str) -> bool:
        connection = bus_connection(self.uri_of(vhost))
        try:
            connection.connect()
        except (OSError, amqp.AMQPError):
            return False
        connection.release()
        return True


def _not_running(detail: str) -> Unavailable:
    return Unavailable(
        code="rabbitmq_not_running",
        zh=f"私有 RabbitMQ 没有运行（{detail}）。请查看其日志后重新启动。",
        en=f"The private RabbitMQ does not run ({detail}). Read its log, then start it again.",
    )


def _version(script: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", script.parts[-3])]
