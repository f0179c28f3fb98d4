"""`wangge migrate` and `wangge demo`: the databases brought to the present form, and filled."""

from typing import Annotated

import typer

from deploy.cli.services import Services


def migrate(
    services: Services = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="只检查是否最新 · only see whether they are in the present form"
        ),
    ] = False,
) -> None:
    """升级数据库结构 · bring the databases to the present form.

    例 · examples:

    wangge migrate

    wangge migrate patrol --check
    """
    from deploy.cli import databases  # SQLAlchemy and Alembic are slow to load for --help

    if check:
        databases.check(services or [])
    else:
        databases.bring_up(services or [])


def demo() -> None:
    """写入示例区数据 · fill the databases with the example district.

    例 · example:

    WANGGE_DEMO_PASSWORD=… wangge demo
    """
    from deploy.cli import databases  # as above

    databases.fill()
