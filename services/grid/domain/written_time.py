"""Reads a date, or a time with its offset, as somebody wrote it (RFC 3339)."""

import re
from datetime import date, datetime, time

from shared.kernel.clock import CHINA
from shared.kernel.errors import FieldError

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


def is_date(text: str) -> bool:
    return _DATE.fullmatch(text) is not None


def read_time(text: str) -> datetime:
    """Return the instant; of a date alone 00:00 in China.

    Raises:
        ValueError: it is neither, or there is no such day or time.
    """
    if is_date(text):
        return datetime.combine(date.fromisoformat(text), time(), CHINA)
    if _TIME.fullmatch(text) is None:
        raise ValueError("neither a date nor a time with its offset")
    try:
        return datetime.fromisoformat(text.upper().replace("Z", "+00:00")).astimezone(CHINA)
    except OverflowError:
        raise ValueError("no such time") from None


def wrong_time(field: str) -> FieldError:
    return FieldError(
        field=field,
        code="wrong_time",
        zh="应为日期（如 2026-11-23）或带时区的时间（如 2026-11-23T08:30:00+08:00）",
        en="has to be a date, such as 2026-11-23, or a time with its offset, such as 2026-11-23T08:30:00+08:00",
    )
