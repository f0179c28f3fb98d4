"""The options that say which platform is asked, and as whom."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from deploy.cli import screen
from deploy.cli.api_client import Api
from deploy.cli.cannot_do import CannotDo
from deploy.cli.credentials import Credentials, credentials_of
from deploy.cli.problem import Refused

Url = Annotated[
    str,
    typer.Option("--url", envvar="WANGGE_URL", help="平台地址 · the platform's address"),
]
Account = Annotated[
    str,
    typer.Option(
        "--account",
        envvar="WANGGE_ACCOUNT",
        help="账号；密码取自 WANGGE_PASSWORD 或当场输入 · "
        "the account; its password comes from WANGGE_PASSWORD or is asked for",
    ),
]
PatienceSeconds = Annotated[
    float,
    typer.Option(
        "--patience",
        min=0,
        help="平台无应答时重试多少秒 · how many seconds to try again while the platform is away",
    ),
]

DEFAULT_URL = "http://127.0.0.1:8080"


@contextmanager
def connected(
    url: str,
    account: str,
    *,
    credentials: Credentials | None = None,
    patience_s: float = 0,
    connections: int = 4,
) -> Iterator[Api]:
    """Give the platform at *url*, signed in as *account*; without *credentials* they are asked for."""
    api = Api(
        url,
        credentials or credentials_of(account),
        patience_s=patience_s,
        connections=connections,
        on_wait=_told_once_a_time(),
    )
    try:
        api.sign_in()
        yield api
    finally:
        api.close()


def _told_once_a_time() -> Callable[[CannotDo], None]:
    """Return a listener that tells of a wait when its reason differs from the one before."""
    last = ""

    def tell(why: CannotDo) -> None:
        nonlocal last
        reason = f"{why.status} {why.code}" if isinstance(why, Refused) else "无连接 no connection"
        if reason != last:
            last = reason
            screen.warn(f"平台暂无应答，自动重试 · no answer for now, trying again ({reason})")

    return tell
