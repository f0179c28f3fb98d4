"""`wangge audit`: the audit trail of a service, taken out and checked."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.services import Services

audit = typer.Typer(
    no_args_is_help=True,
    help="审计链：导出与校验 · the audit trail: take it out, and check it",
)

Service = Annotated[str, typer.Argument(metavar="SERVICE", help="服务 · which")]


@audit.command("export")
def export(
    service: Service,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="写入此文件 · into this file")],
) -> None:
    """导出一个服务的审计链（每行一条 JSON）· write a service's trail, a line of JSON a row.

    例 · example: wangge audit export patrol --to patrol-audit.jsonl
    """
    from deploy.cli import audit_trail  # SQLAlchemy is slow to load for --help

    audit_trail.export(service, to)


@audit.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="导出的文件 · what was exported")],
    anchor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NUMBER:DIGEST",
            help="另存的末条编号与摘要，可多次 · a number and digest noted elsewhere, may be repeated",
        ),
    ] = None,
) -> None:
    """离线校验导出的审计链：改动、删除、插入、调换都能发现 · find what was changed, removed, inserted or swapped.

    末尾被截去或整链重做，须与另存的摘要对照才能发现（`wangge audit head`）。 ·
    That the end was cut off or all was made anew shows against a digest noted elsewhere.

    例 · example: wangge audit verify patrol-audit.jsonl --anchor 1200:9f2c…
    """
    from deploy.cli import audit_check  # needs no database

    audit_check.verify(file, anchor or [])


@audit.command("head")
def head(services: Services = None) -> None:
    """显示各服务审计链的末条编号与摘要，供另存 · show where each trail ends, to be noted elsewhere.

    例 · example: wangge audit head
    """
    from deploy.cli import audit_trail  # as above

    audit_trail.show_heads(services or [])
