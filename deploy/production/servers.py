"""The private broker and database of a production platform: which of them, and when they are ready."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import amqp
import psycopg2

from deploy import postgres
from deploy.production.folder import ProductionFolder
from deploy.production.ports import Ports
from deploy.production.programs import Program, broker_programs, database_program
from deploy.production.supervisor import Supervisor
from deploy.provisioning.credentials import known_urls
from deploy.services import EDGE
from shared.runtime.settings import Settings

CONNECT_WITHIN_S = 5


@dataclass(frozen=True, slots=True)
class Server:
    """A server of our own: its programs in the order of their start, and a look whether it answers."""

    title: str
    programs: list[Program]
    answers: Callable[[], bool]
    within_s: float

    def start(self, supervisor: Supervisor) -> None:
        for program in self.programs:
            supervisor.start_program(program.name)

    def wait(self, supervisor: Supervisor) -> None:
        """Wait until it answers.

        Raises:
            CannotStart: it does not.
        """
        supervisor.wait_until(self.answers, self.programs[-1].name, self.within_s)


def private_servers(settings: Settings, folder: ProductionFolder, ports: Ports) -> list[Server]:
    """Return the servers that this platform does not get from elsewhere.

    Raises:
        Unavailable: one of them is not installed.
    """
    servers = []
    if settings.amqp_url is None:
        servers.append(
            Server("RabbitMQ", broker_programs(folder, ports), lambda: _broker_answers(folder), 90)
        )
    if settings.database_url is None:
        postgres.initialised(folder.postgres)
        admin_url = postgres.admin_url(folder.postgres, ports.postgres)
        servers.append(
            Server(
                "PostgreSQL",
                [database_program(folder, ports)],
                lambda: _database_answers(admin_url),
                60,
            )
        )
    return servers


def _broker_answers(folder: ProductionFolder) -> bool:
    """Tell whether the node lets the last of its users in, whom it makes after all others."""
    url = urlsplit(known_urls(folder.credentials, "amqp_url")[EDGE])
    connection = amqp.Connection(
        f"{url.hostname}:{url.port}",
        userid=url.username,
        password=url.password,
        virtual_host=url.path.removeprefix("/"),
        connect_timeout=CONNECT_WITHIN_S,
    )
    try:
        connection.connect()
    except (OSError, amqp.AMQPError):
        return False
    connection.close()
    return True


def _database_answers(admin_url: str) -> bool:
    with suppress(psycopg2.OperationalError):
        psycopg2.connect(admin_url, connect_timeout=CONNECT_WITHIN_S).close()
        return True
    return False
