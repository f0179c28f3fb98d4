"""The private broker and database of a production platform: which of them, and when they are ready."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import amqp
import psycopg2

from deploy import postgres
from deploy.free_ports import is_listened_on
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
    """A program of our own that others wait for, and a look whether it answers."""

    program: Program
    answers: Callable[[], bool]
    within_s: float

    def start(self, supervisor: Supervisor) -> None:
        supervisor.start_program(self.program.name)

    def wait(self, supervisor: Supervisor) -> None:
        """Wait until it answers.

        Raises:
            CannotStart: it does not.
        """
        supervisor.wait_until(self.answers, self.program.name, self.within_s)


def private_servers(settings: Settings, folder: ProductionFolder, ports: Ports) -> list[Server]:
    """Return the servers that this platform does not get from elsewhere.

    Raises:
        Unavailable: one of them is not installed.
    """
    servers = []
    if settings.database_url is None:
        postgres.initialised(folder.postgres)
        admin_url = postgres.admin_url(folder.postgres, ports.postgres)
        database = database_program(folder, ports)
        servers.append(Server(database, lambda: _database_answers(admin_url), 60))
    if settings.amqp_url is None:
        mapper, node = broker_programs(folder, ports)
        servers.append(Server(mapper, lambda: is_listened_on(ports.epmd), 15))
        servers.append(Server(node, lambda: _broker_answers(folder), 90))
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
