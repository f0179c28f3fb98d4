"""The findings report of a boundary import, as tables a person can read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

from deploy.cli import screen

SHOWN_AT_MOST = 20
_LEVELS = {
    "district": "区 district",
    "street": "街道 street",
    "community": "社区 community",
    "cell": "网格 cell",
}
_WEIGHTS = {
    "error": ("错误 errors", "red"),
    "warning": ("警告 warnings", "yellow"),
    "note": ("提示 notes", "dim"),
}
_HECTARE_M2 = 10_000.0
_KM2_M2 = 1_000_000.0

Report = Mapping[str, Any]


def show_report(report: Report) -> None:
    """Print the counts of each level, what was found by kind, and the findings by weight."""
    screen.show(_counts(report))
    if report["totals"]:
        screen.show(_kinds(report))
    # The gravest last: it is what stays on the screen.
    for weight in reversed(_WEIGHTS):
        found = [finding for finding in report["findings"] if finding["severity"] == weight]
        if found:
            _show_findings(weight, found)


def _counts(report: Report) -> Table:
    table = screen.table("各级数量 · areas by level")
    table.add_column("级别 level")
    table.add_column("数量 count", justify="right")
    for level, name in _LEVELS.items():
        table.add_row(name, f"{report['counts'].get(level, 0):,}")
    return table


def _kinds(report: Report) -> Table:
    table = screen.table("检查结果 · findings by kind")
    table.add_column("种类 kind")
    table.add_column("程度 severity")
    table.add_column("数量 count", justify="right")
    table.add_column("面积 area", justify="right")
    severities = {finding["kind"]: finding["severity"] for finding in report["findings"]}
    order = list(_WEIGHTS)
    kinds = sorted(report["totals"], key=lambda kind: order.index(severities.get(kind, "note")))
    for kind in kinds:
        weight = severities.get(kind, "note")
        total = report["totals"][kind]
        name, style = _WEIGHTS[weight]
        table.add_row(kind, name, f"{total['count']:,}", area(total["area_m2"]), style=style)
    return table


def _show_findings(weight: str, found: Sequence[Report]) -> None:
    name, style = _WEIGHTS[weight]
    largest_first = sorted(found, key=lambda finding: -(finding.get("area_m2") or 0.0))
    table = screen.table(f"{name}: {len(found):,}", style)
    table.add_column("级别 level", no_wrap=True)
    table.add_column("编码 codes", overflow="fold", max_width=20)
    table.add_column("位置 place\n面积 area", no_wrap=True)
    table.add_column("说明 what, and how to mend it", overflow="fold")
    for finding in largest_first[:SHOWN_AT_MOST]:
        table.add_row(*_cells(finding))
    screen.show(table)
    if len(found) > SHOWN_AT_MOST:
        more = len(found) - SHOWN_AT_MOST
        screen.show(
            f"  另有 {more:,} 条，用 --report FILE.json 保存全部 · "
            f"and {more:,} more; --report FILE.json keeps all"
        )


def _cells(finding: Report) -> Iterator[str]:
    yield str(finding.get("level") or "")
    yield " ".join(finding.get("codes") or ())
    yield "\n".join(part for part in (_place(finding), area(finding.get("area_m2"))) if part)
    yield f"{finding['zh']}\n{finding['en']}"


def _place(finding: Report) -> str:
    """Return where it is: in the world, else in the file."""
    if finding.get("lon") is not None:
        return f"{finding['lon']:.6f}, {finding['lat']:.6f}"
    if finding.get("feature") is not None:
        return f"{finding.get('file') or ''} #{finding['feature']}".strip()
    return str(finding.get("file") or "")


def area(area_m2: float | None) -> str:
    """Return an area in the unit people think of it in."""
    if not area_m2 or area_m2 < 0.005:
        return ""
    if area_m2 >= _KM2_M2:
        return f"{area_m2 / _KM2_M2:,.2f} km²"
    if area_m2 >= _HECTARE_M2:
        return f"{area_m2 / _HECTARE_M2:,.2f} ha"
    return f"{area_m2:,.2f} m²"
