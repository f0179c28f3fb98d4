"""The period a board looks at, as people write it."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

from services.command.domain.board import DAY, MONTH
from shared.kernel.errors import FieldError, Invalid

_DAYS = re.compile(r"([1-9]\d{0,3})d", re.ASCII)
_SPAN = re.compile(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})", re.ASCII)
_A_DAY = timedelta(days=1)
_LONG_AGO = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Part:
    """Days, or whole months by their first day: the spans of the boards' sums; both ends included."""

    span: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in China's time, both ends included. `to_now` says that nothing lies behind it."""

    first: date
    last: date
    to_now: bool = field(default=False, compare=False)

    def parts(self) -> list[Part]:
        """Return the period as whole months and the days before and after them."""
        last = _end_of_month(self.last) if self.to_now else self.last
        months_from = self.first if self.first.day == 1 else _end_of_month(self.first) + _A_DAY
        months_to = (last + _A_DAY).replace(day=1)
        if months_from >= months_to:
            return [Part(DAY, self.first, last)]
        parts = [
            Part(DAY, self.first, months_from - _A_DAY),
            Part(MONTH, months_from, months_to - _A_DAY),
            Part(DAY, months_to, last),
        ]
        return [part for part in parts if part.first <= part.last]


def period_of(text: str, *, today: date) -> Period:
    """Return the period that *text* says: `today`, `7d`, `all`, or `2026-11-01..2026-11-23`.

    Raises:
        Invalid: it says none.
    """
    if text == "today":
        return Period(today, today, to_now=True)
    if text == "all":
        return Period(_LONG_AGO, today, to_now=True)
    if days := _DAYS.fullmatch(text):
        return Period(today - timedelta(days=int(days[1]) - 1), today, to_now=True)
    if span := _SPAN.fullmatch(text):
        return _span(span[1], span[2])
    raise _wrong()


def _end_of_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - _A_DAY


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
