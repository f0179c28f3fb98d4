"""The period a board looks at, as people write it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.command.domain.period import Period, period_of
from shared.kernel.errors import Invalid

TODAY = date(2026, 11, 23)


class TestPeriodOf:
    @pytest.mark.parametrize(
        ("text", "first", "last"),
        [
            ("today", TODAY, TODAY),
            ("1d", TODAY, TODAY),
            ("7d", date(2026, 11, 17), TODAY),
            ("365d", date(2025, 11, 24), TODAY),
            ("9999d", TODAY - timedelta(days=9998), TODAY),
            ("2026-11-01..2026-11-23", date(2026, 11, 1), TODAY),
            ("2024-02-29..2024-02-29", date(2024, 2, 29), date(2024, 2, 29)),
        ],
    )
    def test_reads_what_people_write(self, text: str, first: date, last: date) -> None:
        assert period_of(text, today=TODAY) == Period(first, last)

    def test_all_begins_before_anything_could_be_reported(self) -> None:
        period = period_of("all", today=TODAY)

        assert period.first <= date(2000, 1, 1)
        assert period.last == TODAY

    @given(st.integers(min_value=1, max_value=9999))
    def test_days_count_today_as_one_of_them(self, days: int) -> None:
        period = period_of(f"{days}d", today=TODAY)

        assert (period.last - period.first).days + 1 == days

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "0d",
            "-1d",
            "07d",
            "10000d",
            "7",
            "7 d",
            "7d\n",
            "７d",
            "week",
            "2026-11-01",
            "2026-11-23..2026-11-01",
            "2026-13-01..2026-13-02",
            "2026-02-29..2026-03-01",
            "2026-11-01..",
            "2026-11-01..2026-11-23..",
            "2026-11-01 .. 2026-11-23",
            "２０２６-11-01..2026-11-23",
        ],
    )
    def test_refuses_anything_else_and_says_what_to_write(self, text: str) -> None:
        with pytest.raises(Invalid) as refusal:
            period_of(text, today=TODAY)

        [error] = refusal.value.errors
        assert (error.field, error.code) == ("period", "wrong")
        assert "7d" in error.en
        assert "7d" in error.zh
