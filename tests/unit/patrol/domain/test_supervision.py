"""Supervision and urging leave the state as it is; evaluation comes once for each closing."""

from typing import Any

import pytest

from services.patrol.domain.clocks import begun
from services.patrol.domain.incident import Incident, State
from services.patrol.domain.step_table import after
from services.patrol.domain.supervision import Asking
from shared.kernel.actor import Actor
from shared.kernel.errors import RuleBroken
from tests.builders.actor import a_duty_officer
from tests.builders.counting import counting
from tests.builders.guarded import a_full_order, a_ready_incident
from tests.builders.incident import NOW, an_incident

DESK = a_duty_officer()
STREET = a_duty_officer("street", "420802001")


def taken(step: str, incident: Incident, actor: Actor = DESK, **order: Any) -> Incident:
    return after(step, incident, a_full_order(**order), actor, counting(), at=NOW)


def clock_of(incident: Incident, kind: str) -> tuple[bool, str | None]:
    [clock] = [each for each in incident.clocks if each.kind == kind]
    return clock.runs, clock.outcome


class TestSupervision:
    def test_is_a_record_with_a_clock_of_its_own(self) -> None:
        reported = begun(an_incident(), counting())

        supervised = taken("supervise", reported, STREET)

        [record] = supervised.supervisions
        assert (record.number, record.kind, record.level) == (1, Asking.SUPERVISE, "street")
        assert supervised.clocks[-1].number == record.clock
        assert supervised.clocks[-1].deadline.rule_id == "incident.l3.supervise"
        assert (supervised.state, supervised.level) == (reported.state, reported.level)

    def test_is_answered_with_all_that_was_asked_before(self) -> None:
        asked = taken("urge", taken("supervise", begun(an_incident(), counting())))

        answered = taken("answer", asked)

        assert [each.answered_at for each in answered.supervisions] == [NOW, NOW]
        assert clock_of(answered, "supervise") == (False, "met")
        assert clock_of(answered, "accept") == (True, None)
        with pytest.raises(RuleBroken, match="nothing_to_answer"):
            taken("answer", answered)

    def test_of_what_is_closed_waits_for_no_answer(self) -> None:
        supervised = taken("supervise", an_incident(State.CHECKED))

        assert clock_of(taken("close", supervised), "supervise") == (False, "void")


class TestUrging:
    def test_is_about_the_limit_that_is_due_first(self) -> None:
        incident = taken("urge", a_ready_incident(State.HANDLING))
        idle = taken("urge", an_incident(State.FEEDBACK))

        assert [each.clock for each in incident.supervisions] == [1]
        assert [each.clock for each in idle.supervisions] == [None]


class TestEvaluation:
    def test_comes_once_and_again_when_it_was_closed_again(self) -> None:
        evaluated = taken("evaluate", an_incident(State.CLOSED), score=0)

        assert (evaluated.state, evaluated.satisfaction) == (State.EVALUATED, "satisfied")
        assert evaluated.score == 0
        with pytest.raises(RuleBroken, match="step_out_of_turn"):
            taken("evaluate", evaluated)
        reopened = taken("reopen", evaluated)
        assert (reopened.satisfaction, reopened.score) == (None, None)
        again = taken("evaluate", reopened.moved(State.CLOSED, at=NOW), satisfaction="dissatisfied")
        assert again.satisfaction == "dissatisfied"


class TestDelay:
    """Nobody approves what he asked for; what is approved is what was asked for."""

    def test_is_approved_as_it_was_asked_for(self) -> None:
        asked = taken("ask-extend", a_ready_incident(State.HANDLING), extension=3)

        with pytest.raises(RuleBroken, match="approves_own_request"):
            taken("extend", asked)
        approved = taken("extend", asked, a_duty_officer("chen"), extension=9)

        [clock] = approved.clocks
        assert clock.deadline.extended_by == 3
        assert approved.asked is None

    def test_is_not_given_unasked(self) -> None:
        with pytest.raises(RuleBroken, match="suspension_not_asked"):
            taken("suspend", a_ready_incident(State.HANDLING))

    def test_that_is_refused_leaves_the_limit_and_may_be_asked_for_again(self) -> None:
        asked = taken("ask-suspend", a_ready_incident(State.HANDLING))

        refused = taken("refuse-delay", asked, a_duty_officer("chen"))

        assert (refused.asked, refused.clocks) == (None, asked.clocks)
        assert taken("ask-suspend", refused).asked is not None

    def test_falls_when_the_result_is_reported(self) -> None:
        asked = taken("ask-suspend", a_ready_incident(State.HANDLING))

        assert taken("feedback", asked).asked is None
