"""`wangge second-factor`: codes by the clock for one's own account, without a page to do it on."""

from typing import Annotated

import typer

from deploy.cli import screen
from deploy.cli.connection import DEFAULT_URL, Url, connected
from deploy.cli.credentials import credentials_of, one_time_code

second_factor = typer.Typer(
    no_args_is_help=True,
    help="动态口令：启用 · codes by the clock: enrol them",
)

Account = Annotated[
    str,
    typer.Option(
        envvar="WANGGE_ACCOUNT",
        help="自己的账号；密码取自 WANGGE_PASSWORD 或当场输入 · "
        "one's own account; its password comes from WANGGE_PASSWORD or is asked for",
    ),
]


@second_factor.command("enrol")
def enrol(account: Account, url: Url = DEFAULT_URL) -> None:
    """启用动态口令：在验证器应用中录入密钥，再输入其显示的口令 · type the secret into an app, then its code here.

    例 · example: wangge second-factor enrol --account admin
    """
    credentials = credentials_of(account)
    with connected(url, account, credentials=credentials) as api:
        begun = api.post("/auth/totp", {"password": credentials.password})
        screen.show(f"密钥 · secret: {begun['secret']}")
        screen.show(f"地址 · address: {begun['uri']}")
        confirmed = api.post("/auth/totp/confirm", {"code": one_time_code(account)})
    screen.show(
        "恢复码（只显示这一次，每个可用一次） · recovery codes, shown this once, each good once:"
    )
    for code in confirmed["recovery_codes"]:
        screen.show(f"  {code}")
