"""The programs of a production platform: what runs, with which environment, and who restarts it how."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy import postgres, rabbitmq
from deploy.production.folder import ProductionFolder
from deploy.production.ports import Ports
from deploy.production.secrecy import without_secrets
from deploy.rabbitmq import NodePorts
from deploy.services import EDGE, SERVICES
from shared.runtime.credentials import Credentials
from shared.runtime.settings import Settings

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program; `stop_within_s` is how long it may take before it is killed."""

    name: str
    command: list[str]
    environment: dict[str, str]
    directory: str = "/"
    stop_signal: str = "SIGTERM"
    stop_within_s: int = 12
    copies: int = 1
    # A service touches a file while it listens.
    beats: bool = False
    # Ended sooner, it counts as a start that failed.
    watched_s: int = 5

    @property
    def launch(self) -> dict[str, object]:
        """What is needed to become it."""
        return {
            "command": self.command,
            "environment": self.environment,
            "directory": self.directory,
            "stop_signal": self.stop_signal,
            "beats": self.beats,
        }


def broker_programs(folder: ProductionFolder, ports: Ports) -> list[Program]:
    """Return the port mapper and the node of the private broker.

    Raises:
        Unavailable: RabbitMQ is not installed.
    """
    script, port_mapper = rabbitmq.programs()
    environment = rabbitmq.node_environment(
        folder.rabbitmq, NodePorts(amqp=ports.amqp, erlang=ports.erlang, epmd=ports.epmd)
    )
    mapper = [str(port_mapper), "-address", "127.0.0.1"]
    return [
        Program(name="epmd", command=mapper, environment=environment),
        Program(name="rabbitmq", command=[str(script)], environment=environment, stop_within_s=60),
    ]


def database_program(folder: ProductionFolder, ports: Ports) -> Program:
    """Return the private database.

    Raises:
        Unavailable: PostgreSQL is not installed.
    """
    how = postgres.foreground_command(folder.postgres, ports.postgres)
    return Program(
        name="postgres",
        command=how.command,
        environment=how.environment,
        stop_signal=how.stop_signal.name,
        stop_within_s=60,
    )


def service_programs(
    folder: ProductionFolder, settings: Settings, known: Mapping[str, Credentials]
) -> list[Program]:
    """Return one program a service, and the edge last."""
    modules = {name: ["deploy.worker", name] for name in SERVICES} | {EDGE: ["deploy.edge"]}
    return [
        Program(
            name=_process_name(service),
            command=[sys.executable, "-m", *module],
            environment=_environment(folder, settings) | _urls(known.get(service)),
            directory=str(ROOT),
            copies=1 if service == EDGE else settings.copies,
            beats=service != EDGE,
        )
        for service, module in modules.items()
    ]


def _process_name(service: str) -> str:
    return "edge" if service == EDGE else service


def _environment(folder: ProductionFolder, settings: Settings) -> dict[str, str]:
    return without_secrets() | {
        "WANGGE_DATA": str(folder.data),
        "WANGGE_HOST": settings.host,
        "PORT": str(settings.port),
        **_tls(settings),
        **_keyring(settings),
        # The supervisor keeps what they write, and turns it over.
        "WANGGE_LOG_TO": "stderr",
    }


def _tls(settings: Settings) -> dict[str, str]:
    if settings.tls_certificate is None or settings.tls_key is None:
        return {}
    return {
        "WANGGE_TLS_CERTIFICATE": str(settings.tls_certificate.resolve()),
        "WANGGE_TLS_KEY": str(settings.tls_key.resolve()),
    }


def _keyring(settings: Settings) -> dict[str, str]:
    # Programs run in a folder of their own.
    return {} if settings.keyring is None else {"WANGGE_KEYRING": str(settings.keyring.resolve())}


def _urls(known: Credentials | None) -> dict[str, str]:
    if known is None or known.amqp_url is None or known.database_url is None:
        return {}
    return {"WANGGE_AMQP_URL": known.amqp_url, "WANGGE_DATABASE_URL": known.database_url}
