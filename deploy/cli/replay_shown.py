"""The report of a replay as a person reads it on the terminal."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from deploy.cli import screen
from deploy.cli.replay_report import ReplayReport

SHOWN_AT_MOST = 10


def show_replay(report: ReplayReport) -> None:
    """Print the counts, then the first of what went wrong."""
    screen.show(_counts(report))
    if report.bad_rows:
        lines = [
            f"第 {entry['row']} 行 row {entry['row']} {entry['column'] or ''}: {entry['zh']} · {entry['en']}"
            for entry in report.bad_rows
        ]
        _show_some("坏行 · bad rows", lines)
    if report.refused_rows:
        lines = [_refused_line(entry) for entry in report.refused_rows]
        _show_some("被拒绝 · refused", lines)


def _counts(report: ReplayReport) -> Table:
    table = screen.table(f"重放 · replay {report.mapping.name}")
    table.show_header = False
    table.add_column()
    table.add_column(justify="right")
    for name, count in _lines(report):
        table.add_row(name, count)
    return table


def _lines(report: ReplayReport) -> list[tuple[str, str]]:
    rate = report.sent / report.seconds if report.seconds else 0.0
    lines = [
        ("读取行数 rows read", f"{report.rows:,}"),
        ("跳过 skipped (skip_when_empty)", f"{report.skipped:,}"),
        ("坏行 bad rows", f"{report.bad:,}"),
        ("已发送 sent", f"{report.sent:,}"),
        ("新建 created", f"{report.created:,}"),
        ("先前已有 repeated", f"{report.repeated:,}"),
        ("就近归格 snapped", f"{report.snapped:,}"),
        ("辖区之外 outside", f"{report.outside:,}"),
    ]
    lines += [(f"拒绝 refused: {code}", f"{n:,}") for code, n in report.refused_by_code.items()]
    if report.agreement is not None:
        share = f"{report.agreed:,} / {report.compared:,} = {report.agreement:.2%}"
        lines.append(("与记录区域一致 agree with the recorded area", share))
    lines.append(("用时 time", f"{report.seconds:.1f} s, {rate:,.0f} 行 rows/s"))
    return lines


def _refused_line(entry: dict[str, Any]) -> str:
    fields = "; ".join(
        f"{error['field']}: {error['zh']} · {error['en']}" for error in entry["errors"]
    )
    told = fields or f"{entry['zh']} · {entry['en']}"
    return f"第 {entry['row']} 行 row {entry['row']} ({entry['code']}): {told}"


def _show_some(title: str, lines: Sequence[str]) -> None:
    screen.show(f"{title}: {len(lines):,}")
    for line in lines[:SHOWN_AT_MOST]:
        screen.show(f"  {line}")
    if len(lines) > SHOWN_AT_MOST:
        more = len(lines) - SHOWN_AT_MOST
        screen.show(
            f"  另有 {more:,} 条，用 --report FILE.json 保存全部 · and {more:,} more; --report FILE.json keeps all"
        )
