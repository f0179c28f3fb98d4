"""The edge as a process of its own, as production runs it: without eventlet, on RabbitMQ.

It starts whether or not the broker and the database are there: until they come, and whenever they
are away, it answers 503.
"""

import sys

from deploy.data_folder import CannotStart, check_port
from deploy.http_server import HttpServer
from services.gateway.service import create_app
from shared.runtime.database import close_databases, database_of
from shared.runtime.edge import edge_of
from shared.runtime.keyring import KeyringUnusable
from shared.runtime.keys_at_start import check_keys
from shared.runtime.logs import set_up_logs
from shared.runtime.settings import Settings, SettingsInvalid, load_settings

# What is in hand after so long is answered 503, so that the process is gone within ten seconds.
GRACE_S = 7


def main() -> int:
    """Serve until told to stop; return the exit code."""
    try:
        settings = load_settings()
        _check(settings)
        check_keys(settings)
    except (CannotStart, KeyringUnusable, SettingsInvalid) as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    set_up_logs(settings.log_level, settings.log_file("edge"))
    app = create_app(settings, edge_of(settings, "gateway"), database_of(settings, "gateway"))
    server = HttpServer(app, settings, grace_s=GRACE_S)
    server.stop_on_signals()
    server.run()
    close_databases()
    return 0


def _check(settings: Settings) -> None:
    if settings.is_embedded:
        raise CannotStart(
            "WANGGE_AMQP_URL: set it; the edge alone has no broker inside. · "
            "请设置 WANGGE_AMQP_URL：单独运行的边缘服务没有内置消息代理。"
        )
    check_port(settings.host, settings.port)


if __name__ == "__main__":
    sys.exit(main())
