"""The table of rules: profiles by date, what a district may set and what it may not."""

from datetime import date

import pytest

from shared.kernel.deadlines.rule import Confidence, Duty
from shared.kernel.deadlines.rule_rows import RowsWrong, read_rows
from shared.kernel.deadlines.rule_table import district_tables, national_rules
from shared.kernel.deadlines.unit import Unit
from shared.kernel.errors import Invalid

SIMPLE = """
[[rule]]
id = "{id}"
version = {version}
from = 2026-06-01
zh = "试"
en = "a test's"
limit = "{limit}"
duty = "organ"
law = "区政府文件"
confidence = "proposal"
"""
TODAY = date(2026, 11, 28)


def row(
    rule_id: str = "incident.l3.handle", version: int = 100, limit: str = "5 working_day"
) -> str:
    return SIMPLE.format(id=rule_id, version=version, limit=limit)


class TestNationalRules:
    def test_names_a_source_for_each(self) -> None:
        assert all(rule.law and rule.zh and rule.en for rule in national_rules().in_force(TODAY))

    def test_chooses_the_profile_by_the_date_of_the_event(self) -> None:
        table = national_rules()

        assert table.rule("open_information.answer", date(2019, 5, 14)).amount == 15
        assert table.rule("open_information.answer", date(2019, 5, 15)).amount == 20
        assert table.rule("litigation.answer", date(2014, 6, 1)).amount == 10
        assert "petition.objection" not in {r.id for r in table.in_force(date(2014, 6, 1))}

    def test_refuses_a_rule_that_is_not_in_force_on_the_day(self) -> None:
        for rule_id, day in (("petition.objection", date(2014, 6, 1)), ("nothing", TODAY)):
            with pytest.raises(Invalid, match="rule_not_in_force"):
                national_rules().rule(rule_id, day)

    def test_rolls_where_a_citizen_must_meet_it_and_not_where_an_organ_must(self) -> None:
        for rule in national_rules().in_force(TODAY):
            if rule.duty is Duty.ORGAN and rule.rolls:
                # The statute says so itself, or by reference (rules DL-02).
                part = rule.id.split(".")[0]
                assert part in ("reconsideration", "litigation") or "confirm" in rule.id

    def test_counts_the_days_of_the_penalty_act_as_article_85_says(self) -> None:
        for rule in national_rules().in_force(TODAY):
            if (
                rule.law == "行政处罚法"
                and rule.amount in (2, 3, 5, 7)
                and rule.unit is not Unit.YEAR
            ):
                assert rule.unit is Unit.WORKING_DAY, rule.id

    def test_keeps_off_what_nobody_switched_on(self) -> None:
        assert "petition.simple_reply" not in {r.id for r in national_rules().in_force(TODAY)}


class TestDistrictTables:
    def test_put_a_districts_row_in_the_place_of_ours_from_its_day_on(self) -> None:
        rules, _ = district_tables(row(), name="district.toml")

        assert rules.rule("incident.l3.handle", date(2026, 5, 31)).amount == 3
        assert rules.rule("incident.l3.handle", date(2026, 6, 1)).amount == 5
        ours = rules.version("incident.l3.handle", 1)
        assert ours is not None
        assert ours.amount == 3

    def test_hold_a_districts_office_hours_while_they_are_valid(self) -> None:
        text = '[[office_hours]]\nfrom = 2026-05-01\nto = 2026-09-30\nspans = [["08:00", "12:00"]]'
        _, hours = district_tables(text, name="district.toml")

        assert len(hours.on(date(2026, 5, 1))) == 1
        assert len(hours.on(date(2026, 10, 1))) == 2

    @pytest.mark.parametrize(
        "text",
        [
            row("penalty.decide", limit="120 calendar_day"),
            row("nothing.at_all"),
            row(version=1),
            row(limit="5 lunar_day"),
            row(limit="0 working_day"),
            row() + 'colour = "red"\n',
            row() + row(version=101),
            '[[office_hours]]\nfrom = 2026-05-01\nspans = [["12:00", "08:00"]]',
            "[[office_hours]]\nfrom = 2026-05-01\nspans = []",
            "[[holiday]]\nid = 1",
            "not toml",
        ],
        ids=[
            "what a law says",
            "a rule there is not",
            "a version of ours",
            "an unknown unit",
            "a limit of nothing",
            "an unknown field",
            "two from one day",
            "hours that end first",
            "no hours",
            "an unknown table",
            "no TOML",
        ],
    )
    def test_refuse_what_is_not_a_districts_to_set_or_not_right(self, text: str) -> None:
        with pytest.raises(RowsWrong):
            district_tables(text, name="district.toml")

    def test_leave_what_is_read_in_a_law_to_the_law(self) -> None:
        for rule in national_rules().in_force(TODAY):
            assert rule.can_be_set is (rule.confidence not in (Confidence.FOUND, Confidence.HIGH))

    def test_name_the_row_that_is_wrong(self) -> None:
        with pytest.raises(RowsWrong, match=r"district.toml rule 2 \(incident.l3.handle\)"):
            read_rows(row("incident.l4.handle") + row(limit="5"), name="district.toml")
