"""An import on its way: received, checked, confirmed, written."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from services.register.domain.record import CLEAR_FIELDS, PERSONAL_FIELDS, Record
from shared.contracts.register import RecordKind, RecordOrder, RecordPersonalData
from shared.kernel.errors import FieldError, NotFound, RuleBroken

ImportState = Literal["receiving", "checked", "refused", "writing", "done", "cancelled"]
# What a row will do, and what became of it.
RowAction = Literal["create", "change", "same"]
RowOutcome = Literal["created", "changed", "same", "conflict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """A file of records; `checked` rows of `total` were looked at, `wrong` of them will not do."""

    import_id: str
    kind: RecordKind
    state: ImportState
    account: str
    headings: list[str]
    total: int
    checked: int
    wrong: int
    done: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRow:
    """A row that was looked at: what it says, where that lies, and what it will do or what is wrong."""

    number: int
    order: RecordOrder | None
    spot: Mapping[str, Any] | None
    action: RowAction | None
    target: str | None
    target_version: int | None
    key: str | None
    errors: tuple[FieldError, ...]
    # The records of its exact number, wherever in the district they lie.
    known: tuple[str, ...] = ()


def kept_where_silent(order: RecordOrder, record: Record) -> RecordOrder:
    """Return what a row says of a record that is there: what it is silent about stays."""
    clear = {
        name: value if (value := getattr(order, name)) is not None else getattr(record, name)
        for name in CLEAR_FIELDS
    }
    personal = {
        name: value
        if (value := getattr(order.personal, name)) is not None
        else getattr(record.personal, name)
        for name in PERSONAL_FIELDS
    }
    return replace(order, **clear, personal=RecordPersonalData(**personal))


def no_such_import() -> NotFound:
    return NotFound(
        code="no_such_import",
        zh="没有这个编号的导入，或它不是您发起的。",
        en="There is no import of that id, or it is not yours.",
    )


def not_in_state(state: str) -> RuleBroken:
    return RuleBroken(
        code="import_state",
        zh=f"该导入现为 {state}，不能这样做；有错误的须改正文件后重新上传。",
        en=f"The import is {state} now and this cannot be done; mend the file of one with errors, and send it anew.",
    )
