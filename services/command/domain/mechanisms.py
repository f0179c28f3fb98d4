"""The mechanisms of the plan's items 8 and 14, five each, as figures and what they lack yet (`mechanisms.toml`)."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from services.command.domain.measure import Dated, Kind, Measure, Only, Text

_PLAN = Text(
    zh="《荆门市东宝区法治政府建设实施方案》第 {item} 项",
    en="Dongbao's plan for a government under law, item {item}",
)
_COUNT = Text(zh="本期上报的事项中的件数：{zh}。", en="How many were reported in the period: {en}.")
_RATE = {
    Dated.REPORTED: Text(
        zh="本期上报的相应事项中的比例：{zh}。",
        en="Of those reported in the period, the share: {en}.",
    ),
    Dated.DUE: Text(
        zh="到期日在本期的相应事项中的比例：{zh}。中止时间不计。",
        en="Of those due in the period, the share: {en}. Suspended time never counts.",
    ),
}
_APART = Text(zh="已注销的另列。", en=" The cancelled are apart.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mechanism:
    """A mechanism of the plan: what the platform can say of it today, and what it cannot yet.

    `alerts` says that early warning belongs to it.
    """

    name: str
    title: Text
    source: Text
    measures: tuple[Measure, ...]
    lacks: Text
    alerts: bool = False


def _mechanism_of(row: dict[str, Any]) -> Mechanism:
    source = _filled(_PLAN, item=row["item"])
    return Mechanism(
        name=row["name"],
        title=Text(zh=row["zh"], en=row["en"]),
        source=source,
        measures=tuple(_measure_of(figure, source) for figure in row["figure"]),
        lacks=Text(**row["lacks"]),
        alerts=row.get("alerts", False),
    )


def _measure_of(row: dict[str, Any], source: Text) -> Measure:
    dated, is_rate = Dated(row.get("dated", Dated.REPORTED)), row.get("rate", True)
    said = _filled(
        _RATE[dated] if is_rate else _COUNT, zh=row["zh"], en=row["en"][0].lower() + row["en"][1:]
    )
    return Measure(
        name=row["name"],
        title=Text(zh=row["zh"], en=row["en"]),
        meaning=Text(zh=said.zh + _APART.zh, en=said.en + _APART.en),
        source=source,
        kind=Kind(row.get("kind", Kind.REPORTED)),
        dated=dated,
        is_rate=is_rate,
        only=_only(row.get("only", {})),
        counts=_only(row.get("counts", {})),
        target=row.get("target"),
    )


def _filled(text: Text, **given: Any) -> Text:
    return Text(zh=text.zh.format(**given), en=text.en.format(**given))


def _only(row: dict[str, list[str]]) -> Only:
    return Only(**{name: tuple(listed) for name, listed in row.items()})


def _read() -> dict[str, Mechanism]:
    rows = tomllib.loads(files(__package__).joinpath("mechanisms.toml").read_text("utf-8"))
    return {row["name"]: _mechanism_of(row) for row in rows["mechanism"]}


MECHANISMS = _read()
