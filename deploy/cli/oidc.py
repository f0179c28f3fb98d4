"""`wangge oidc`: which accounts may enter by way of the identity provider."""

from typing import Annotated

import typer

oidc = typer.Typer(
    no_args_is_help=True,
    help="统一身份认证的账号关联 · accounts that may enter by the identity provider",
)

AccountName = Annotated[str, typer.Argument(metavar="ACCOUNT", help="账号 · the account")]


@oidc.command("allow")
def allow(account: AccountName) -> None:
    """允许一个账号经统一身份认证登录；首次登录时关联 · let an account enter by the provider; its first entry links it.

    例 · example: wangge oidc allow district
    """
    from deploy.cli import oidc_links  # SQLAlchemy is slow to load for --help

    oidc_links.allow(account)


@oidc.command("forbid")
def forbid(account: AccountName) -> None:
    """解除关联，不再允许 · unlink an account and let it enter by the provider no more.

    例 · example: wangge oidc forbid district
    """
    from deploy.cli import oidc_links  # as above

    oidc_links.forbid(account)


@oidc.command("list")
def list_links() -> None:
    """列出关联 · list who may enter.

    例 · example: wangge oidc list
    """
    from deploy.cli import oidc_links  # as above

    oidc_links.show()
