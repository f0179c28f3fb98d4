"""An export: who took what out, when and by which right. It is told in every file, and in the audit trail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

Language = Literal["zh", "en"]


class Form(StrEnum):
    """The forms an export may have."""

    CSV = "csv"
    XLSX = "xlsx"
    GPKG = "gpkg"


class ExportState(StrEnum):
    """How far the file of an export is."""

    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One line of a watermark."""

    name: str
    zh: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What somebody exports; `places` are the nodes of the rights by which he does.

    `where` is the filter as it was asked for, and `total` how many rows it let through at the beginning.
    """

    export_id: str
    form: Form
    account: str
    places: tuple[str, ...]
    unit: str | None
    at: datetime
    where: Mapping[str, Any]
    with_text: bool
    reason: str | None
    language: Language
    total: int

    @property
    def filter_text(self) -> str:
        """Return the filter in one line; empty where all was asked for."""
        parts = (f"{name}={_said(value)}" for name, value in self.asked.items())
        return _in_one_line("; ".join(parts))

    @property
    def asked(self) -> dict[str, Any]:
        """Return those parts of the filter that keep anything out."""
        return {name: value for name, value in self.where.items() if value}

    @property
    def file_name(self) -> str:
        """Return a name that says when, and which export it was."""
        return f"incidents-{self.at:%Y%m%d-%H%M%S}-{self.export_id[-8:]}.{self.form}"

    @property
    def watermark(self) -> str:
        """Return who, when and what in one line, for every row and page."""
        parts = (
            f"{self.account}@{','.join(self.places) or '-'}",
            self.at.isoformat(timespec="seconds"),
            f"n={self.total}",
            self.filter_text or "*",
        )
        return " | ".join(parts)

    def marks(self, rows: int) -> list[Mark]:
        """Return the whole watermark of a file that holds so many rows."""
        said = (
            ("export_id", "导出编号", self.export_id),
            ("account", "导出账号", self.account),
            ("places", "权限所在区划", ", ".join(self.places)),
            ("unit", "所在单位", self.unit or ""),
            ("exported_at", "导出时间", self.at.isoformat(timespec="seconds")),
            ("filter", "筛选条件", self.filter_text),
            ("with_text", "含标题与描述", "true" if self.with_text else "false"),
            ("reason", "理由", _in_one_line(self.reason or "")),
            ("rows", "行数", str(rows)),
            ("crs", "坐标系", "WGS 84 (EPSG:4326)"),
        )
        return [Mark(name=name, zh=zh, value=value) for name, zh, value in said]


def _said(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _in_one_line(text: str) -> str:
    """Return a text that fits a page's header and XML: what cannot be printed is a space there."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
