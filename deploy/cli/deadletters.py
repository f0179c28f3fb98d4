"""`wangge deadletters`: messages no handler could take – listed, looked at, sent back."""

import json
import re
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from deploy.cli import screen
from deploy.cli.api_client import Api
from deploy.cli.cannot_do import CannotDo
from deploy.cli.connection import DEFAULT_URL, Account, Url, connected

PATH = "/command/deadletters"
_NONE = "没有死信 · there are no dead letters"
# A service and the letter's own id.
_ID = re.compile(r"[A-Za-z0-9_-]+(:[A-Za-z0-9_-]+)?")

deadletters = typer.Typer(
    no_args_is_help=True,
    help="死信：查看与重放 · messages that could not be handled: look and replay",
)

LetterId = Annotated[str, typer.Argument(metavar="ID", help="死信编号 · the dead letter's id")]


@deadletters.command("list")
def list_deadletters(url: Url = DEFAULT_URL, account: Account = "admin") -> None:
    """列出死信 · list the dead letters.

    例 · example: wangge deadletters list
    """
    with connected(url, account) as api:
        letters = _letters(api)
    if not letters:
        screen.show(_NONE)
        return
    table = screen.table(f"死信 · dead letters: {len(letters)}")
    table.add_column("编号 id\n时间 died at, 次数 tries", no_wrap=True)
    table.add_column("事项 matter", no_wrap=True)
    table.add_column("事件 event\n队列 queue\n原因 reason", overflow="fold")
    for letter in letters:
        table.add_row(*_cells(letter))
    screen.show(table)


@deadletters.command("show")
def show_deadletter(
    letter_id: LetterId, url: Url = DEFAULT_URL, account: Account = "admin"
) -> None:
    """显示一条死信（个人信息已遮蔽） · show one dead letter, personal fields masked.

    例 · example: wangge deadletters show command:0199f0c2-…
    """
    with connected(url, account) as api:
        letter = api.get(f"{PATH}/{_checked(letter_id)}")
    screen.show(json.dumps(letter, ensure_ascii=False, indent=2))


@deadletters.command("replay")
def replay_deadletters(
    letter_ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID…", help="死信编号 · the dead letters' ids")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="全部重放 · replay all of them")
    ] = False,
    url: Url = DEFAULT_URL,
    account: Account = "admin",
) -> None:
    """把死信送回原队列；已处理过的不会重复 · send dead letters back; what was done is not done twice.

    例 · example: wangge deadletters replay command:0199f0c2-…
    """
    if bool(letter_ids) == everything:
        raise CannotDo("请给出死信编号，或 --all。", "Give the ids of the dead letters, or --all.")
    failures: list[str] = []
    replayed = 0
    with connected(url, account) as api:
        for letter_id in letter_ids or _all_ids(api):
            try:
                api.post(f"{PATH}/{_checked(letter_id)}/replay")
            except CannotDo as refused:
                failures.append(f"{letter_id}: {refused}")
            else:
                replayed += 1
                screen.show(f"已重放 · replayed {letter_id}")
    if failures:
        raise CannotDo(
            f"{len(failures)} 条未能重放。", f"{len(failures)} could not be replayed.", failures
        )
    if not replayed:
        screen.show(_NONE)


def _all_ids(api: Api) -> Iterator[str]:
    """Yield the id of every dead letter; the platform lists the newest few hundred at a time."""
    seen: set[str] = set()
    while new := [letter["id"] for letter in _letters(api) if letter["id"] not in seen]:
        seen.update(new)
        yield from new


def _letters(api: Api) -> list[dict[str, Any]]:
    answer = api.get(PATH)
    if answer.get("away"):
        services = ", ".join(answer["away"])
        screen.warn(
            f"这些服务没有应答，其死信未列出 · not listed, their services are away: {services}"
        )
    for waiting in answer.get("unsent", ()):
        if waiting["unroutable"]:
            screen.warn(
                f"{waiting['service']}: {waiting['unroutable']} 条 {waiting['event_type']} 无人接收，留在发件箱中 · "
                f"no queue wants them, they wait in the outbox since {str(waiting['since'])[:19]}"
            )
    letters: list[dict[str, Any]] = answer["items"]
    return letters


def _checked(letter_id: str) -> str:
    """Return the id as a part of a path."""
    if _ID.fullmatch(letter_id) is None:
        raise CannotDo(
            f"{letter_id} 不是死信编号；编号见 wangge deadletters list。",
            f"{letter_id} is no id of a dead letter; wangge deadletters list shows them.",
        )
    return letter_id


def _cells(letter: dict[str, Any]) -> tuple[str, ...]:
    return (
        f"{letter['id']}\n{str(letter['died_at'])[:19]}, {letter['tries']}",
        str(letter.get("matter_no") or ""),
        f"{letter['event_type']}\n{letter['queue']}\n{letter['reason']}",
    )
