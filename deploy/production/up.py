"""`wangge up`: the production platform started, step by step, each step harmless when done before."""

import time
from contextlib import suppress
from urllib.parse import urlsplit

import amqp
import httpx
import psycopg2

from deploy import postgres
from deploy.announcing import say, welcome
from deploy.data_folder import check_port
from deploy.demo.seed import seed_demo
from deploy.production.access import broker_passwords, given_broker_urls, private_broker_urls
from deploy.production.address import Address, running_address
from deploy.production.broker import write_broker_settings
from deploy.production.down import clear_away
from deploy.production.folder import ProductionFolder
from deploy.production.packages import ensure_installed
from deploy.production.ports import Ports, kept_ports, known_ports
from deploy.production.programs import (
    Program,
    broker_programs,
    database_program,
    service_programs,
)
from deploy.production.supervisor import Supervisor
from deploy.production.supervisor_config import write_configuration, write_launches
from deploy.production.turn import turn
from deploy.provisioning.credentials import read_credentials, write_credentials
from deploy.provisioning.database import provision_database
from deploy.services import WITH_TABLES
from shared.runtime.database import close_databases
from shared.runtime.migrations import migrate
from shared.runtime.settings import Settings, load_settings

BROKER_WITHIN_S, DATABASE_WITHIN_S, READY_WITHIN_S = 90.0, 60.0, 90.0
CONNECT_WITHIN_S = 5
ENDING = "make status 查看 · shows it    make down 停止 · stops it"


def up(settings: Settings) -> None:
    """Start the platform unless it runs, and tell where it is.

    Raises:
        CannotStart: something is in the way; the text says what to do.
        Unavailable: the broker or the database does not come up.
    """
    began = time.monotonic()
    folder = ProductionFolder(settings.data / "production")
    with turn(folder):
        supervisor = Supervisor(folder)
        if supervisor.answers():
            address = running_address(folder)
            if address is not None and supervisor.all_run() and address.is_ready():
                say(f"已在运行 · it is running already: {address.url}")
                return
            say("接着上次未完成的启动 · going on with a start that was not finished")
        else:
            clear_away(folder)
            check_port(settings.host, settings.port)
            _set_out(settings, folder, supervisor)
        password = _bring_up(settings, folder, supervisor)
        welcome(settings, password, time.monotonic() - began, ENDING)
