"""The test vectors of rules DL-08, counted by the rules they name, on the calendar of 2026."""

from datetime import date, timedelta

import pytest

from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.deadlines.explanation import other_dates
from shared.kernel.deadlines.reckoner import Reckoner
from shared.kernel.deadlines.reckoning import Reckoning
from shared.kernel.deadlines.work_calendar import WorkCalendar
from shared.runtime.calendar_seed import seeded_years
from tests.unit.kernel.deadlines.counting import CLOCK, RECKONER, at


def reckoned(rule_id: str, start: str, extension: int = 0) -> Reckoning:
    rule = CLOCK.rules.rule(rule_id, at(start).date())
    return RECKONER.reckon(rule.limit(extension), at(start))


class TestVectorsOfDl08:
    @pytest.mark.parametrize(
        ("rule_id", "start", "due"),
        [
            pytest.param("petition.forward", "2026-02-10", "2026-02-25", id="A"),
            pytest.param("petition.objection", "2026-02-12", "2026-02-26", id="B"),
            pytest.param("open_information.answer", "2026-09-21", "2026-10-26", id="C"),
            pytest.param("reconsideration.apply", "2026-08-02", "2026-10-08", id="D"),
            pytest.param("mediation.confirm", "2026-09-05", "2026-10-08", id="E"),
            pytest.param("penalty.hearing_ask", "2026-09-24", "2026-10-09", id="F"),
            pytest.param("penalty.publish", "2026-04-30", "2026-05-13", id="I"),
            pytest.param("open_information.answer", "2025-12-29", "2026-01-27", id="J"),
            pytest.param("penalty.pay", "2026-09-18", "2026-10-08", id="L"),
            pytest.param("penalty.hearing_notice", "2026-10-15", "2026-09-30", id="N"),
        ],
    )
    def test_end_as_the_rules_say(self, rule_id: str, start: str, due: str) -> None:
        counted = reckoned(rule_id, start)

        assert counted.due is not None
        assert (counted.due.on, counted.is_provisional) == (date.fromisoformat(due), False)
        assert counted.due.at == at(due) + timedelta(days=1)

    @pytest.mark.parametrize(
        ("rule_id", "start", "extension", "due", "rolled", "aim"),
        [
            pytest.param(
                "penalty.decide", "2026-01-05", 0, "2026-04-05", "2026-04-07", "2026-04-03", id="G"
            ),
            pytest.param(
                "petition.handle", "2026-03-02", 0, "2026-05-01", "2026-05-06", "2026-04-30", id="H"
            ),
            pytest.param(
                "petition.handle",
                "2026-03-02",
                30,
                "2026-05-31",
                "2026-06-01",
                "2026-05-29",
                id="H, extended",
            ),
            pytest.param(
                "mediation.court_delegated",
                "2026-01-20",
                0,
                "2026-02-19",
                "2026-02-24",
                "2026-02-14",
                id="K",
            ),
        ],
    )
    def test_show_both_dates_where_an_organs_limit_ends_on_a_rest_day(
        self, rule_id: str, start: str, extension: int, due: str, rolled: str, aim: str
    ) -> None:
        counted = reckoned(rule_id, start, extension)
        others = other_dates(counted, RECKONER)

        assert counted.due is not None
        assert counted.due.on.isoformat() == due
        assert str(others.rolled_to) == rolled
        assert str(others.working_day_before) == aim

    def test_m_is_provisional_until_the_year_is_published(self) -> None:
        until_2026 = WorkCalendar(year for year in seeded_years() if year.year <= 2026)
        clock = DeadlineClock(CLOCK.rules, Reckoner(until_2026))

        deadline = clock.begin("open_information.answer", at("2026-12-15"))

        assert deadline.is_provisional
        assert deadline.calendar_version == "2026:1,2027:0"

    def test_the_years_of_the_vectors_have_so_many_working_days(self) -> None:
        for year in (2025, 2026):
            first, last = date(year, 1, 1), date(year, 12, 31)
            assert RECKONER.calendar.working_days(first, last) == 248
