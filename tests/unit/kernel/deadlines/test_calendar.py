"""Calendars of years: the seed against a second source, what is known of unpublished years, and edits."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.deadlines.calendar_year import CalendarYear, DayOff, checked_year
from shared.kernel.deadlines.statutory_days import statutory_days
from shared.kernel.deadlines.work_calendar import WorkCalendar
from shared.kernel.errors import Invalid
from shared.runtime.calendar_seed import seeded_years
from tests.unit.kernel.deadlines.counting import CALENDAR
from tests.unit.kernel.deadlines.notices import NOTICE_OF_2027

DAY = timedelta(days=1)
YEARS = [year.year for year in seeded_years()]
# Where the two sources differ, and why ours is right: nowhere since 国办发明电〔2005〕35号 is heeded, which
# has Saturday 31 December 2005 worked; chinesecalendar lacks that day, holidays has it.
DIFFERENCES: Sequence[date] = ()


def of(*years: CalendarYear) -> WorkCalendar:
    return WorkCalendar([*seeded_years(), *years])


def wrong_fields(year: CalendarYear) -> set[tuple[str, str]]:
    with pytest.raises(Invalid) as refusal:
        checked_year(year)
    assert all(error.zh and error.en for error in refusal.value.errors)
    return {(error.field, error.code) for error in refusal.value.errors}


class TestSeededYears:
    def test_reach_from_2004_without_a_gap(self) -> None:
        assert list(range(2004, 2027)) == YEARS[:23]

    @pytest.mark.parametrize("year", YEARS)
    def test_are_those_of_a_second_source(self, year: int) -> None:
        other = holidays.country_holidays("CN", years=year)
        day, differing = date(year, 1, 1), []
        while day.year == year:
            if CALENDAR.is_working(day) is not other.is_working_day(day):
                differing.append(day)
            day += DAY

        assert differing == [day for day in DIFFERENCES if day.year == year]

    @pytest.mark.parametrize("year", seeded_years(), ids=lambda year: str(year.year))
    def test_pass_the_check_of_what_an_administrator_hands_in(self, year: CalendarYear) -> None:
        assert checked_year(year).says_the_same_as(year)


class TestStatutoryDays:
    @pytest.mark.parametrize("year", range(2025, 2101))
    def test_are_those_of_a_second_source(self, year: int) -> None:
        other = holidays.country_holidays("CN", years=year, observed=False, language="en_US")
        theirs = {day for day in other if "day off" not in other[day].lower()}

        assert {off.date for off in statutory_days(year)} == theirs

    def test_are_thirteen(self) -> None:
        assert all(len(statutory_days(year)) == 13 for year in range(2004, 2101))


class TestWorkCalendar:
    def test_supposes_weekdays_without_statutory_days_where_nothing_is_published(self) -> None:
        assert not CALENDAR.is_published(date(2026, 12, 31), date(2027, 1, 1))
        assert not CALENDAR.is_working(date(2027, 2, 8))
        assert CALENDAR.is_working(date(2027, 2, 9))
        assert not CALENDAR.is_working(date(2027, 2, 20))

    def test_goes_by_the_notice_once_there_is_one(self) -> None:
        calendar = of(NOTICE_OF_2027)

        assert calendar.is_published(date(2026, 12, 31), date(2027, 1, 1))
        assert not calendar.is_working(date(2027, 2, 9))
        assert calendar.is_working(date(2027, 2, 20))

    def test_goes_by_the_highest_version_in_whatever_order_they_come(self) -> None:
        later = replace(NOTICE_OF_2027, version=3, makeup_days=())

        for years in ((NOTICE_OF_2027, later), (later, NOTICE_OF_2027)):
            calendar = of(*years)
            assert calendar.version_of(2027) == 3
            assert not calendar.is_working(date(2027, 2, 20))

    def test_heeds_what_a_year_says_of_its_neighbours_edge(self) -> None:
        edge = replace(
            NOTICE_OF_2027,
            days_off=(*NOTICE_OF_2027.days_off, DayOff(date=date(2026, 12, 31), name="元旦")),
            makeup_days=(date(2026, 12, 26),),
        )
        calendar = of(edge)

        assert calendar.is_working(date(2026, 12, 26))
        assert not calendar.is_working(date(2026, 12, 31))
        assert calendar.versions(date(2026, 12, 1), date(2026, 12, 31)) == "2026:1,2027:2"
        assert calendar.versions(date(2026, 11, 1), date(2026, 12, 1)) == "2026:1"

    def test_prefers_what_a_year_says_of_itself(self) -> None:
        of_2026 = next(year for year in seeded_years() if year.year == 2026)
        own = replace(of_2026, version=2, makeup_days=(*of_2026.makeup_days, date(2026, 12, 26)))
        edge = replace(
            NOTICE_OF_2027,
            days_off=(*NOTICE_OF_2027.days_off, DayOff(date=date(2026, 12, 26), name="元旦")),
        )

        assert of(own, edge).is_working(date(2026, 12, 26))

    @given(st.dates(date(2004, 1, 10), date(2100, 1, 1)), st.integers(1, 200))
    def test_comes_back_from_where_it_went(self, day: date, number: int) -> None:
        worked = CALENDAR.working_on_or_after(day)

        assert CALENDAR.nth_before(CALENDAR.nth_after(worked, number), number) == worked


class TestCheckedYear:
    def test_puts_the_days_in_order(self) -> None:
        turned = replace(
            NOTICE_OF_2027,
            days_off=NOTICE_OF_2027.days_off[::-1],
            makeup_days=NOTICE_OF_2027.makeup_days[::-1],
        )

        assert checked_year(turned) == NOTICE_OF_2027

    def test_refuses_a_year_without_days_off(self) -> None:
        assert wrong_fields(replace(NOTICE_OF_2027, days_off=())) == {("days_off", "needed")}

    def test_refuses_a_make_up_day_that_is_no_weekend(self) -> None:
        wrong = replace(NOTICE_OF_2027, makeup_days=(date(2027, 2, 20), date(2027, 2, 22)))

        assert wrong_fields(wrong) == {("makeup_days.1", "no_weekend")}

    @pytest.mark.parametrize("day", [date(2026, 12, 16), date(2028, 1, 16), date(2062, 7, 1)])
    def test_refuses_a_day_of_another_year_that_is_not_at_the_edge(self, day: date) -> None:
        off = (*NOTICE_OF_2027.days_off, DayOff(date=day, name="元旦"))
        field = f"days_off.{len(off) - 1}.date"

        assert wrong_fields(replace(NOTICE_OF_2027, days_off=off)) == {(field, "another_year")}

    def test_takes_days_at_the_edge(self) -> None:
        edges = (date(2026, 12, 19), date(2028, 1, 15))

        assert checked_year(replace(NOTICE_OF_2027, makeup_days=edges)).makeup_days == edges

    def test_refuses_a_day_twice(self) -> None:
        off = NOTICE_OF_2027.days_off
        twice = replace(NOTICE_OF_2027, days_off=(*off, off[0]))
        both = replace(NOTICE_OF_2027, makeup_days=(date(2027, 1, 2),))

        assert wrong_fields(twice) == {(f"days_off.{len(off)}.date", "repeated")}
        assert wrong_fields(both) == {("makeup_days.0", "repeated")}

    @pytest.mark.parametrize("year", [2003, 2101, -1, 10**9])
    def test_refuses_years_outside_the_calendar(self, year: int) -> None:
        assert wrong_fields(replace(NOTICE_OF_2027, year=year)) == {("year", "out_of_range")}
