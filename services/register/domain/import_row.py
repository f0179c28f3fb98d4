"""A row of a file that is imported, read as the order that would enter it.

Headings are the names of the fields, or what clerks call them; of words either is taken.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from services.register.domain.kinds import KINDS
from shared.contracts.register import RecordKind, RecordOrder
from shared.kernel.errors import FieldError

HEADINGS: Mapping[str, str] = {
    "名称": "name",
    "类型": "type",
    "编号": "source_no",
    "统一社会信用代码": "credit_code",
    "是否出租": "rented",
    "姓名": "personal.name",
    "公民身份号码": "personal.id_number",
    "身份证号": "personal.id_number",
    "联系电话": "personal.phone",
    "地址": "personal.address",
    "经度": "location.lon",
    "纬度": "location.lat",
    "坐标系": "location.crs",
    "房屋编号": "house_no",
    "起始日期": "since",
}
FIELDS = frozenset(HEADINGS.values())
_YES_NO = {
    **dict.fromkeys(("是", "true", "1", "yes"), True),
    **dict.fromkeys(("否", "false", "0", "no"), False),
}
_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_ORDER = TypeAdapter(RecordOrder)


def fields_of(headings: Sequence[str]) -> list[str | None]:
    """Return the field that each column says; None for a heading that is none."""
    named = [HEADINGS.get(heading.strip(), heading.strip()) for heading in headings]
    return [name if name in FIELDS else None for name in named]


def wrong_headings(headings: Sequence[str]) -> list[FieldError]:
    """Return what is wrong with the headings of a file."""
    fields = fields_of(headings)
    errors = [
        FieldError(
            field=f"headings.{number}",
            code="unknown_heading",
            zh="没有这个列名，可用：" + "、".join(HEADINGS),
            en="no such heading; there are: " + ", ".join(sorted(FIELDS)),
        )
        for number, field in enumerate(fields)
        if field is None
    ]
    return errors + [
        FieldError(
            field=f"headings.{number}",
            code="repeated",
            zh="列名重复",
            en="this heading is there twice",
        )
        for number, field in enumerate(fields)
        if field is not None and field in fields[:number]
    ]


def read(
    kind: RecordKind, fields: Sequence[str | None], cells: Sequence[str]
) -> tuple[RecordOrder | None, str | None, list[FieldError]]:
    """Return the order a row stands for, the number of the house it names, and what is wrong.

    An empty cell says nothing. What is wrong is named by field and never quoted.
    """
    said = {
        name: cell.strip()
        for name, cell in zip(fields, cells, strict=False)
        if name is not None and cell.strip()
    }
    house_no = said.pop("house_no", None)
    order: dict[str, Any] = {"kind": kind}
    for name, cell in said.items():
        part, _, inner = name.rpartition(".")
        (order.setdefault(part, {}) if part else order)[inner] = _value(kind, name, cell)
    try:
        return _ORDER.validate_python(order), house_no, []
    except ValidationError as wrong:
        return None, house_no, [_finding(detail) for detail in wrong.errors(include_url=False)]


def _value(kind: RecordKind, name: str, cell: str) -> Any:
    if name == "type":
        words = {zh: word for word, zh in KINDS[kind].types.items()}
        return words.get(cell, cell)
    if name == "rented":
        return _YES_NO.get(cell.lower(), cell)
    if name == "personal.id_number":
        return cell.upper()
    if name == "since":
        return _day(cell)
    return cell


def _day(cell: str) -> str:
    """Return a day as ISO 8601 writes it; digits alone would be read as seconds since 1970."""
    written = _DAY.fullmatch(cell)
    if written is None:
        return "no day"
    year, month, day = written.groups()
    return f"{year}-{month:0>2}-{day:0>2}"


def _finding(detail: Any) -> FieldError:
    return FieldError(
        field=".".join(map(str, detail["loc"])),
        code=detail["type"],
        zh="不合要求",
        en=detail["msg"],
    )


def key_of(order: RecordOrder) -> str | None:
    """Return the exact number that tells a row from others, and finds it on record when it comes again."""
    number = order.personal.id_number
    if number is not None:
        return f"id:{number.plain}"
    if order.credit_code is not None:
        return f"credit:{order.credit_code}"
    return None if order.source_no is None else f"no:{order.source_no}"
