"""`wangge clients`: services and departments that sign in as themselves."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

clients = typer.Typer(
    no_args_is_help=True,
    help="服务与部门的凭据 · credentials of services and departments, apart from people's",
)

ClientId = Annotated[str, typer.Argument(metavar="ID", help="客户端编号 · the client's id")]


@clients.command("add")
def add(
    client_id: ClientId,
    name: Annotated[str, typer.Option(help="名称 · what it is called")],
    purpose: Annotated[str, typer.Option(help="用途 · what it is for")],
    place: Annotated[str, typer.Option(help="辖区代码，* 为全部 · its place's code, * for all")],
    public_key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="公钥 JWK 文件，代替密钥 · a public JWK in place of a secret"
        ),
    ] = None,
    valid_until: Annotated[
        datetime | None, typer.Option(help="失效日期 · when it stops being valid")
    ] = None,
) -> None:
    """登记一个客户端；密钥只显示一次 · register a client; its secret is shown once.

    例 · example: wangge clients add urban-management --name 城管局 --purpose 案件推送 --place 420802
    """
    from deploy.cli import client_register  # SQLAlchemy is slow to load for --help

    client_register.add(
        client_id,
        name=name,
        purpose=purpose,
        place=place,
        public_key=public_key,
        valid_until=valid_until,
    )


@clients.command("list")
def list_clients() -> None:
    """列出客户端 · list them.

    例 · example: wangge clients list
    """
    from deploy.cli import client_register  # as above

    client_register.show()


@clients.command("disable")
def disable(client_id: ClientId) -> None:
    """停用一个客户端，其令牌十秒内失效 · disable a client; its tokens are good no more within ten seconds.

    例 · example: wangge clients disable urban-management
    """
    from deploy.cli import client_register  # as above

    client_register.disable(client_id)
