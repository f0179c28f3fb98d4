"""The period a board looks at, as people write it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.command.domain.board import DAY, MONTH, YEAR, first_day_of
from services.command.domain.period import Period, period_of
from shared.kernel.errors import Invalid

TODAY = date(2026, 11, 23)


DAYS = st.dates(min_value=date(2023, 1, 1), max_value=date(2026, 12, 31))


class TestParts:
    @given(DAYS, st.integers(min_value=0, max_value=900), st.booleans())
    def test_hold_every_day_of_the_period_once(self, first: date, days: int, to_now: bool) -> None:
        period = Period(first, first + timedelta(days=days), to_now=to_now)

        held: list[date] = []
        for part in period.parts():
            if part.span != DAY:
                assert part.first == first_day_of(part.span, part.first)
                after = part.last + timedelta(days=1)
                assert after == first_day_of(part.span, after)
            held += [
                part.first + timedelta(days=number)
                for number in range((part.last - part.first).days + 1)
            ]

        beyond = [day for day in held if day > period.last]
        assert held == [first + timedelta(days=number) for number in range(len(held))]
        assert len(held) - len(beyond) == days + 1
        assert to_now or not beyond
        assert all(day.year == period.last.year for day in beyond)

    def test_of_all_time_are_whole_years(self) -> None:
        [part] = period_of("all", today=TODAY).parts()

        assert (part.span, part.last) == (YEAR, date(2026, 12, 31))

    def test_are_few_and_as_long_as_they_can_be(self) -> None:
        parts = period_of("2023-12-30..2026-02-03", today=TODAY).parts()

        assert [(part.span, str(part.first), str(part.last)) for part in parts] == [
            (DAY, "2023-12-30", "2023-12-31"),
            (YEAR, "2024-01-01", "2025-12-31"),
            (MONTH, "2026-01-01", "2026-01-31"),
            (DAY, "2026-02-01", "2026-02-03"),
        ]
        assert [part.span for part in period_of("7d", today=TODAY).parts()] == [DAY]
        assert [part.span for part in period_of("23d", today=TODAY).parts()] == [MONTH]

    @pytest.mark.parametrize("text", ["0001-01-01..9999-12-31", "9999-01-01..9999-12-31", "9999d"])
    def test_end_where_the_calendar_does(self, text: str) -> None:
        assert len(period_of(text, today=TODAY).parts()) <= 5


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
