"""The columns of exported incidents, and one incident as a row of them.

Left out is what says of a person more than the work needs (PIPL, article 6): who reported, whom to ask,
who handles it. What people wrote is there only where it was asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any

from services.gateway.domain.export import Export, Language
from shared.kernel.clock import CHINA

Row = dict[str, Any]


class Kind(Enum):
    """What a column holds; a time is an instant in China's offset, as RFC 3339 has it."""

    TEXT = auto()
    WHOLE = auto()
    DEGREES = auto()
    TIME = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, which is its English heading too, its Chinese heading, and its width in characters."""

    name: str
    zh: str
    kind: Kind = Kind.TEXT
    width: int = 12

    def heading(self, language: Language) -> str:
        return self.zh if language == "zh" else self.name


_LEVELS = {"district": "区", "street": "街道", "community": "社区", "cell": "网格"}
_FIRST = (
    Column("matter_no", "事项编号", width=18),
    Column("state", "状态代码"),
    Column("state_name", "状态"),
    Column("category", "类别代码"),
    Column("category_name", "类别", width=20),
    Column("severity", "等级"),
    Column("source", "来源", width=14),
    Column("level", "处置层级"),
)
_WRITTEN = (Column("title", "标题", width=40), Column("description", "描述", width=60))
_PLACE = tuple(
    column
    for level, zh in _LEVELS.items()
    for column in (
        Column(f"{level}_code", f"{zh}编码", width=18),
        Column(f"{level}_name", f"{zh}名称", width=16),
    )
)
_REST = (
    Column("place_status", "定位结果"),
    Column("boundary_version", "边界版本", Kind.WHOLE),
    Column("lon", "经度(WGS84)", Kind.DEGREES),
    Column("lat", "纬度(WGS84)", Kind.DEGREES),
    Column("observed_at", "发现时间(北京时间)", Kind.TIME, 20),
    Column("reported_at", "上报时间(北京时间)", Kind.TIME, 20),
    Column("updated_at", "更新时间(北京时间)", Kind.TIME, 20),
    Column("unit", "承办单位", width=18),
    Column("rework_count", "返工次数", Kind.WHOLE),
    Column("return_count", "退单次数", Kind.WHOLE),
    Column("file_count", "附件数", Kind.WHOLE),
    Column("duplicate_of", "重复于", width=18),
    Column("closed_off", "回避保密", Kind.WHOLE),
    Column("export_id", "导出编号", width=38),
)
WATERMARK = Column("watermark", "水印", width=60)

STATES = {
    "reported": "已上报",
    "accepted": "已受理",
    "cancelled": "已注销",
    "filed": "已立案",
    "dispatched": "已派遣",
    "returned": "已退单",
    "handling": "处置中",
    "suspended": "已挂起",
    "feedback": "已反馈",
    "checked": "已核查",
    "linked": "已转办",
    "self_handled": "即办即结",
    "closed": "已结案",
    "evaluated": "已评价",
}


def columns_of(export: Export) -> tuple[Column, ...]:
    """Return the columns of an export, in their order."""
    return (*_FIRST, *(_WRITTEN if export.with_text else ()), *_PLACE, *_REST)


def row_of(item: Mapping[str, Any], export: Export, categories: Mapping[str, str]) -> Row:
    """Return an incident, as patrol shows it, as a row; `categories` are names by their codes."""
    place = item["place"]
    row = {column.name: item.get(column.name) for column in columns_of(export)}
    return row | {
        "state_name": _state_name(item["state"], export.language),
        "category_name": categories.get(item["category"]),
        **_areas(place),
        "place_status": place["status"],
        "boundary_version": place["boundary_version"],
        "lon": item["location"]["lon"],
        "lat": item["location"]["lat"],
        **{name: _time(item[name]) for name in ("observed_at", "reported_at", "updated_at")},
        "file_count": len(item["files"]),
        "closed_off": int(item["closed_off"]),
        "export_id": export.export_id,
    }


def _areas(place: Mapping[str, Any]) -> Row:
    found: Row = {}
    for level in _LEVELS:
        area = place[level] or {"code": None, "name": None}
        found |= {f"{level}_code": area["code"], f"{level}_name": area["name"]}
    return found


def _state_name(state: str, language: Language) -> str:
    return STATES.get(state, state) if language == "zh" else state


def _time(said: str | None) -> str | None:
    if said is None:
        return None
    return datetime.fromisoformat(said).astimezone(CHINA).isoformat(timespec="seconds")
