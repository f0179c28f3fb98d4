"""The embedded profile: every service and the edge in one process, on the broker inside it."""

import deploy.green  # noqa: F401 – before everything else  # isort: skip

import sys
import time
from typing import Any

from eventlet.asyncio import spawn_for_awaitable

from deploy.announcing import refuse, say, welcome
from deploy.data_folder import CannotStart, check_port, held
from deploy.demo.seed import seed_demo
from deploy.http_server import HttpServer
from deploy.services import SERVICES, WITH_TABLES, service_class
from deploy.supervised import Supervised
from services.gateway.service import create_app
from shared.runtime.database import close_databases, database_of
from shared.runtime.edge import edge_of
from shared.runtime.in_process.broker import register
from shared.runtime.keyring import KeyringUnusable
from shared.runtime.logs import set_up_logs
from shared.runtime.migrations import migrate
from shared.runtime.settings import Settings, SettingsInvalid, load_settings

# The services have to stop after the edge.
GRACE_S = 5


def main() -> int:
    """Run the platform until Ctrl-C; return the exit code."""
    try:
        settings = load_settings()
        with held(settings.data):
            check_port(settings.host, settings.port)
            _run(settings)
    except (CannotStart, KeyringUnusable, SettingsInvalid) as reason:
        refuse(reason)
        return 1
    return 0


def _run(settings: Settings) -> None:
    started = time.monotonic()
    set_up_logs(settings.log_level, settings.log_file("wangge"))
    say("数据库迁移 · migrating the databases")
    for service in WITH_TABLES:
        migrate(settings, service)
    seeded = seed_demo(settings, say)
    say("启动各服务 · starting the services")
    running = services(settings)
    running.start()
    edge = create_app(settings, edge_of(settings, "gateway"), database_of(settings, "gateway"))
    server = HttpServer(edge, settings, grace_s=GRACE_S)
    serving = spawn_for_awaitable(server.serve())
    server.stop_on_signals()
    _wait_until_up(server, serving)
    welcome(settings, seeded, time.monotonic() - started, "Ctrl-C 停止 · stops it")
    serving.wait()
    say("正在停止 · stopping")
    running.stop()
    close_databases()


def services(settings: Settings) -> Supervised:
    """Return every service on this process's broker, not yet started."""
    register()
    return Supervised(settings, tuple(map(service_class, SERVICES)))


def _wait_until_up(server: HttpServer, serving: Any) -> None:
    while not server.started:
        if serving.dead:
            raise CannotStart(
                "The edge did not start; see the log in the data folder. · 边缘服务未能启动，请看数据目录中的日志。"
            )
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main())
