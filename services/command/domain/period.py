"""The period a board looks at, as people write it."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

from services.command.domain.board import DAY, MONTH, YEAR, first_day_of
from shared.kernel.errors import FieldError, Invalid

_DAYS = re.compile(r"([1-9]\d{0,3})d", re.ASCII)
_SPAN = re.compile(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})", re.ASCII)
_A_DAY = timedelta(days=1)
# Nothing was reported before the one, nor will be after the other.
_LONG_AGO, _FAR_OFF = date(2000, 1, 1), date(2999, 12, 31)


@dataclass(frozen=True, slots=True)
class Part:
    """Spans of the boards' sums, by their first days; both ends included."""

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
        """Return the period as whole years, the whole months before and after, and the days left."""
        return _cut(max(self.first, _LONG_AGO), min(self._end(), _FAR_OFF), (YEAR, MONTH))

    def _end(self) -> date:
        """Return the last day: of the whole month or year, where that is all there is of it."""
        if self.to_now:
            for span in (YEAR, MONTH):
                if self.first <= first_day_of(span, self.last):
                    return _next(span, self.last) - _A_DAY
        return self.last


def _cut(first: date, last: date, spans: tuple[str, ...]) -> list[Part]:
    if first > last:
        return []
    if not spans:
        return [Part(DAY, first, last)]
    span, *smaller = spans
    start = first_day_of(span, first)
    start = start if start == first else _next(span, first)
    end = first_day_of(span, last + _A_DAY)
    if start >= end:
        return _cut(first, last, tuple(smaller))
    return [
        *_cut(first, start - _A_DAY, tuple(smaller)),
        Part(span, start, end - _A_DAY),
        *_cut(end, last, tuple(smaller)),
    ]


def _next(span: str, day: date) -> date:
    """Return the day on which the span after that of *day* begins."""
    longest = 31 if span == MONTH else 366
    return first_day_of(span, first_day_of(span, day) + timedelta(days=longest))


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
