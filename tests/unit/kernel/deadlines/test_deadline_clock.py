"""What may happen to a deadline and what may not: stops, extensions, steps that come twice or out of order."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.kernel.deadlines.colour import Colour, colour_of
from shared.kernel.deadlines.deadline import Deadline, Extension
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.deadlines.reckoner import Reckoner
from shared.kernel.deadlines.work_calendar import WorkCalendar
from shared.kernel.errors import Invalid, RuleBroken
from shared.runtime.calendar_seed import seeded_years
from shared.runtime.outbox import adapter
from tests.unit.kernel.deadlines.counting import CLOCK, at
from tests.unit.kernel.deadlines.notices import NOTICE_OF_2027


def an_extension(amount: int, approved_at: str) -> Extension:
    return Extension(
        amount=amount, reason="案情复杂", approved_by="head", approved_at=at(approved_at)
    )


def handling() -> Deadline:
    return CLOCK.begin("petition.handle", at("2026-03-02T09:00"))


def answering() -> Deadline:
    return CLOCK.begin("open_information.answer", at("2026-03-02T09:00"))


class TestDeadlineClock:
    def test_keeps_by_which_rule_and_calendar_a_deadline_was_set(self) -> None:
        deadline = handling()

        assert (deadline.rule_id, deadline.rule_version) == ("petition.handle", 2)
        assert deadline.calendar_version == "2026:1"
        assert deadline.due_original == deadline.due_current == at("2026-05-02T00:00")

    def test_takes_the_rule_of_the_day_of_the_event(self) -> None:
        before = CLOCK.begin("petition.handle", at("2022-04-30T23:59"))
        after = CLOCK.begin("petition.handle", at("2022-05-01T00:00"))

        assert (before.rule_version, after.rule_version) == (1, 2)

    def test_stands_while_it_is_stopped_and_goes_on_where_it_was(self) -> None:
        stopped = CLOCK.suspend(answering(), at("2026-03-10T10:00"), "third_party")

        resumed = CLOCK.resume(stopped, at("2026-03-17T15:00"))

        assert stopped.due_current is None
        # Five working days later than the 30th.
        assert resumed.due_current == at("2026-04-08T00:00")
        assert resumed.due_original == answering().due_original

    def test_changes_nothing_the_second_time(self) -> None:
        stopped = CLOCK.suspend(answering(), at("2026-03-10T10:00"), "third_party")
        assert CLOCK.suspend(stopped, at("2026-03-10T10:00"), "third_party") == stopped

        resumed = CLOCK.resume(stopped, at("2026-03-17T15:00"))
        assert CLOCK.resume(resumed, at("2026-03-17T15:00")) == resumed
        assert CLOCK.suspend(resumed, at("2026-03-10T10:00"), "third_party") == resumed

        extended = CLOCK.extend(resumed, an_extension(10, "2026-03-18"))
        assert CLOCK.extend(extended, an_extension(10, "2026-03-18")) == extended

    def test_refuses_a_ground_its_rule_does_not_give(self) -> None:
        with pytest.raises(RuleBroken, match="ground_not_permitted"):
            CLOCK.suspend(handling(), at("2026-03-10T10:00"), "third_party")

    def test_refuses_to_stop_a_clock_twice_or_one_that_is_past(self) -> None:
        stopped = CLOCK.suspend(answering(), at("2026-03-10T10:00"), "third_party")
        with pytest.raises(RuleBroken, match="clock_stands"):
            CLOCK.suspend(stopped, at("2026-03-11T10:00"), "third_party")
        with pytest.raises(RuleBroken, match="past_due"):
            CLOCK.suspend(answering(), at("2026-06-01T10:00"), "third_party")

    def test_refuses_steps_out_of_order(self) -> None:
        stopped = CLOCK.suspend(answering(), at("2026-03-10T10:00"), "third_party")
        resumed = CLOCK.resume(stopped, at("2026-03-17T15:00"))

        with pytest.raises(RuleBroken, match="clock_runs"):
            CLOCK.resume(answering(), at("2026-03-10T10:00"))
        with pytest.raises(RuleBroken, match="before_the_stop"):
            CLOCK.resume(stopped, at("2026-03-09T10:00"))
        with pytest.raises(RuleBroken, match="out_of_order"):
            CLOCK.suspend(resumed, at("2026-03-12T10:00"), "third_party")
        with pytest.raises(RuleBroken, match="out_of_order"):
            CLOCK.suspend(answering(), at("2026-03-01T10:00"), "third_party")

    def test_extends_from_the_limit_and_not_from_the_day_it_rolled_to(self) -> None:
        extended = CLOCK.extend(handling(), an_extension(30, "2026-04-30T16:00"))

        assert extended.due_current == at("2026-06-01T00:00")

    def test_refuses_an_extension_approved_after_the_due_date(self) -> None:
        in_time = CLOCK.extend(handling(), an_extension(30, "2026-05-01T23:59"))
        assert in_time.extended_by == 30

        for too_late in ("2026-05-02T00:00", "2026-05-03"):
            with pytest.raises(RuleBroken, match="approved_too_late"):
                CLOCK.extend(handling(), an_extension(30, too_late))

    def test_refuses_a_second_extension_and_one_above_the_cap(self) -> None:
        once = CLOCK.extend(handling(), an_extension(10, "2026-04-01"))

        with pytest.raises(RuleBroken, match="extended_before"):
            CLOCK.extend(once, an_extension(10, "2026-04-02"))
        with pytest.raises(Invalid, match="extension_too_long"):
            CLOCK.extend(handling(), an_extension(31, "2026-04-01"))
        with pytest.raises(Invalid, match="extension_too_long"):
            CLOCK.extend(
                CLOCK.begin("petition.review", at("2026-03-02")), an_extension(1, "2026-03-03")
            )

    def test_refuses_an_extension_without_reason_or_approver(self) -> None:
        whole = an_extension(10, "2026-04-01")
        for lacking in (
            replace(whole, reason=" "),
            replace(whole, approved_by=""),
            replace(whole, amount=0),
        ):
            with pytest.raises(RuleBroken, match="extension_incomplete"):
                CLOCK.extend(handling(), lacking)

    def test_counts_anew_once_the_year_is_published(self) -> None:
        provisional = CLOCK.begin("open_information.answer", at("2026-12-15"))
        published = DeadlineClock(
            CLOCK.rules, Reckoner(WorkCalendar([*seeded_years(), NOTICE_OF_2027]))
        )

        final = published.recount(provisional)

        assert (provisional.is_provisional, final.is_provisional) == (True, False)
        assert final.calendar_version == "2026:1,2027:2"
        assert final.due_original == provisional.due_original
        # 1 January is a Friday and 2 and 3 its weekend: off as it was supposed.
        assert final.due_current == at("2027-01-14T00:00")

    def test_leaves_a_deadline_that_the_year_does_not_touch(self) -> None:
        published = DeadlineClock(
            CLOCK.rules, Reckoner(WorkCalendar([*seeded_years(), NOTICE_OF_2027]))
        )

        assert published.recount(handling()) == handling()


class TestColourOf:
    @pytest.mark.parametrize(
        ("now", "colour"),
        [
            ("2026-03-02T10:00", Colour.GREEN),
            ("2026-03-13T10:00", Colour.GREEN),
            ("2026-03-17T10:00", Colour.YELLOW),
            ("2026-03-24T23:59", Colour.YELLOW),
            ("2026-03-25T00:00", Colour.ORANGE),
            ("2026-03-30T23:59:59", Colour.ORANGE),
            ("2026-03-31T00:00", Colour.ORANGE),
            ("2026-03-31T00:00:01", Colour.RED),
        ],
    )
    def test_follows_what_is_left_of_twenty_working_days(self, now: str, colour: Colour) -> None:
        assert colour_of(answering(), CLOCK, at(now)) is colour

    @pytest.mark.parametrize(
        ("minutes", "colour"),
        [
            (0, Colour.GREEN),
            (11, Colour.GREEN),
            (12, Colour.YELLOW),
            (20, Colour.ORANGE),
            (25, Colour.RED),
        ],
    )
    def test_follows_the_minutes_of_a_short_clock(self, minutes: int, colour: Colour) -> None:
        start = at("2026-03-02T03:00")
        deadline = CLOCK.begin("incident.l1.handle", start)

        # Of 24 hours, an hour for each minute named.
        assert colour_of(deadline, CLOCK, start + timedelta(hours=minutes)) is colour

    def test_keeps_while_it_stands_what_it_was_stopped_with(self) -> None:
        stopped = CLOCK.suspend(answering(), at("2026-03-17T10:00"), "third_party")

        assert colour_of(stopped, CLOCK, at("2026-08-01")) is Colour.YELLOW

    def test_is_orange_on_the_last_working_day(self) -> None:
        deadline = CLOCK.begin("incident.l3.handle_simple", at("2026-03-02T09:00"))

        assert colour_of(deadline, CLOCK, at("2026-03-03T08:00")) is Colour.ORANGE


class TestDeadline:
    def test_comes_back_from_json_as_it_was(self) -> None:
        stopped = CLOCK.suspend(answering(), at("2026-03-10T10:00"), "third_party")
        extended = CLOCK.extend(stopped, an_extension(10, "2026-03-18"))
        whole = CLOCK.resume(extended, at("2026-03-20T15:00"))

        for deadline in (stopped, extended, whole):
            kept = adapter(Deadline).dump_json(deadline)
            assert adapter(Deadline).validate_json(kept) == deadline
