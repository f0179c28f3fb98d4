"""Periods of indicators as people write them, the one before each, and how far they have passed."""

from datetime import date, datetime, timedelta

import pytest

from services.command.domain.reported_period import ReportedPeriod, reported_period_of
from shared.kernel.clock import CHINA
from shared.kernel.errors import Invalid

TODAY = date(2026, 11, 28)
NOW = datetime(2026, 11, 28, 12, tzinfo=CHINA)


def days(text: str) -> tuple[str, str]:
    return said(reported_period_of(text, today=TODAY))


def said(period: ReportedPeriod) -> tuple[str, str]:
    return str(period.first), str(period.last)


@pytest.mark.parametrize(
    ("text", "period", "before"),
    [
        ("2026", ("2026-01-01", "2026-12-31"), ("2025-01-01", "2025-12-31")),
        ("2026-Q1", ("2026-01-01", "2026-03-31"), ("2025-10-01", "2025-12-31")),
        ("2024-02", ("2024-02-01", "2024-02-29"), ("2024-01-01", "2024-01-31")),
        ("2026-03-01", ("2026-03-01", "2026-03-01"), ("2026-02-28", "2026-02-28")),
        ("month", ("2026-11-01", "2026-11-30"), ("2026-10-01", "2026-10-31")),
        ("quarter", ("2026-10-01", "2026-12-31"), ("2026-07-01", "2026-09-30")),
        ("year", ("2026-01-01", "2026-12-31"), ("2025-01-01", "2025-12-31")),
        ("today", ("2026-11-28", "2026-11-28"), ("2026-11-27", "2026-11-27")),
        ("7d", ("2026-11-22", "2026-11-28"), ("2026-11-15", "2026-11-21")),
        ("2026-11-01..2026-11-10", ("2026-11-01", "2026-11-10"), ("2026-10-22", "2026-10-31")),
    ],
)
def test_a_period_has_one_of_its_kind_before_it(
    text: str, period: tuple[str, str], before: tuple[str, str]
) -> None:
    assert days(text) == period
    assert said(reported_period_of(text, today=TODAY).before()) == before


@pytest.mark.parametrize(
    "text",
    [
        *("", "2026-13", "2026-00", "2026-Q5", "2026-02-30", "26", "1999", "3000", "all", "9999d"),
        *("2026-11-02..2026-11-01", "2026-1", "lately", "２０２６", "0000-01-01", "2026-11-"),
    ],
)
def test_what_is_no_period_is_refused_with_what_is_one(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        reported_period_of(text, today=TODAY)

    [error] = refusal.value.errors
    assert (error.field, "2026-Q4" in error.zh) == ("period", True)


def test_a_period_that_goes_on_holds_what_has_passed_of_it() -> None:
    span = reported_period_of("month", today=TODAY).until(NOW)

    assert (span.since, span.until) == (datetime(2026, 11, 1, tzinfo=CHINA), NOW)


def test_one_that_is_over_is_whole_and_one_to_come_is_empty() -> None:
    october = reported_period_of("2026-10", today=TODAY).until(NOW)
    december = reported_period_of("2026-12", today=TODAY).until(NOW)

    assert october.until - october.since == timedelta(days=31)
    assert december.until == december.since
