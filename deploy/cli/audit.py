"""`wangge audit`: the audit trail of a service, taken out and checked."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.connection import DEFAULT_URL, Account, Url
from deploy.cli.services import Services

audit = typer.Typer(
    no_args_is_help=True,
    help="审计链：导出、校验、归档 · the audit trail: take it out, check it, archive it",
)


@audit.command("export")
def export(
    services: Services = None,
    to: Annotated[
        Path,
        typer.Option(
            "--to",
            metavar="FILE|FOLDER",
            help="写入此文件；多个服务时为目录 · into this file; for several services a folder",
        ),
    ] = Path("audit"),
) -> None:
    """导出审计链（每行一条 JSON）· write a service's trail, a line of JSON a row; or all into a folder.

    例 · examples:

    wangge audit export patrol --to patrol-audit.jsonl

    wangge audit export --to trails/
    """
    from deploy.cli import audit_trail  # SQLAlchemy is slow to load for --help

    audit_trail.export(services or [], to)


@audit.command("verify")
def verify(
    given: Annotated[
        Path,
        typer.Argument(
            metavar="FILE|FOLDER", help="导出的文件或目录 · what was exported, archives beside it"
        ),
    ],
    anchor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NUMBER:DIGEST",
            help="另存的编号与摘要，可多次 · a number and digest noted elsewhere, may be repeated",
        ),
    ] = None,
    anchors: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE|FOLDER", help="另存的锚点文件或目录 · files of anchors, kept elsewhere"
        ),
    ] = None,
    kept: Annotated[
        bool,
        typer.Option(
            "--kept", help="用其他服务保存的锚点 · take the anchors that other services keep"
        ),
    ] = False,
    after: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER:DIGEST",
            help="之前的已归档：其末条 · what was before is archived: its last row",
        ),
    ] = None,
) -> None:
    """离线校验导出的审计链：改动、删除、插入、调换都能发现 · find what was changed, removed, inserted or swapped.

    末尾被截去或整链重做，须与另存的锚点对照才能发现。目录中同一服务的归档与导出按编号相接。 ·
    That the end was cut off or all was made anew shows against anchors kept elsewhere. In a folder the
    archives of a service and its export follow each other by their numbers.

    例 · examples:

    wangge audit verify patrol-audit.jsonl --anchor 1200:9f2c…

    wangge audit verify trails/ --anchors /mnt/elsewhere/anchors
    """
    from deploy.cli import audit_check  # needs no database

    found = [] if anchors is None else audit_check.read_anchors(anchors)
    if kept:
        from deploy.cli import audit_trail  # as above

        found += audit_trail.kept_anchors()
    audit_check.verify(given, pairs=anchor or [], after=after, anchors=found)


@audit.command("archive")
def archive(
    before: Annotated[
        str,
        typer.Option(
            metavar="YYYY-MM",
            help="此月之前的各月，至少六个月前 · the months before this one, six months ago or more",
        ),
    ],
    services: Services = None,
    to: Annotated[
        Path, typer.Option("--to", metavar="FOLDER", help="写入此目录 · into this folder")
    ] = Path("audit-archive"),
) -> None:
    """归档旧月：导出、校验，然后才从数据库移出 · write old months into files, check them, and only then take them out.

    PostgreSQL 上审计表不属于服务的角色：须以 WANGGE_DATABASE_URL 给出管理员的地址。 ·
    On PostgreSQL no service's role owns the trail: give an administrator's URL as WANGGE_DATABASE_URL.

    例 · example: wangge audit archive --before 2026-05 --to /srv/archive/audit
    """
    from deploy.cli import audit_archive  # as above

    audit_archive.archive(services or [], before, to)


@audit.command("list")
def list_entries(
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="服务 · which")],
    by: Annotated[str | None, typer.Option(help="谁做的（账号） · whose doing")] = None,
    about: Annotated[str | None, typer.Option(help="事项编号 · about which matter")] = None,
    action: Annotated[
        str | None, typer.Option(help="操作全名或开头 · an action or how it begins")
    ] = None,
    outcome: Annotated[str | None, typer.Option(help="结果 · how it ended")] = None,
    at_from: Annotated[str | None, typer.Option("--from", metavar="RFC3339")] = None,
    at_to: Annotated[str | None, typer.Option("--to", metavar="RFC3339")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="条数 · how many")] = 50,
    url: Url = DEFAULT_URL,
    who: Account = "auditor",
) -> None:
    """查阅审计记录，最新的在前；仅限审计员，查阅本身也被记入 · read a trail, newest first; for auditors, and noted.

    例 · example: wangge audit list gateway --action gateway.sign_in --outcome refused
    """
    from deploy.cli import audit_list  # as above

    audit_list.show(
        url,
        who,
        service=service,
        account=by,
        about=about,
        action=action,
        outcome=outcome,
        at_from=at_from,
        at_to=at_to,
        limit=limit,
    )


@audit.command("broker-log")
def broker_log(
    log: Annotated[Path, typer.Argument(metavar="FILE", help="RabbitMQ 的日志 · RabbitMQ's log")],
    follow: Annotated[
        bool, typer.Option("--follow", help="持续读取 · go on reading until stopped")
    ] = False,
) -> None:
    """把消息服务拒绝的连接与越权操作记入 gateway 的审计链 · note what the broker refused in the edge's trail.

    同一行日志只记一次，可随时重跑。 · Each line is noted once, however often it is read.

    例 · example: wangge audit broker-log /var/log/rabbitmq/rabbit@host.log --follow
    """
    from deploy.cli import audit_broker  # as above

    audit_broker.note_refusals(log, follow=follow)


@audit.command("head")
def head(services: Services = None) -> None:
    """显示各服务审计链的末条编号与摘要，供另存 · show where each trail ends, to be noted elsewhere.

    例 · example: wangge audit head
    """
    from deploy.cli import audit_trail  # as above

    audit_trail.show_heads(services or [])
