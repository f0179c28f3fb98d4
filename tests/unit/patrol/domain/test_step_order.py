"""Who may take a step at all, and what his order has to hold."""

import pytest

from services.patrol.domain.step_order import check_order, check_taker
from services.patrol.domain.step_table import STEP_TABLE
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import Actor
from shared.kernel.errors import Forbidden, Invalid
from shared.kernel.rights import Role
from tests.builders.actor import a_citizen
from tests.builders.guarded import a_full_order
from tests.builders.incident import an_order

DESK = {Role.DUTY_OFFICER}
CHECKERS = DESK | {Role.GRID_MEMBER}
HANDLERS = CHECKERS | {Role.DEPARTMENT_USER, Role.ENFORCEMENT_OFFICER, Role.MEDIATOR}
TAKEN_BY = {
    "accept": DESK,
    "cancel": DESK,
    "self-handle": HANDLERS,
    "file": DESK,
    "dispatch": DESK,
    "return": HANDLERS,
    "redispatch": DESK,
    "arbitrate": DESK,
    "sign": HANDLERS,
    "arrive": HANDLERS,
    "ask-suspend": HANDLERS,
    "ask-extend": HANDLERS,
    "suspend": DESK,
    "resume": HANDLERS,
    "extend": DESK,
    "refuse-delay": DESK,
    "join": DESK,
    "join-accept": HANDLERS,
    "join-refuse": HANDLERS,
    "join-feedback": HANDLERS,
    "feedback": HANDLERS,
    "check": CHECKERS,
    "rework": CHECKERS,
    "close": DESK,
    "evaluate": DESK,
    "reopen": DESK,
    "escalate": DESK,
    "hand-down": DESK,
    "supervise": DESK,
    "urge": DESK,
    "answer": HANDLERS,
    "merge": DESK,
    "unmerge": DESK,
    "attach": DESK,
    "detach": DESK,
    "convert": DESK,
    "take-over": DESK,
    "hand-back": DESK,
    "conclude": DESK,
}
NEEDS = {
    "cancel": {"note"},
    "self-handle": {"note", "files"},
    "dispatch": {"unit"},
    "redispatch": {"unit"},
    "arbitrate": {"unit", "note"},
    "return": {"note"},
    "suspend": {"note"},
    "ask-suspend": {"note"},
    "ask-extend": {"note", "extension"},
    "extend": {"note"},
    "refuse-delay": {"note"},
    "join": {"unit"},
    "join-refuse": {"note"},
    "join-feedback": {"note", "files"},
    "evaluate": {"satisfaction", "score"},
    **{step: {"note"} for step in ("escalate", "hand-down", "supervise", "urge", "answer")},
    "feedback": {"note", "files"},
    "rework": {"note"},
    "reopen": {"note"},
    "merge": {"into"},
    "unmerge": {"note"},
    "attach": {"parent"},
    "convert": {"to", "note"},
    "hand-back": {"note"},
    "conclude": {"note"},
}


class TestCheckTaker:
    @pytest.mark.parametrize("step", STEP_TABLE)
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
        for step in STEP_TABLE:
            with pytest.raises(Forbidden):
                check_taker(step, a_citizen())


class TestCheckOrder:
    @pytest.mark.parametrize("step", STEP_TABLE)
    def test_takes_an_order_with_everything(self, step: str) -> None:
        check_order(step, a_full_order())

    @pytest.mark.parametrize("step", STEP_TABLE)
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
