"""The account of a fuzzing run: how many cases, how each ended, and what is wrong."""

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from tests.fuzzing.drawing import SEED

# Enough to see what is the matter; one defect often shows in a thousand cases.
MOST_SHOWN = 20


@dataclass(kw_only=True)
class Account:
    """What came of the cases of one run; `findings` are defects, empty when all is well."""

    name: str
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: dict[str, str] = field(default_factory=dict)
    found: Counter[str] = field(default_factory=Counter)

    @property
    def cases(self) -> int:
        return self.outcomes.total()

    def ended(self, kind: str, how: str) -> None:
        self.outcomes[f"{kind}: {how}"] += 1

    def find(self, what: str, example: object) -> None:
        """Note a defect, with the first case in which it showed."""
        self.found[what] += 1
        self.findings.setdefault(what, str(example)[:2000])

    def lines(self) -> list[str]:
        """Return the account as a person reads it."""
        counts = [f"{count:>8,}  {what}" for what, count in sorted(self.outcomes.items())]
        wrong = [
            f"{self.found[what]} × {what}\n    {self.findings[what]}" for what in self.findings
        ]
        return [f"{self.name}: {self.cases:,} cases, seed {SEED}", *counts, *wrong[:MOST_SHOWN]]

    def write(self) -> Path:
        """Write it as `fuzz/<name>.json` in the data folder."""
        folder = Path(os.environ.get("WANGGE_DATA", "var")) / "fuzz"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{self.name}.json"
        told: dict[str, Any] = {
            "cases": self.cases,
            "seed": SEED,
            "outcomes": dict(sorted(self.outcomes.items())),
            "found": dict(self.found),
            "findings": self.findings,
        }
        file.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))
        return file

    def close(self) -> None:
        """Print and write it; raises `AssertionError` when anything is wrong."""
        print("\n".join(self.lines()))  # noqa: T201 – pytest shows it where it is wanted
        self.write()
        assert not self.findings, "\n".join(self.lines())
