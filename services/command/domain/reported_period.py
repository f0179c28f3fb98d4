"""The period that indicators are of: a day, a month, a quarter, a year, or any days from and to."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from services.command.domain.period import Period, period_of
from shared.kernel.clock import CHINA
from shared.kernel.errors import FieldError, Invalid

_WRITTEN = re.compile(
    r"(?P<year>\d{4})(-Q(?P<quarter>[1-4])|-(?P<month>\d\d)(-(?P<day>\d\d))?)?", re.ASCII
)
_A_DAY = timedelta(days=1)
# Nothing was reported before the one, nor will be after the other.
_FIRST_YEAR, _LAST_YEAR = 2000, 2999
MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class ReportedPeriod:
    """Whole days in China's time, both ends included; `months` long where it is such a part of a year."""

    first: date
    last: date
    months: int | None = None

    def before(self) -> "ReportedPeriod":
        """Return the period of the same kind that ends where this one begins."""
        if self.months is None:
            days = self.last - self.first
            return ReportedPeriod(self.first - _A_DAY - days, self.first - _A_DAY)
        return _of_months(_months_on(self.first, -self.months), self.months)

    def until(self, now: datetime) -> "Span":
        """Return the instants it holds, as far as they have passed."""
        since = _midnight(self.first)
        return Span(since, max(since, min(_midnight(self.last + _A_DAY), now)))


@dataclass(frozen=True, slots=True)
class Span:
    """Instants from `since` on and before `until`."""

    since: datetime
    until: datetime


def reported_period_of(text: str, *, today: date) -> ReportedPeriod:
    """Return the period that *text* says.

    `2026`, `2026-Q4`, `2026-11` and `2026-11-23` are a year, a quarter, a month and a day; `year`, `quarter`
    and `month` those that go on; `today`, `30d` and `2026-11-01..2026-11-23` are as boards have them.

    Raises:
        Invalid: it says none, or one before 2000 or after 2999.
    """
    if text in MONTHS:
        months = MONTHS[text]
        return _of_months(
            today.replace(day=1, month=(today.month - 1) // months * months + 1), months
        )
    written = _WRITTEN.fullmatch(text)
    try:
        found = _as_written(written) if written else _of_days(period_of(text, today=today))
    except (ValueError, Invalid):  # a board takes other words
        raise _wrong() from None
    if not _FIRST_YEAR < found.first.year <= found.last.year < _LAST_YEAR:
        raise _wrong()
    return found


def _as_written(written: re.Match[str]) -> ReportedPeriod:
    year, quarter, month, day = (
        written[name] and int(written[name]) for name in ("year", "quarter", "month", "day")
    )
    if day is not None:
        only = date(int(year), int(month), int(day))
        return ReportedPeriod(only, only)
    if month is not None:
        return _of_months(date(int(year), int(month), 1), 1)
    if quarter is not None:
        return _of_months(date(int(year), int(quarter) * 3 - 2, 1), 3)
    return _of_months(date(int(year), 1, 1), 12)


def _of_days(period: Period) -> ReportedPeriod:
    return ReportedPeriod(period.first, period.last)


def _of_months(first: date, months: int) -> ReportedPeriod:
    return ReportedPeriod(first, _months_on(first, months) - _A_DAY, months)


def _months_on(first: date, months: int) -> date:
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA)


def _wrong() -> Invalid:
    return Invalid(
        code="invalid",
        zh="时段不合要求，详见 errors。",
        en="The period is wrong; see errors.",
        errors=(
            FieldError(
                field="period",
                code="wrong",
                zh="时段写作 2026、2026-Q4、2026-11、2026-11-23、month、quarter、year、today、30d 或 2026-11-01..2026-11-23",
                en="write 2026, 2026-Q4, 2026-11, 2026-11-23, month, quarter, year, today, 30d, or 2026-11-01..2026-11-23",
            ),
        ),
    )
