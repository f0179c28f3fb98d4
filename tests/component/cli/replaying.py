"""A table and its mapping in a folder, and `wangge replay-csv` run on them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.component.cli.commands import Command, Ended, Shell

MAPPING = """\
name: city
key: Id
location: {lon: Lon, lat: Lat}
category: {column: Kind, values: {A: "06", B: "11", Z: "99"}}
title: "{Kind} {Id}"
skip_when_empty: [Lon]
accept_outside: true
expected_area: {column: Area}
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a replay ended, and the report it kept, if any."""

    ended: Ended
    report: dict[str, Any]

    @property
    def code(self) -> int:
        return self.ended.code

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Return how many rows were sent, created, repeated, and bad."""
        report = self.report
        return report["sent"], report["created"], report["repeated"], report["bad"]


class Replay:
    """One table, replayed as often as a test likes."""

    def __init__(self, shell: Shell, folder: Path) -> None:
        self._shell = shell
        self._table = folder / "city.csv"
        self._mapping = folder / "city.yaml"
        self._report = folder / "report.json"
        self.map(MAPPING)

    def map(self, text: str) -> None:
        self._mapping.write_text(text, "utf-8")

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        lines = ["Id,Kind,Lon,Lat,Area", *(",".join(str(cell) for cell in row) for row in rows)]
        self._table.write_text("\n".join(lines) + "\n", "utf-8")

    def begin(self, *more: str) -> Command:
        self._report.unlink(missing_ok=True)
        arguments = ["replay-csv", str(self._table), "--mapping", str(self._mapping)]
        return self._shell.begin([*arguments, "--report", str(self._report), *more])

    def run(self, *more: str) -> Outcome:
        ended = self.begin(*more).ended()
        assert "Traceback" not in ended.err, ended.err
        kept = self._report.exists()
        return Outcome(ended, json.loads(self._report.read_text("utf-8")) if kept else {})


def good(count: int) -> list[tuple[Any, ...]]:
    """Return rows of which every one becomes an incident in the cell recorded for it."""
    return [(f"r{n}", "AB"[n % 2], 100.5 + n % 20, 31, 100 + n % 20) for n in range(count)]
