"""`wangge rebuild-read-models`: the board made anew from what the services have told."""

from typing import Annotated

import typer

from deploy.cli import screen
from deploy.cli.cannot_do import CannotDo
from deploy.cli.connection import DEFAULT_URL, Account, Url, connected

_REBUILD_S = 1800.0


def rebuild_read_models(
    check: Annotated[
        bool, typer.Option("--check", help="有差异则退出码为 1 · exit with 1 when rows differed")
    ] = False,
    url: Url = DEFAULT_URL,
    account: Account = "admin",
) -> None:
    """从事件记录重建读模型 · rebuild the read models from the events.

    例 · example: wangge rebuild-read-models --check
    """
    with connected(url, account) as api, screen.metered("重建读模型 · rebuilding the read models"):
        rebuilt = api.post("/command/rebuild", timeout=_REBUILD_S)
    screen.show(
        f"事件 events {rebuilt['events']:,}  行 rows {rebuilt['rows']:,}  "
        f"差异 differences {rebuilt['differences']:,}"
    )
    if check and rebuilt["differences"]:
        raise CannotDo(
            f"重建前有 {rebuilt['differences']:,} 行与事件记录不符（现已改正）。",
            f"{rebuilt['differences']:,} rows were not as the events say; they are now.",
        )
