"""Reads rows of rules and office hours from TOML, and refuses what is not one with the place it stands at."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from shared.kernel.deadlines.limit import Direction, Ends
from shared.kernel.deadlines.office_hours import OfficeHours, checked_hours
from shared.kernel.deadlines.rule import Allowance, Confidence, Duty, Rule
from shared.kernel.deadlines.unit import Unit
from shared.kernel.errors import Refusal


class RowsWrong(Exception):
    """A file of rules is not right; the text names the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What a file holds."""

    rules: tuple[Rule, ...]
    office_hours: tuple[OfficeHours, ...]


_KNOWN = frozenset(
    [
        "id",
        "version",
        "from",
        "to",
        "zh",
        "en",
        "limit",
        "rolls",
        "ends",
        "duty",
        "grounds",
        "extension",
        "approver_zh",
        "approver_en",
        "times",
        "law",
        "article",
        "confidence",
        "direction",
        "on",
    ]
)


def read_rows(text: str, *, name: str) -> Rows:
    """Return the rows of a TOML document: `[[rule]]` and `[[office_hours]]`.

    Raises:
        RowsWrong: it is no TOML, or a row lacks something, has something unknown or is wrong.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RowsWrong(f"{name}: {error}") from None
    unknown = document.keys() - {"rule", "office_hours"}
    if unknown:
        raise RowsWrong(f"{name}: unknown {', '.join(sorted(unknown))}")
    rules = tuple(_each(document.get("rule", []), _rule, f"{name} rule"))
    hours = tuple(_each(document.get("office_hours", []), _hours, f"{name} office_hours"))
    return Rows(rules=rules, office_hours=hours)


def _each(rows: list[Mapping[str, Any]], read: Any, name: str) -> Iterator[Any]:
    for number, row in enumerate(rows, start=1):
        try:
            yield read(row)
        except (KeyError, TypeError, ValueError, Refusal) as error:
            raise RowsWrong(f"{name} {number} ({row.get('id', '?')}): {error}") from None


def _rule(row: Mapping[str, Any]) -> Rule:
    if unknown := row.keys() - _KNOWN:
        raise ValueError(f"unknown {', '.join(sorted(unknown))}")
    amount, _, unit = row["limit"].partition(" ")
    duty = Duty(row["duty"])
    rule = Rule(
        id=row["id"],
        version=row.get("version", 1),
        effective_from=row["from"],
        effective_to=row.get("to"),
        zh=row["zh"],
        en=row["en"],
        amount=int(amount),
        unit=Unit(unit),
        direction=Direction(row.get("direction", Direction.FORWARD)),
        rolls=row.get("rolls", duty is Duty.CITIZEN),
        ends=Ends(row.get("ends", Ends.MIDNIGHT)),
        duty=duty,
        grounds=frozenset(row.get("grounds", ())),
        allowance=_allowance(row),
        law=row["law"],
        article=row.get("article", ""),
        confidence=Confidence(row["confidence"]),
        is_on=row.get("on", True),
    )
    rule.limit().checked()
    return rule


def _allowance(row: Mapping[str, Any]) -> Allowance | None:
    if "extension" not in row:
        return None
    return Allowance(
        cap=row["extension"],
        approver_zh=row["approver_zh"],
        approver_en=row["approver_en"],
        times=row.get("times", 1),
    )


def _hours(row: Mapping[str, Any]) -> OfficeHours:
    spans = tuple((time.fromisoformat(opens), time.fromisoformat(to)) for opens, to in row["spans"])
    valid_from: date = row["from"]
    return checked_hours(OfficeHours(valid_from=valid_from, valid_to=row.get("to"), spans=spans))
