"""A clerk counts a time limit: by a rule, by hand, and with what does not go together."""

from datetime import date
from typing import Any

import pytest

from services.grid.usecases.compute_clock import ComputeClock
from shared.contracts.clocks import ClockOrder, ClockStop
from shared.kernel.deadlines.limit import Direction, Ends
from shared.kernel.deadlines.unit import Unit
from shared.kernel.errors import Invalid
from tests.unit.kernel.deadlines.counting import CLOCK, at

compute = ComputeClock(CLOCK)


def wrong_fields(order: ClockOrder) -> set[tuple[str, str]]:
    with pytest.raises(Invalid) as refusal:
        compute(order)
    assert all(error.zh and error.en for error in refusal.value.errors)
    return {(error.field, error.code) for error in refusal.value.errors}


def by_hand(**given: Any) -> ClockOrder:
    usual: dict[str, Any] = {"start": "2026-02-12", "amount": 5, "unit": Unit.WORKING_DAY}
    return ClockOrder(**(usual | given))


def by_rule(rule: str, **given: Any) -> ClockOrder:
    return ClockOrder(**({"start": "2026-03-02", "rule": rule} | given))


class TestComputeClock:
    def test_counts_by_a_rule_and_names_its_source(self) -> None:
        answer = compute(by_rule("petition.handle", extension=30))

        assert answer["due"] == date(2026, 5, 31)
        assert answer["due_at"] == at("2026-06-01T00:00")
        assert answer["rolled_to"] == date(2026, 6, 1)
        assert answer["rule"]["source"] == {"law": "信访工作条例", "article": "第三十四条"}
        assert not answer["provisional"]
        assert answer["explanation"]["zh"]
        assert answer["explanation"]["en"]

    def test_counts_what_is_given_by_hand(self) -> None:
        assert compute(by_hand())["due"] == date(2026, 2, 26)
        back = by_hand(start="2026-10-15", amount=7, direction=Direction.BACKWARD)
        assert compute(back)["due"] == date(2026, 9, 30)
        rolled = by_hand(start="2026-08-02", amount=60, unit=Unit.CALENDAR_DAY, roll_forward=True)
        assert compute(rolled)["due"] == date(2026, 10, 8)

    def test_answers_hours_with_a_time(self) -> None:
        hours = by_hand(start="2026-11-27T09:30:00Z", amount=1, unit=Unit.WORKING_HOUR)

        assert compute(hours)["due"] == at("2026-11-30T09:30")

    def test_ends_at_the_close_of_business_when_asked(self) -> None:
        closing = by_hand(ends=Ends.CLOSE_OF_BUSINESS)

        assert compute(closing)["due_at"] == at("2026-02-26T17:30")

    def test_has_no_end_while_the_clock_stands(self) -> None:
        standing = by_rule(
            "open_information.answer",
            stops=[ClockStop(begins="2026-03-10T10:00:00+08:00", ground="third_party")],
        )
        answer = compute(standing)

        assert answer["standing"]
        assert answer["due"] is None

    def test_says_that_an_unpublished_year_is_provisional(self) -> None:
        answer = compute(by_hand(start="2026-12-15", amount=20))

        assert answer["provisional"]
        assert "暂定" in answer["explanation"]["zh"]

    @pytest.mark.parametrize(
        ("order", "wrong"),
        [
            (ClockOrder(start="2026-02-12"), {("amount", "missing"), ("unit", "missing")}),
            (
                by_hand(rule="petition.forward"),
                {("amount", "given_by_rule"), ("unit", "given_by_rule")},
            ),
            (by_hand(extension=3), {("extension", "needs_rule")}),
            (by_hand(amount=4001, unit=Unit.CALENDAR_DAY), {("amount", "out_of_range")}),
            (by_hand(unit=Unit.HOUR), {("from", "needs_time")}),
            (by_hand(start="yesterday"), {("from", "wrong_time")}),
            (by_hand(start="2026-02-30"), {("from", "wrong_time")}),
            (by_hand(start="2026-02-12T08:00:00"), {("from", "wrong_time")}),
            (by_hand(start="２０２６-02-12"), {("from", "wrong_time")}),
            (by_hand(start="0001-01-01T00:00:00+14:00"), {("from", "wrong_time")}),
            (by_hand(start="2003-12-31"), {("from", "outside_calendar")}),
            (by_hand(start="2101-01-01"), {("from", "outside_calendar")}),
            (by_hand(start="2100-12-31"), {("from", "outside_calendar")}),
            (by_rule("petition.handle", extension=31), {("extension", "extension_too_long")}),
            (by_rule("nothing"), {("rule", "rule_not_in_force")}),
            (
                by_rule("petition.handle", stops=[ClockStop(begins="2026-03-03", ground="x")]),
                {("stops.0.ground", "ground_not_permitted")},
            ),
            (
                by_hand(stops=[ClockStop(begins="2026-02-20", ends="2026-02-19")]),
                {("stops.0.to", "ends_first")},
            ),
            (
                by_hand(stops=[ClockStop(begins="soon", ends="later")]),
                {("stops.0.from", "wrong_time"), ("stops.0.to", "wrong_time")},
            ),
            (
                by_hand(direction=Direction.BACKWARD, stops=[ClockStop(begins="2026-02-20")]),
                {("stops", "counted_back")},
            ),
        ],
    )
    def test_names_what_is_wrong(self, order: ClockOrder, wrong: set[tuple[str, str]]) -> None:
        assert wrong_fields(order) == wrong
