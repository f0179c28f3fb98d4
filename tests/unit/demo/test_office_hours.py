"""Office hours of the story: weekdays, 8:30 to 12:00 and 14:00 to 17:30."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.demo.office_hours import after_office_hours
from shared.kernel.clock import CHINA

HOURS = st.floats(0.01, 60)
TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(  # noqa: DTZ001 -- made aware here
    lambda at: at.replace(tzinfo=CHINA)
)


class TestAfterOfficeHours:
    @pytest.mark.parametrize(
        ("start", "hours", "end"),
        [
            ("2026-11-23T09:00", 2, "2026-11-23T11:00"),
            ("2026-11-23T11:00", 2, "2026-11-23T15:00"),
            ("2026-11-23T12:30", 0.5, "2026-11-23T14:30"),
            ("2026-11-20T17:00", 1, "2026-11-23T09:00"),
            ("2026-11-21T10:00", 7, "2026-11-23T17:30"),
            ("2026-11-23T03:00", 8, "2026-11-24T09:30"),
        ],
    )
    def test_counts_office_hours_only(self, start: str, hours: float, end: str) -> None:
        at = after_office_hours(datetime.fromisoformat(start).replace(tzinfo=CHINA), hours)

        assert at == datetime.fromisoformat(end).replace(tzinfo=CHINA)

    @given(start=TIMES, first=HOURS, second=HOURS)
    def test_adds_up(self, start: datetime, first: float, second: float) -> None:
        in_two = after_office_hours(after_office_hours(start, first), second)

        assert abs(in_two - after_office_hours(start, first + second)) <= timedelta(microseconds=9)

    def test_reads_any_zone(self) -> None:
        assert after_office_hours(datetime(2026, 11, 23, 1, tzinfo=UTC), 1) == datetime(
            2026, 11, 23, 10, tzinfo=CHINA
        )
