"""What the platform does by itself with limits that near or pass: once for each, and to no end of the levels."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.patrol.domain.clocks import begun
from services.patrol.domain.incident import Incident, State
from services.patrol.domain.pressing import ESCALATING, URGING, Pressing, due_clocks, pressed
from services.patrol.domain.step_table import after
from services.patrol.domain.supervision import MOST_SUPERVISIONS
from tests.builders.actor import a_duty_officer
from tests.builders.counting import counting
from tests.builders.guarded import SUPERVISED, a_full_order
from tests.builders.incident import NOW, an_incident

HOUR = timedelta(hours=1)


def reported(**changed: Any) -> Incident:
    return begun(an_incident(severity="L1", reported_at=NOW, **changed), counting())


def press(incident: Incident, pressing: Pressing) -> tuple[Incident, bool]:
    due = due_clocks(incident, pressing, NOW + HOUR)
    return pressed(incident, pressing, due, at=NOW + HOUR)


class TestPressing:
    def test_escalates_what_ran_out_and_marks_the_clock(self) -> None:
        escalated, is_moved = press(reported(), ESCALATING)

        assert is_moved
        assert (escalated.level, escalated.state) == ("street", State.REPORTED)
        assert due_clocks(escalated, ESCALATING, NOW + HOUR) == ()

    def test_lets_what_is_in_time_be(self) -> None:
        assert due_clocks(reported(), ESCALATING, NOW) == ()
        assert due_clocks(reported(), URGING, NOW) == ()

    def test_goes_no_higher_than_the_district_and_does_not_look_again(self) -> None:
        left, is_moved = press(reported(level="district"), ESCALATING)

        assert not is_moved
        assert (left.level, left.updated_at) == ("district", NOW)
        assert due_clocks(left, ESCALATING, NOW + HOUR) == ()

    def test_urges_for_the_level_that_holds_the_matter(self) -> None:
        urged, _ = press(reported(level="street"), URGING)

        assert [(each.level, each.clock) for each in urged.supervisions] == [("street", 1)]

    def test_urges_nobody_without_end(self) -> None:
        often = reported(supervisions=(SUPERVISED,) * MOST_SUPERVISIONS)

        _, is_moved = press(often, URGING)

        assert not is_moved

    def test_takes_the_time_to_return_a_task_for_no_delay(self) -> None:
        dispatched = after(
            "dispatch",
            an_incident(State.FILED),
            a_full_order(),
            a_duty_officer(),
            counting(),
            at=NOW,
        )

        kinds = {clock.kind for clock in due_clocks(dispatched, ESCALATING, NOW + 6 * HOUR)}

        assert kinds == set()

    def test_begins_anew_with_a_limit_that_was_prolonged(self) -> None:
        escalated, _ = press(reported(), ESCALATING)
        [clock] = escalated.clocks

        again = replace(escalated, clocks=(replace(clock, escalated=False),))

        assert due_clocks(again, ESCALATING, NOW + HOUR) != ()
