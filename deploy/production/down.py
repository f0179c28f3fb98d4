"""`wangge down`: the platform stopped in the order that loses nothing, and nothing of it left."""

import signal
import time

from deploy.announcing import say
from deploy.data_folder import CannotStart
from deploy.production.folder import ProductionFolder
from deploy.production.processes import LOOK_EVERY_S, Process, alive, end_all
from deploy.production.supervisor import Supervisor
from deploy.production.turn import turn
from deploy.services import SERVICES
from shared.runtime.settings import Settings

# First who lets new work in, then who does it, then what it is kept in.
ORDER: tuple[tuple[str, ...], ...] = (
    ("edge",),
    tuple(SERVICES),
    ("postgres",),
    ("rabbitmq",),
    ("epmd",),
)
# The services give themselves ten seconds; the database and the broker are quicker than that.
ENDS_WITHIN_S = 30.0
# What a program started for itself: a boundary job, a port mapper.
OTHERS_END_WITHIN_S = 5.0


def down(settings: Settings) -> None:
    """Stop the platform, whatever state it is in; say so when nothing runs.

    Raises:
        CannotStart: something of it cannot be stopped.
    """
    folder = ProductionFolder.of(settings.data)
    if not folder.root.exists():
        say("没有在运行 · nothing is running")
        return
    with turn(folder):
        running = alive(folder)
        if not running:
            say("没有在运行 · nothing is running")
            return
        supervisor = Supervisor(folder)
        if supervisor.answers():
            _stop_in_order(supervisor, folder)
        clear_away(folder)
        say(f"已停止 · stopped; none of its {len(running)} processes is left")


def clear_away(folder: ProductionFolder) -> None:
    """End every process of the platform that nobody supervises any more.

    Raises:
        CannotStart: one of them cannot be ended.
    """
    if left := alive(folder):
        names = " ".join(f"{process.name} ({process.pid})" for process in left)
        say(f"清理上次运行的进程 · ending what an earlier run left: {names}")
    for programs in (("supervisord",), *ORDER):
        end_all(
            [each for each in alive(folder) if _program(each) in programs],
            _how(programs),
            ENDS_WITHIN_S,
        )
    end_all(alive(folder), signal.SIGTERM, OTHERS_END_WITHIN_S)
    if still := alive(folder):
        pids = " ".join(str(process.pid) for process in still)
        raise CannotStart(f"These processes do not end: {pids}. · 这些进程无法结束：{pids}。")
    for record in folder.pids.glob("*"):
        record.unlink(missing_ok=True)


def _how(programs: tuple[str, ...]) -> signal.Signals:
    # To PostgreSQL: end at once what clients still do, and the server with it.
    return signal.SIGINT if programs == ("postgres",) else signal.SIGTERM


def _program(process: Process) -> str:
    """Return the program of a process; copies are numbered."""
    return process.name.partition("-")[0]


def _stop_in_order(supervisor: Supervisor, folder: ProductionFolder) -> None:
    for names in ORDER:
        if names == ORDER[0]:
            say("停止接入与各服务 · stopping the edge and the services")
        elif names == ("postgres",):
            say("停止数据库与消息服务 · stopping the database and the broker")
        supervisor.stop_programs(names)
    supervisor.shut_down()
    deadline = time.monotonic() + ENDS_WITHIN_S
    while alive(folder) and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY_S)
