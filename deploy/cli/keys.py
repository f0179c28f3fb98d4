"""`wangge keys`: the keys that personal data is sealed with – shown, rotated, taken out of use."""

from typing import Annotated

import typer

from deploy.cli.services import Services

keys = typer.Typer(
    no_args_is_help=True,
    help="密钥：制作、查看、轮换、重新加密、停用 · the keys of personal data: make, show, rotate, re-encrypt, retire",
)


@keys.command("init")
def init() -> None:
    """制作新平台的密钥库（WANGGE_KEYRING 或数据目录内）；已有的不会被替换 · make a new platform's keyring; one that is there is left alone.

    例 · example: WANGGE_KEYRING=/etc/wangge/keyring.json wangge keys init
    """
    from deploy.cli import key_work  # SQLAlchemy is slow to load for --help

    key_work.init()


@keys.command("list")
def list_keys(services: Services = None) -> None:
    """列出密钥，以及各服务有多少行用它加密 · list the keys, and how many rows are sealed with each.

    例 · example: wangge keys list
    """
    from deploy.cli import key_work  # as above

    key_work.show(services or [])


@keys.command("rotate")
def rotate() -> None:
    """新增一把密钥并设为当前；运行中的服务几秒内即用它 · add a key and seal with it from now on; running services follow.

    例 · example: wangge keys rotate && wangge keys reencrypt
    """
    from deploy.cli import key_work  # as above

    key_work.rotate()


@keys.command("reencrypt")
def reencrypt(services: Services = None) -> None:
    """把以旧密钥加密的数据改用当前密钥；服务照常运行，可中断后再来 · seal anew what earlier keys sealed, beside running services.

    例 · example: wangge keys reencrypt
    """
    from deploy.cli import key_work  # as above

    key_work.reencrypt(services or [])


@keys.command("retire")
def retire(
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="密钥编号 · the key's id")],
    after_hours: Annotated[
        float,
        typer.Option(
            min=0,
            help="不再使用满多少小时后方可停用：在途消息仍由它加密 · how long it has to be out of use: messages under way are sealed with it",
        ),
    ] = 24,
    give_up_letters: Annotated[
        bool,
        typer.Option(
            "--give-up-letters",
            help="放弃以它加密、尚未重放的死信 · give up the dead letters that are sealed with it and were not replayed",
        ),
    ] = False,
) -> None:
    """从密钥库中去掉一把密钥；仍有数据用它加密时拒绝 · take a key out; refused while anything is sealed with it.

    旧备份只有连同旧密钥才能恢复：请先另行保管。 · Backups from its time open with it alone: keep it with them.

    例 · example: wangge keys retire k1-9f3c
    """
    from deploy.cli import key_work  # as above

    key_work.retire(key_id, after_hours, gives_up_letters=give_up_letters)
