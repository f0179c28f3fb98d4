"""The embedded profile: every service and the edge in one process, on the broker inside it."""

import deploy.green  # noqa: F401 – before everything else  # isort: skip

import sys
import time
from typing import Any

from eventlet.asyncio import spawn_for_awaitable
from rich.console import Console

from deploy.data_folder import CannotStart, check_port, held
from deploy.demo.seed import seed_demo
from deploy.http_server import HttpServer
from deploy.supervised import Supervised
from services.command.service import CommandService
from services.gateway.service import create_app
from services.grid.service import GridService
from services.patrol.service import PatrolService
from shared.runtime.database import close_databases, database_of
from shared.runtime.edge import edge_of
from shared.runtime.in_process.broker import register
from shared.runtime.logs import set_up_logs
from shared.runtime.migrations import migrate
from shared.runtime.settings import Settings, SettingsInvalid, load_settings

SERVICES = (GridService, PatrolService, CommandService)
WITH_TABLES = ("gateway", "grid", "patrol", "command")
# The services have to stop after the edge.
GRACE_S = 5
console = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """Run the platform until Ctrl-C; return the exit code."""
    try:
        settings = load_settings()
        with held(settings.data):
            check_port(settings.host, settings.port)
            _run(settings)
    except (CannotStart, SettingsInvalid) as reason:
        console.print(str(reason), style="red")
        return 1
    return 0


def _run(settings: Settings) -> None:
    started = time.monotonic()
    set_up_logs(settings.log_level, settings.log_file("wangge"))
    _say("数据库迁移 · migrating the databases")
    for service in WITH_TABLES:
        migrate(settings, service)
    seeded = seed_demo(settings, _say)
    _say("启动各服务 · starting the services")
    running = services(settings)
    running.start()
    edge = create_app(settings, edge_of(settings, "gateway"), database_of(settings, "gateway"))
    server = HttpServer(edge, settings, grace_s=GRACE_S)
    serving = spawn_for_awaitable(server.serve())
    server.stop_on_signals()
    _wait_until_up(server, serving)
    _welcome(settings, seeded, time.monotonic() - started)
    serving.wait()
    _say("正在停止 · stopping")
    running.stop()
    close_databases()


def services(settings: Settings) -> Supervised:
    """Return every service on this process's broker, not yet started."""
    register()
    return Supervised(settings, SERVICES)


def _wait_until_up(server: HttpServer, serving: Any) -> None:
    while not server.started:
        if serving.dead:
            raise CannotStart(
                "The edge did not start; see the log in the data folder. · 边缘服务未能启动，请看数据目录中的日志。"
            )
        time.sleep(0.02)


def _say(line: str) -> None:
    console.print(f"· {line}")


def _welcome(settings: Settings, password: str | None, seconds: float) -> None:
    url = f"http://{settings.host}:{settings.port}"
    console.print(f"\n[bold]网格平台已就绪 · Wangge is ready[/bold] ({seconds:.1f} s)")
    console.print(f"  起始页 · start page   {url}/")
    console.print(f"  接口 · API            {url}/openapi.json")
    console.print("  账号 · accounts       district street community member mediator petition")
    console.print("                        blacklist enforcement department auditor admin")
    if password is not None:
        console.print(
            f"  密码 · password       [bold]{password}[/bold]  （只显示这一次 · shown this once）"
        )
    elif settings.demo_password is not None:
        console.print("  密码 · password       WANGGE_DEMO_PASSWORD")
    else:
        console.print("  密码 · password       首次启动时已显示 · printed at the first start")
    console.print("  Ctrl-C 停止 · stops it\n")


if __name__ == "__main__":
    sys.exit(main())
