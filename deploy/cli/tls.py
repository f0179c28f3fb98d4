"""`wangge tls`: certificates for the servers of one machine, signed by an authority of one's own."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.cli import screen
from deploy.cli.cannot_do import CannotDo

tls = typer.Typer(no_args_is_help=True, help="证书 · certificates")

SERVERS = ("edge", "broker", "database")


@tls.command("init")
def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="写入此目录 · into this folder")],
    host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="名称或地址，可多次 · a name or address, may be repeated"
        ),
    ] = None,
) -> None:
    """生成私有 CA 及三张服务器证书 · make an authority, and certificates of edge, broker and database.

    密钥只有本人可读；ca.key 用后请移出本机。 · Keys are for their owner alone; take ca.key off the machine.

    例 · example: wangge tls init var/tls --host wangge.example.gov.cn --host 192.0.2.10
    """
    from deploy.tls import make_authority, make_certificate  # slow to load for --help

    try:
        make_authority(folder)
    except FileExistsError as there:
        raise CannotDo(
            f"{there} 已存在；如需更换请先移走。", f"{there} exists; move it away to begin anew."
        ) from None
    for server in SERVERS:
        make_certificate(folder, server, [*(host or ()), "localhost", "127.0.0.1"])
    screen.say(_next_steps(folder.resolve()))


def _next_steps(folder: Path) -> str:
    return "\n".join(
        [
            f"证书已写入 · certificates written: {folder}",
            f"WANGGE_TLS_CERTIFICATE={folder}/edge.pem WANGGE_TLS_KEY={folder}/edge.key",
            f"WANGGE_AMQP_URL=amqps://…@broker:5671/wangge?cafile={folder}/ca.pem",
            f"WANGGE_DATABASE_URL=postgresql://…@database/wangge?sslmode=verify-full&sslrootcert={folder}/ca.pem",
        ]
    )
