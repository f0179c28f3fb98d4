"""An audit trail as the platform shows it to an auditor."""

from typing import Any

from deploy.cli import screen
from deploy.cli.connection import connected


def show(url: str, who: str, **asked: Any) -> None:
    """Show a page of a trail, newest first.

    Raises:
        CannotDo: the platform does not answer, or says no.
    """
    with connected(url, who) as api:
        page = api.get("/audit", **asked)
    table = screen.table(f"审计记录 · audit trail: {asked['service']}")
    for heading in ("#", "时间 at", "账号 account", "操作 action", "对象 about", "结果 outcome"):
        table.add_column(heading, overflow="fold")
    for entry in page["items"]:
        table.add_row(*_cells(entry))
    screen.show(table)
    if page["next_cursor"] is not None:
        screen.say(
            "更早的还有；请用 --to 或其他条件缩小范围 · there are older ones; narrow it with --to"
        )


def _cells(entry: dict[str, Any]) -> tuple[str, ...]:
    shown = entry.get("shown")
    about = entry["about"] or ("" if shown is None else f"{shown['count']} 条 · things")
    outcome = entry["outcome"]
    return (
        str(entry["number"]),
        str(entry["at"])[:19],
        entry["account"],
        entry["action"],
        about,
        f"{outcome}：{entry['reason']}" if entry.get("reason") else outcome,
    )
