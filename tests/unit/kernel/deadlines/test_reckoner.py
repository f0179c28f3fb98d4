"""Counting against a slow oracle that walks day by day and minute by minute, 2004 to 2026, and its corners."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.kernel.clock import CHINA
from shared.kernel.deadlines.limit import Direction, Ends, Limit
from shared.kernel.deadlines.office_hours import OfficeHours, OfficeHoursTable
from shared.kernel.deadlines.reckoner import Reckoner
from shared.kernel.deadlines.reckoning import Due
from shared.kernel.deadlines.stop import Stop
from shared.kernel.deadlines.unit import MOST, Unit
from shared.kernel.errors import Invalid
from tests.unit.kernel.deadlines import oracle
from tests.unit.kernel.deadlines.counting import CALENDAR, RECKONER, at, stop

MINUTES = st.integers(0, 24 * 60 - 1)
STARTS = st.builds(
    lambda day, minute: datetime.combine(day, time(), CHINA) + timedelta(minutes=minute),
    st.dates(date(2004, 6, 1), date(2025, 6, 1)),
    MINUTES,
)
SPANS = st.tuples(st.integers(-3, 60), MINUTES, st.integers(0, 20), MINUTES)
DAYS = st.sampled_from([Unit.CALENDAR_DAY, Unit.WORKING_DAY])


def stops_from(start: datetime, spans: list[tuple[int, int, int, int]]) -> tuple[Stop, ...]:
    """Return stops that begin some days around *start*, of some days; they may overlap."""
    midnight = start.replace(hour=0, minute=0)
    stops = []
    for day, minute, days, until in spans:
        begins = midnight + timedelta(days=day, minutes=minute)
        ends = max(begins, midnight + timedelta(days=day + days, minutes=until))
        stops.append(Stop(begins=begins, ends=ends))
    return tuple(stops)


def due(limit: Limit, start: str, *stops: Stop, by: Reckoner = RECKONER) -> Due:
    found = by.reckon(limit, at(start), stops).due
    assert found is not None
    return found


class TestReckonerAgainstTheOracle:
    @given(DAYS, STARTS, st.integers(1, 90), st.lists(SPANS, max_size=4))
    def test_counts_days_with_stops(
        self, unit: Unit, start: datetime, number: int, spans: list[tuple[int, int, int, int]]
    ) -> None:
        stops = stops_from(start, spans)

        counted = RECKONER.reckon(Limit(amount=number, unit=unit), start, stops)

        working = unit is Unit.WORKING_DAY
        assert counted.ends_on == oracle.last_day(start.date(), number, stops, working=working)

    @given(STARTS, st.integers(1, 90), st.integers(0, 30))
    def test_rolls_an_extended_limit_off_rest_days(
        self, start: datetime, number: int, extension: int
    ) -> None:
        limit = Limit(amount=number, unit=Unit.CALENDAR_DAY, extension=extension, rolls=True)

        counted = RECKONER.reckon(limit, start).due

        last = oracle.last_day(start.date(), number + extension, (), working=False)
        assert counted is not None
        assert counted.on == oracle.rolled(last)
        assert counted.at == datetime.combine(counted.on + oracle.DAY, time(), CHINA)

    @given(DAYS, STARTS, st.integers(1, 90))
    def test_counts_days_back(self, unit: Unit, start: datetime, number: int) -> None:
        limit = Limit(amount=number, unit=unit, direction=Direction.BACKWARD)

        counted = RECKONER.reckon(limit, start)

        working = unit is Unit.WORKING_DAY
        assert counted.ends_on == oracle.first_day_back(start.date(), number, working=working)

    @given(STARTS, st.integers(1, 20), st.lists(SPANS, max_size=3))
    @settings(max_examples=40, deadline=None)
    def test_counts_working_hours_with_stops(
        self, start: datetime, hours: int, spans: list[tuple[int, int, int, int]]
    ) -> None:
        stops = stops_from(start, [(day % 5, *rest) for day, *rest in spans])  # type: ignore[misc]

        counted = RECKONER.reckon(Limit(amount=hours, unit=Unit.WORKING_HOUR), start, stops)

        assert counted.due is not None
        assert counted.due.at == oracle.after_minutes(start, hours * 60, stops, working=True)

    @given(STARTS, st.integers(1, 30))
    @settings(max_examples=40, deadline=None)
    def test_counts_working_hours_back(self, start: datetime, hours: int) -> None:
        limit = Limit(amount=hours, unit=Unit.WORKING_HOUR, direction=Direction.BACKWARD)

        counted = RECKONER.reckon(limit, start).due

        assert counted is not None
        assert counted.at == oracle.before_minutes(start, hours * 60, working=True)

    @given(STARTS, st.integers(1, 3000), st.lists(SPANS, max_size=3))
    @settings(max_examples=40, deadline=None)
    def test_counts_clock_time_with_stops(
        self, start: datetime, minutes: int, spans: list[tuple[int, int, int, int]]
    ) -> None:
        stops = stops_from(start, [(day % 3, *rest) for day, *rest in spans])  # type: ignore[misc]

        counted = RECKONER.reckon(Limit(amount=minutes, unit=Unit.MINUTE), start, stops)

        assert counted.due is not None
        assert counted.due.at == oracle.after_minutes(start, minutes, stops, working=False)

    def test_knows_each_day_as_the_oracle_does(self) -> None:
        day = date(2004, 1, 1)
        while day.year < 2027:
            assert CALENDAR.is_working(day) is oracle.is_worked(day), day
            day += oracle.DAY


class TestReckoner:
    @pytest.mark.parametrize(
        ("amount", "unit", "start", "ends_on"),
        [
            (1, Unit.MONTH, "2024-01-31", "2024-02-29"),
            (1, Unit.MONTH, "2023-01-31", "2023-02-28"),
            (12, Unit.MONTH, "2024-02-29", "2025-02-28"),
            (1, Unit.YEAR, "2024-02-29", "2025-02-28"),
            (4, Unit.YEAR, "2024-02-29", "2028-02-29"),
            (365, Unit.CALENDAR_DAY, "2024-02-28", "2025-02-27"),
            (1, Unit.CALENDAR_DAY, "2024-02-28", "2024-02-29"),
        ],
    )
    def test_finds_its_way_through_leap_years(
        self, amount: int, unit: Unit, start: str, ends_on: str
    ) -> None:
        assert str(due(Limit(amount=amount, unit=unit), start).on) == ends_on

    def test_counts_months_back(self) -> None:
        limit = Limit(amount=1, unit=Unit.MONTH, direction=Direction.BACKWARD)

        assert str(due(limit, "2024-03-31").on) == "2024-02-29"

    @pytest.mark.parametrize(
        ("start", "ends_on"),
        [("2026-02-10T00:00", "2026-02-11"), ("2026-02-10T23:59:59", "2026-02-11")],
        ids=["at 00:00, which begins the day", "right before 24:00"],
    )
    def test_takes_the_day_of_an_event_as_day_0(self, start: str, ends_on: str) -> None:
        assert str(due(Limit(amount=1, unit=Unit.WORKING_DAY), start).on) == ends_on

    def test_starts_a_limit_of_working_days_on_a_day_off_with_the_next_one(self) -> None:
        assert str(due(Limit(amount=1, unit=Unit.WORKING_DAY), "2026-10-01").on) == "2026-10-08"

    @pytest.mark.parametrize(
        ("start", "hours", "ends"),
        [
            ("2026-11-27T17:30", 1, "2026-11-30T09:30"),
            ("2026-11-27T14:30", 3, "2026-11-27T17:30"),
            ("2026-11-27T08:30", 3, "2026-11-27T11:30"),
            ("2026-11-27T12:00", 3, "2026-11-27T17:30"),
            ("2026-11-27T13:00", 4, "2026-11-30T09:30"),
            ("2026-11-28T03:00", 1, "2026-11-30T09:30"),
            ("2026-02-13T17:00", 1, "2026-02-14T09:00"),
        ],
        ids=[
            "from the close of business",
            "exactly to the close of business",
            "inside the morning",
            "exactly over an afternoon",
            "from the break, over a weekend",
            "from a rest day",
            "onto a make-up Saturday",
        ],
    )
    def test_counts_working_hours_inside_office_hours(
        self, start: str, hours: int, ends: str
    ) -> None:
        assert due(Limit(amount=hours, unit=Unit.WORKING_HOUR), start).at == at(ends)

    def test_ends_at_the_close_of_business_where_there_is_one(self) -> None:
        days = Limit(amount=3, unit=Unit.WORKING_DAY, ends=Ends.CLOSE_OF_BUSINESS)
        on_sunday = Limit(amount=2, unit=Unit.CALENDAR_DAY, ends=Ends.CLOSE_OF_BUSINESS)

        assert due(days, "2026-11-24").at == at("2026-11-27T17:30")
        assert due(on_sunday, "2026-11-27").at == at("2026-11-30T00:00")

    def test_goes_by_the_office_hours_valid_on_each_day(self) -> None:
        summer = OfficeHours(
            valid_from=date(2026, 5, 1),
            valid_to=date(2026, 9, 30),
            spans=((time(8, 0), time(12, 0)), (time(15, 0), time(18, 0))),
        )
        reckoner = Reckoner(CALENDAR, OfficeHoursTable([summer]))
        limit = Limit(amount=1, unit=Unit.WORKING_HOUR)

        assert due(limit, "2026-04-30T17:00", by=reckoner).at == at("2026-05-06T08:30")
        assert due(limit, "2026-09-30T17:30", by=reckoner).at == at("2026-10-08T09:00")

    def test_rolls_back_what_is_counted_back(self) -> None:
        limit = Limit(amount=3, unit=Unit.CALENDAR_DAY, direction=Direction.BACKWARD, rolls=True)

        assert str(due(limit, "2026-10-08").on) == "2026-09-30"

    def test_leaves_hours_on_a_rest_day(self) -> None:
        limit = Limit(amount=24, unit=Unit.HOUR, rolls=True)

        assert due(limit, "2026-09-30T10:00").at == at("2026-10-01T10:00")

    def test_stands_while_a_stop_has_no_end(self) -> None:
        for unit in (Unit.WORKING_DAY, Unit.CALENDAR_DAY, Unit.WORKING_HOUR, Unit.HOUR):
            standing = RECKONER.reckon(
                Limit(amount=30, unit=unit),
                at("2026-03-02T09:00"),
                [stop("2026-03-02T10:00", None)],
            )

            assert standing.due is None

    def test_does_not_stand_for_a_stop_that_came_after_the_end(self) -> None:
        late = stop("2026-03-05T10:00", None)

        assert (
            str(due(Limit(amount=2, unit=Unit.WORKING_DAY), "2026-03-02", late).on) == "2026-03-04"
        )

    def test_counts_overlapping_stops_once(self) -> None:
        twice = [
            stop("2026-03-03T10:00", "2026-03-06T10:00"),
            stop("2026-03-05", "2026-03-10T09:00"),
        ]

        assert (
            str(due(Limit(amount=5, unit=Unit.CALENDAR_DAY), "2026-03-02", *twice).on)
            == "2026-03-14"
        )

    def test_takes_no_notice_of_a_stop_that_ended_before_the_start(self) -> None:
        before = stop("2026-02-02", "2026-02-27")

        assert (
            str(due(Limit(amount=5, unit=Unit.CALENDAR_DAY), "2026-03-02", before).on)
            == "2026-03-07"
        )

    def test_begins_on_the_day_a_clock_that_stood_at_the_start_runs_again(self) -> None:
        from_start = stop("2026-03-01", "2026-03-10T16:00")

        assert (
            str(due(Limit(amount=5, unit=Unit.CALENDAR_DAY), "2026-03-02", from_start).on)
            == "2026-03-15"
        )

    def test_leaves_of_the_last_day_what_was_left_when_it_was_stopped(self) -> None:
        last_day = stop("2026-03-07T10:00", "2026-03-12T10:00")

        assert (
            str(due(Limit(amount=5, unit=Unit.CALENDAR_DAY), "2026-03-02", last_day).on)
            == "2026-03-12"
        )

    def test_goes_on_rolling_after_a_stop_on_the_way_to_the_day_it_rolls_to(self) -> None:
        limit = Limit(amount=15, unit=Unit.CALENDAR_DAY, rolls=True)
        in_holidays = stop("2026-10-05", "2026-10-10T10:00")

        assert str(due(limit, "2026-09-18", in_holidays).on) == "2026-10-10"

    @pytest.mark.parametrize("unit", list(Unit))
    def test_refuses_what_is_longer_than_any_law_has_it(self, unit: Unit) -> None:
        for amount in (0, -1, MOST[unit] + 1):
            with pytest.raises(Invalid, match="amount_out_of_range"):
                RECKONER.reckon(Limit(amount=amount, unit=unit), at("2026-03-02"))

    @given(
        st.sampled_from(list(Unit)),
        st.sampled_from(list(Direction)),
        st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29)),  # noqa: DTZ001 – given its zone below
        st.integers(1, 100_000),
        st.booleans(),
    )
    @example(Unit.WORKING_HOUR, Direction.BACKWARD, datetime(2004, 1, 1), 1, True)  # noqa: DTZ001
    @example(Unit.WORKING_DAY, Direction.FORWARD, datetime(2100, 12, 31), 1, True)  # noqa: DTZ001
    @example(Unit.CALENDAR_DAY, Direction.FORWARD, datetime(2100, 12, 30), 1, True)  # noqa: DTZ001
    def test_answers_or_says_why_not_for_any_time(
        self, unit: Unit, direction: Direction, start: datetime, amount: int, rolls: bool
    ) -> None:
        limit = Limit(amount=amount, unit=unit, direction=direction, rolls=rolls)

        ends = _end_or_refusal(limit, start.replace(tzinfo=CHINA))

        if isinstance(ends, Invalid):
            assert ends.code in ("outside_calendar", "amount_out_of_range")
        else:
            assert 2004 <= ends.on.year <= 2100


def _end_or_refusal(limit: Limit, start: datetime) -> Due | Invalid:
    try:
        ends = RECKONER.reckon(limit, start).due
    except Invalid as refusal:
        return refusal
    assert ends is not None
    return ends
