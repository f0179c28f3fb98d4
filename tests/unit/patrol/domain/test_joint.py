"""Joint handling: units asked in beside the lead one, each for itself, and the lead one last."""

from datetime import timedelta

import pytest

from services.patrol.domain.incident import Incident, State
from services.patrol.domain.joint import Answer
from services.patrol.domain.step_table import after
from shared.kernel.actor import Actor
from shared.kernel.errors import RuleBroken
from tests.builders.actor import a_department_user, a_duty_officer, a_grid_member
from tests.builders.counting import counting
from tests.builders.guarded import a_full_order
from tests.builders.incident import NOW, an_incident

DESK = a_duty_officer()
WATER, POWER = (a_department_user(unit, unit=unit) for unit in ("water", "power"))
LATER = NOW + timedelta(hours=1)


def taken(step: str, incident: Incident, actor: Actor, unit: str | None = None) -> Incident:
    return after(step, incident, a_full_order(unit=unit), actor, counting(), at=LATER)


def handled() -> Incident:
    """Return an incident that a lead unit handles, and two others were asked to."""
    incident = an_incident(State.HANDLING, unit="urban-management", handler="wang")
    for unit in ("water", "power"):
        incident = taken("join", incident, DESK, unit)
    return incident


def answers(incident: Incident) -> dict[str, Answer]:
    return {each.unit: each.answer for each in incident.joint}


class TestJointHandling:
    def test_keeps_what_each_unit_answered_and_when(self) -> None:
        incident = taken("join-accept", handled(), WATER)
        incident = taken("join-refuse", incident, POWER)
        incident = taken("join-feedback", incident, WATER)

        assert answers(incident) == {"water": Answer.DONE, "power": Answer.REFUSED}
        assert {each.answered_at for each in incident.joint} == {LATER}
        assert [each.done_at for each in incident.joint] == [LATER, None]
        assert (incident.state, incident.unit) == (State.HANDLING, "urban-management")

    def test_lets_the_lead_unit_report_when_all_who_accepted_have(self) -> None:
        incident = taken("join-accept", handled(), WATER)

        with pytest.raises(RuleBroken, match="joint_units_outstanding"):
            taken("feedback", incident, a_grid_member("wang"))
        incident = taken("join-feedback", incident, WATER)

        assert taken("feedback", incident, a_grid_member("wang")).state is State.FEEDBACK

    def test_waits_for_nobody_who_did_not_answer(self) -> None:
        assert taken("feedback", handled(), a_grid_member("wang")).state is State.FEEDBACK

    def test_is_answered_by_the_units_own_people_or_written_down_by_the_desk(self) -> None:
        with pytest.raises(RuleBroken, match="answers_for_another_unit"):
            taken("join-accept", handled(), POWER, "water")
        with pytest.raises(RuleBroken, match="answers_for_another_unit"):
            taken("join-accept", handled(), a_grid_member(), "water")

        assert answers(taken("join-accept", handled(), DESK, "water"))["water"] is Answer.ACCEPTED

    def test_is_not_checked_by_whoever_did_a_part_of_it(self) -> None:
        incident = taken("join-accept", handled(), WATER)
        incident = taken("join-feedback", incident, DESK, "water")
        incident = taken("feedback", incident, a_grid_member("wang"))

        with pytest.raises(RuleBroken, match="handler_checks_own_work"):
            taken("check", incident, DESK)

    def test_asks_anew_whom_it_asked_before(self) -> None:
        refused = taken("join-refuse", handled(), WATER)

        assert answers(taken("join", refused, DESK, "water"))["water"] is Answer.INVITED

    @pytest.mark.parametrize(
        ("step", "state"), [("redispatch", State.RETURNED), ("reopen", State.CLOSED)]
    )
    def test_ends_with_the_task_it_was_about(self, step: str, state: State) -> None:
        incident = an_incident(state, joint=handled().joint)

        assert taken(step, incident, DESK, "traffic").joint == ()
