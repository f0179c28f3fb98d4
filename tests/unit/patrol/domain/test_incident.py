"""The life of an incident: every step in every state, and who hears of it first."""

import itertools
from datetime import timedelta

import pytest

from services.patrol.domain.incident import NEXT_STATES, OPEN_STATES, State, first_level
from services.patrol.domain.step_rules import STEP_RULES
from shared.contracts.incident_steps import INCIDENT_STEPS
from shared.kernel.errors import RuleBroken
from tests.builders.incident import NOW, an_incident

LATER = NOW + timedelta(hours=1)
EVERY_PAIR = list(itertools.product(NEXT_STATES, State))
IN_TURN = [(step, state) for step, state in EVERY_PAIR if state in NEXT_STATES[step]]
OUT_OF_TURN = [(step, state) for step, state in EVERY_PAIR if state not in NEXT_STATES[step]]


class TestIncident:
    @pytest.mark.parametrize(("step", "state"), IN_TURN)
    def test_moves_along_the_table(self, step: str, state: State) -> None:
        moved = an_incident(state).after(step, at=LATER)

        assert moved.state is NEXT_STATES[step][state]
        assert moved.updated_at == LATER

    @pytest.mark.parametrize(("step", "state"), OUT_OF_TURN)
    def test_refuses_a_step_out_of_turn_and_names_what_may_follow(
        self, step: str, state: State
    ) -> None:
        with pytest.raises(RuleBroken) as refusal:
            an_incident(state).after(step, at=LATER)

        assert refusal.value.code == "step_out_of_turn"
        may_follow = [name for name, states in NEXT_STATES.items() if state in states]
        for text in (refusal.value.zh, refusal.value.en):
            assert step in text
            assert state in text
            assert all(name in text for name in may_follow)

    def test_says_so_when_nothing_may_follow(self) -> None:
        with pytest.raises(RuleBroken, match="What may follow: nothing"):
            an_incident(State.EVALUATED).after("accept", at=LATER)

    def test_changes_nothing_else_by_moving(self) -> None:
        before = an_incident()

        after = before.after("accept", at=LATER)

        assert (before.state, before.updated_at) == (State.REPORTED, NOW)
        assert after == an_incident(State.ACCEPTED, updated_at=LATER)


class TestTheTable:
    """Rules INC-04, read off the national practice and not off the code."""

    @pytest.mark.parametrize(
        "path",
        [
            "accept file dispatch sign feedback check close evaluate",
            "accept file dispatch return redispatch sign feedback check close",
            "accept file dispatch sign feedback rework feedback check close",
            "accept file dispatch sign suspend resume extend feedback check close",
            "accept file convert close",
            "cancel",
        ],
    )
    def test_lets_an_incident_go_the_ways_of_the_practice(self, path: str) -> None:
        incident = an_incident()

        for step in path.split():
            incident = incident.after(step, at=LATER)

        assert incident.state in set(State) - OPEN_STATES

    def test_closes_nothing_without_feedback_and_check_but_what_became_another_matter(self) -> None:
        assert set(NEXT_STATES["close"]) == {State.CHECKED, State.LINKED}
        assert set(NEXT_STATES["check"]) == {State.FEEDBACK}

    def test_cancels_only_what_was_not_yet_found_real(self) -> None:
        assert set(NEXT_STATES["cancel"]) == {State.REPORTED}

    def test_keeps_the_state_when_an_incident_goes_up_a_level(self) -> None:
        assert NEXT_STATES["escalate"] == {state: state for state in OPEN_STATES}

    def test_leads_nowhere_from_the_last_states(self) -> None:
        ended = {State.CANCELLED, State.EVALUATED}

        assert not [step for step, states in NEXT_STATES.items() if ended & set(states)]

    def test_has_an_event_and_a_way_for_each_step_with_a_rule(self) -> None:
        assert set(STEP_RULES) == set(INCIDENT_STEPS)
        assert set(STEP_RULES) <= set(NEXT_STATES)


class TestFirstLevel:
    @pytest.mark.parametrize(
        ("severity", "level"),
        [("L1", "district"), ("L2", "street"), ("L3", "community"), ("L4", "community")],
    )
    def test_is_the_desk_that_hears_of_it_first(self, severity: str, level: str) -> None:
        assert first_level(severity) == level
