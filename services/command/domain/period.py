"""The period a board looks at, as people write it."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from shared.kernel.errors import FieldError, Invalid

_DAYS = re.compile(r"([1-9]\d{0,3})d", re.ASCII)
_SPAN = re.compile(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})", re.ASCII)
_LONG_AGO = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in China's time, both ends included."""

    first: date
    last: date


def period_of(text: str, *, today: date) -> Period:
    """Return the period that *text* says: `today`, `7d`, `all`, or `2026-11-01..2026-11-23`.

    Raises:
        Invalid: it says none.
    """
    if text == "today":
        return Period(today, today)
    if text == "all":
        return Period(_LONG_AGO, today)
    if days := _DAYS.fullmatch(text):
        return Period(today - timedelta(days=int(days[1]) - 1), today)
    if span := _SPAN.fullmatch(text):
        return _span(span[1], span[2])
    raise _wrong()


def _span(first: str, last: str) -> Period:
    try:
        period = Period(date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        raise _wrong() from None
    if period.first > period.last:
        raise _wrong()
    return period


def _wrong() -> Invalid:
    return Invalid(
        code="invalid",
        zh="时段不合要求，详见 errors。",
        en="The period is wrong; see errors.",
        errors=(
            FieldError(
                field="period",
                code="wrong",
                zh="时段写作 today、7d、all 或 2026-11-01..2026-11-23",
                en="write today, 7d, all, or 2026-11-01..2026-11-23",
            ),
        ),
    )
