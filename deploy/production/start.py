"""A platform's start, step by step; each step is harmless when it was done before."""

import os

from deploy import postgres
from deploy.announcing import say
from deploy.demo.seed import seed_demo
from deploy.production.access import give_access_to_broker, give_access_to_database
from deploy.production.address import Address, running_address
from deploy.production.folder import ProductionFolder
from deploy.production.packages import ensure_installed
from deploy.production.ports import Ports, kept_ports
from deploy.production.programs import service_programs
from deploy.production.servers import Server, private_servers
from deploy.production.supervisor import Supervisor
from deploy.production.supervisor_config import write_configuration
from deploy.provisioning.queues import declare_in_a_process
from deploy.services import WITH_TABLES
from shared.runtime.credentials import read_credentials
from shared.runtime.database import close_databases
from shared.runtime.migrations import migrate
from shared.runtime.settings import Settings

READY_WITHIN_S = 90.0


def start(settings: Settings, folder: ProductionFolder, supervisor: Supervisor) -> str | None:
    """Start the platform; return the demo password when it was made up now.

    Raises:
        CannotStart: something is missing, or does not come up.
        Unavailable: the broker or the database is not installed.
    """
    ensure_installed(broker=settings.amqp_url is None, database=settings.database_url is None)
    ports = kept_ports(folder.ports, in_use=supervisor.answers())
    give_access_to_broker(settings, folder, ports)
    servers = private_servers(settings, folder, ports)
    _describe(settings, folder, servers)
    if not supervisor.answers():
        supervisor.start()
    _start_servers(servers, supervisor)
    give_access_to_database(_admin_url(settings, folder, ports), folder)
    seeded = _fill(settings, folder)
    # Only now is known as whom each service reaches its database.
    _describe(settings, folder, servers)
    _declare_event_queues(folder)
    _start_services(settings, folder, supervisor)
    return seeded


def _describe(settings: Settings, folder: ProductionFolder, servers: list[Server]) -> None:
    """Write down every program, as far as it is known."""
    services = service_programs(folder, settings, read_credentials(folder.credentials))
    write_configuration(folder, [*(server.program for server in servers), *services])


def _start_servers(servers: list[Server], supervisor: Supervisor) -> None:
    if servers:
        names = " ".join(server.program.name for server in servers)
        say(f"数据库与消息服务 · starting the database and the broker ({names})")
    for server in servers:
        server.start(supervisor)
        # A node that does not find its port mapper would start one that nobody watches over.
        if server.program.name == "epmd":
            server.wait(supervisor)
    for server in servers:
        server.wait(supervisor)


def _admin_url(settings: Settings, folder: ProductionFolder, ports: Ports) -> str:
    return settings.database_url or postgres.admin_url(folder.postgres, ports.postgres)


def _fill(settings: Settings, folder: ProductionFolder) -> str | None:
    """Migrate all databases and lay out the example district."""
    every_service = Settings(
        data=folder.data, credentials=folder.credentials, demo_password=settings.demo_password
    )
    say("数据库迁移 · migrating the databases")
    for service in WITH_TABLES:
        migrate(every_service, service)
    seeded = seed_demo(every_service, say)
    close_databases()
    return seeded


def _declare_event_queues(folder: ProductionFolder) -> None:
    """Have every handler's queue there before the first event is told."""
    credentials = {"WANGGE_DATA": str(folder.data), "WANGGE_CREDENTIALS": str(folder.credentials)}
    declare_in_a_process(os.environ | credentials)


def _start_services(settings: Settings, folder: ProductionFolder, supervisor: Supervisor) -> None:
    say("启动各服务 · starting the services")
    for program in service_programs(folder, settings, {}):
        supervisor.start_program(program.name)
    address = running_address(folder) or Address(settings.host, settings.port, settings.speaks_tls)
    supervisor.wait_until(address.is_ready, "edge", READY_WITHIN_S)
