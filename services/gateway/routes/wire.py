"""What a client sent, checked for what no field may hold and made ready to cross an RPC."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from shared.kernel.errors import FieldError, Invalid
from shared.kernel.personal_data import CLEAR, plain
from shared.runtime.outbox import adapter

_LARGEST = 2**63 - 1
_YEARS = range(1900, 2201)


def wired(body: Any) -> Any:
    """Return a dataclass, or a list of them, as JSON-ready values.

    Raises:
        Invalid: a number is not finite or too large, a time has no offset or is of another age, or
            a text holds a NUL character, which databases do not keep.
    """
    errors = tuple(_findings(body, ""))
    if errors:
        raise Invalid(
            code="invalid",
            zh="有字段不合要求，详见 errors。",
            en="Some fields are wrong; see errors.",
            errors=errors,
        )
    return [_clear(part) for part in body] if isinstance(body, list) else _clear(body)


def _clear(body: Any) -> Any:
    """Return what goes to the service that seals it: masked, nobody could."""
    contract: Any = type(body)
    return adapter(contract).dump_python(body, mode="json", context=CLEAR)


def wired_time(moment: datetime | None, field: str) -> str | None:
    """Return a time from a query as JSON-ready text; raises `Invalid` as `wired` does."""
    if moment is None:
        return None
    errors = tuple(_findings(moment, field))
    if errors:
        raise Invalid(
            code="invalid",
            zh="时间不合要求，详见 errors。",
            en="The time is wrong; see errors.",
            errors=errors,
        )
    return moment.isoformat()


def _findings(value: Any, path: str) -> Iterator[FieldError]:
    finding = _finding(value)
    if finding is not None:
        code, zh, en = finding
        yield FieldError(field=path, code=code, zh=zh, en=en)
    for name, item in _parts(value):
        yield from _findings(item, f"{path}.{name}" if path else str(name))


def _parts(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, dict):
        return value.items()
    if isinstance(value, list | tuple):
        return enumerate(value)
    if is_dataclass(value):
        return ((field.name, getattr(value, field.name)) for field in fields(value))
    return ()


def _finding(value: Any) -> tuple[str, str, str] | None:
    if isinstance(value, float) and not math.isfinite(value):
        return "finite_number", "应为有限数字", "has to be a finite number"
    if isinstance(value, int) and abs(value) > _LARGEST:
        return "int_too_large", "数值过大", "the number is too large"
    if isinstance(value, str) and "\x00" in plain(value):
        return "nul_character", "不得含有 NUL 字符", "must not hold a NUL character"
    return _time_finding(value) if isinstance(value, datetime) else None


def _time_finding(moment: datetime) -> tuple[str, str, str] | None:
    if moment.tzinfo is None:
        return (
            "timezone_aware",
            "时间须带时区，如 2026-11-23T08:00:00+08:00",
            "give the time with its offset, such as 2026-11-23T08:00:00+08:00",
        )
    if moment.year not in _YEARS:
        return (
            "time_out_of_range",
            "时间须在 1900 年至 2200 年之间",
            "the time has to lie between 1900 and 2200",
        )
    return None
