"""`wangge up`, `down` and `status`: the production profile on this machine."""

import typer

from deploy.cli import screen
from deploy.cli.telling import settings_told


def up() -> None:
    """启动生产环境（单机） · run the production profile on this machine, in the background.

    例 · example: PORT=8080 WANGGE_DATA=var wangge up
    """
    from deploy.production.up import up as start  # the database and the seed are slow to load

    with settings_told() as settings:
        start(settings)


def down() -> None:
    """停止生产环境 · stop what `up` started; its data stay.

    例 · example: wangge down
    """
    from deploy.production.down import down as stop  # as above

    with settings_told() as settings:
        stop(settings)


def status() -> None:
    """查看生产环境 · show what of the production profile runs; exit code 1 unless it is ready.

    例 · example: wangge status
    """
    from deploy.production.status import platform_state  # as above

    with settings_told() as settings:
        state = platform_state(settings)
    if not state.processes:
        screen.show("没有在运行 · nothing is running")
        raise typer.Exit(1)
    table = screen.table(f"{state.folder.root}")
    for column in ("进程 process", "状态 state", "pid", "秒 seconds", "监听 listens"):
        table.add_column(column)
    for process in state.processes:
        listens = {True: "✓", False: "✗", None: ""}[process.listens]
        table.add_row(
            process.name, process.state, str(process.pid or ""), str(process.seconds), listens
        )
    screen.show(table)
    readiness = "就绪 · ready" if state.is_ready else "未就绪 · not ready"
    screen.show(f"{state.address.url if state.address else ''} {readiness}")
    raise typer.Exit(0 if state.is_ready else 1)
