"""`wangge partitions`: the months a production database holds, and taking the old ones out."""

from typing import Annotated

import typer

from deploy.cli.services import Services

partitions = typer.Typer(
    no_args_is_help=True,
    help="月分区：查看与摘除 · monthly partitions: look, and take old ones out",
)


@partitions.command("list")
def list_partitions(services: Services = None) -> None:
    """列出各表的月分区 · list the partitions of each table.

    例 · example: wangge partitions list patrol
    """
    from deploy.cli import months  # SQLAlchemy is slow to load for --help

    months.show(services or [])


@partitions.command("detach")
def detach_partitions(
    before: Annotated[
        str,
        typer.Option(metavar="YYYY-MM", help="此月之前的分区 · those of months before this one"),
    ],
    services: Services = None,
) -> None:
    """摘除旧月分区；数据仍在原库，成为独立的表 · take old months out; each stays as a table of its own.

    例 · example: wangge partitions detach --before 2024-01 patrol
    """
    from deploy.cli import months  # as above

    months.take_out(services or [], before)
