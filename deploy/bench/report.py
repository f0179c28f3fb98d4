"""What every benchmark hands in: one table on the screen, one JSON file under `var/bench`."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table


def show(title: str, header: list[str], rows: list[list[str]]) -> None:
    """Print one table."""
    table = Table(title=title)
    for number, name in enumerate(header):
        table.add_column(name, justify="left" if number == 0 else "right")
    for row in rows:
        table.add_row(*row)
    Console(width=120).print(table)


def write(
    name: str,
    *,
    ratios: Mapping[str, float | None],
    figures: Mapping[str, float | None],
    counts: Mapping[str, int] | None = None,
) -> Path:
    """Write `var/bench/<name>.json`; a figure that could not be taken here is null.

    What is counted rather than measured, and has one right value, stands at the top.
    """
    folder = Path(os.environ.get("WANGGE_DATA", "var")) / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    document = {**(counts or {}), "ratios": dict(ratios), "figures": dict(figures)}
    path.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    return path
