"""The guards beside the state table: who may take a step, and what it needs."""

import pytest

from services.patrol.domain.incident import Incident, State
from services.patrol.domain.step_rules import STEP_RULES, check_order, check_taker
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import Actor
from shared.kernel.errors import Forbidden, Invalid, RuleBroken
from shared.kernel.rights import Role
from tests.builders.actor import a_citizen, a_duty_officer, a_grid_member
from tests.builders.incident import an_incident, an_order

DESK = {Role.DUTY_OFFICER}
CHECKERS = DESK | {Role.GRID_MEMBER}
HANDLERS = CHECKERS | {Role.DEPARTMENT_USER, Role.ENFORCEMENT_OFFICER, Role.MEDIATOR}
TAKEN_BY = {
    "accept": DESK,
    "cancel": DESK,
    "file": DESK,
    "dispatch": DESK,
    "redispatch": DESK,
    "sign": HANDLERS,
    "return": HANDLERS,
    "feedback": HANDLERS,
    "check": CHECKERS,
    "rework": CHECKERS,
    "close": DESK,
}
NEEDS = {
    "cancel": {"note"},
    "dispatch": {"unit"},
    "redispatch": {"unit"},
    "return": {"note"},
    "feedback": {"note", "files"},
    "rework": {"note"},
}


def effect_of(step: str, incident: Incident, actor: Actor, order: StepOrder) -> Incident:
    return STEP_RULES[step].effect(incident, order, actor)


class TestCheckTaker:
    @pytest.mark.parametrize("step", STEP_RULES)
    @pytest.mark.parametrize("role", Role)
    def test_lets_the_roles_of_the_step_and_no_other(self, step: str, role: Role) -> None:
        actor = Actor.of("somebody", role, place_code="*")

        if role in TAKEN_BY[step]:
            check_taker(step, actor)
            return
        with pytest.raises(Forbidden) as refusal:
            check_taker(step, actor)
        assert refusal.value.code == "step_not_yours"
        assert all(role in refusal.value.en for role in TAKEN_BY[step])
        assert all(role in refusal.value.zh for role in TAKEN_BY[step])

    def test_refuses_a_citizen_every_step(self) -> None:
        for step in STEP_RULES:
            with pytest.raises(Forbidden):
                check_taker(step, a_citizen())


class TestCheckOrder:
    @pytest.mark.parametrize("step", STEP_RULES)
    def test_takes_an_order_with_everything(self, step: str) -> None:
        check_order(step, an_order())

    @pytest.mark.parametrize("step", STEP_RULES)
    def test_names_each_thing_that_a_bare_order_lacks(self, step: str) -> None:
        if step not in NEEDS:
            check_order(step, StepOrder())
            return
        with pytest.raises(Invalid) as refusal:
            check_order(step, StepOrder())
        assert refusal.value.code == "invalid"
        assert {error.field for error in refusal.value.errors} == NEEDS[step]
        assert {error.code for error in refusal.value.errors} == {"needed"}
        assert all(error.zh and error.en for error in refusal.value.errors)

    @pytest.mark.parametrize("blank", ["", " ", "\n\t", "　"])
    def test_takes_no_blank_for_a_reason(self, blank: str) -> None:
        with pytest.raises(Invalid):
            check_order("cancel", an_order(note=blank))

    @pytest.mark.parametrize(("kept", "lacking"), [("note", "files"), ("files", "note")])
    def test_asks_feedback_for_words_and_evidence(self, kept: str, lacking: str) -> None:
        order = StepOrder(note="已清理") if kept == "note" else StepOrder(files=["file-1"])

        with pytest.raises(Invalid) as refusal:
            check_order("feedback", order)

        assert [error.field for error in refusal.value.errors] == [lacking]


class TestEffects:
    @pytest.mark.parametrize("step", ["dispatch", "redispatch"])
    def test_dispatch_gives_the_task_to_a_unit_and_to_nobody_in_it(self, step: str) -> None:
        incident = an_incident(unit="old", handler="member")

        after = effect_of(step, incident, a_duty_officer(), an_order(unit="water"))

        assert (after.unit, after.handler) == ("water", None)

    @pytest.mark.parametrize("step", ["sign", "feedback"])
    def test_handler_is_who_signed_or_reported_the_result(self, step: str) -> None:
        after = effect_of(step, an_incident(), a_grid_member("wang"), an_order())

        assert after.handler == "wang"

    @pytest.mark.parametrize("step", ["check", "rework"])
    def test_handler_does_not_check_his_own_work(self, step: str) -> None:
        incident = an_incident(State.FEEDBACK, handler="wang")

        with pytest.raises(RuleBroken) as refusal:
            effect_of(step, incident, a_grid_member("wang"), an_order())

        assert refusal.value.code == "handler_checks_own_work"

    def test_another_may_check_it(self) -> None:
        incident = an_incident(State.FEEDBACK, handler="wang")

        assert effect_of("check", incident, a_grid_member("li"), an_order()) == incident

    def test_rework_is_counted(self) -> None:
        incident = an_incident(State.FEEDBACK, handler="wang", rework_count=1)

        after = effect_of("rework", incident, a_grid_member("li"), an_order())

        assert (after.rework_count, after.handler) == (2, "wang")

    def test_a_task_is_returned_once(self) -> None:
        once = effect_of("return", an_incident(), a_grid_member(), an_order())

        assert once.return_count == 1
        with pytest.raises(RuleBroken) as refusal:
            effect_of("return", once, a_grid_member(), an_order())
        assert refusal.value.code == "return_limit_reached"

    def test_a_cancelled_duplicate_names_what_it_repeats(self) -> None:
        order = an_order(duplicate_of="P20261123-0000026")

        after = effect_of("cancel", an_incident(), a_duty_officer(), order)

        assert after.duplicate_of == "P20261123-0000026"

    @pytest.mark.parametrize("step", ["accept", "file", "close"])
    def test_the_desk_changes_nothing_but_the_state(self, step: str) -> None:
        incident = an_incident()

        assert effect_of(step, incident, a_duty_officer(), an_order()) == incident
