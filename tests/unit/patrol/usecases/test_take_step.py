"""Somebody takes an incident one step further: what moves, what is written, what is told."""

from datetime import timedelta

import pytest

from services.patrol.domain.incident import State
from services.patrol.domain.links import Links
from services.patrol.domain.step_table import STEP_TABLE
from services.patrol.usecases.take_step import TakeStep
from shared.contracts.conversion import IncidentHandedOver
from shared.contracts.incident_steps import INCIDENT_STEPS, IncidentSelfHandled, IncidentStepTaken
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import WHOLE_TREE
from shared.kernel.errors import Forbidden, Invalid, NotFound, Refusal, RuleBroken
from tests.builders.actor import a_citizen, a_duty_officer, a_grid_member
from tests.builders.counting import counting
from tests.builders.guarded import a_full_order, a_ready_incident
from tests.builders.incident import NOW, an_incident, an_order
from tests.builders.place import outside
from tests.fakes.patrol import FakeIncidentStore, FakeOutbox, FakeRouter, FakeTransaction, Step

LATER = NOW + timedelta(hours=1)
DESK = a_duty_officer()


class Patrol:
    """One incident, and the use case over it."""

    def __init__(self) -> None:
        self.store = FakeIncidentStore(
            an_incident(), an_incident(incident_id="incident-2", matter_no="P20261123-0000026")
        )
        self.store.links["incident-1"] = Links(parent="incident-3")
        self.outbox = FakeOutbox()
        self.take_step = TakeStep(
            self.store, self.outbox, FakeTransaction(), counting, lambda: LATER, FakeRouter()
        )

    def stands_at(self, state: State) -> None:
        self.store.incidents["incident-1"] = an_incident(state)


@pytest.fixture
def patrol() -> Patrol:
    return Patrol()


class TestTakeStep:
    @pytest.mark.parametrize("step", STEP_TABLE)
    def test_moves_the_incident_keeps_its_history_and_tells_of_it(
        self, patrol: Patrol, step: str
    ) -> None:
        [before, *_] = STEP_TABLE[step].moves
        patrol.store.incidents["incident-1"] = a_ready_incident(before, step)

        after = patrol.take_step("incident-1", step, a_full_order(), actor=DESK)

        assert after.state is STEP_TABLE[step].moves[before]
        assert patrol.store.incidents["incident-1"] == after
        told, *more = patrol.outbox.events
        assert [type(each) for each in more] == [IncidentHandedOver] * (step == "convert")
        assert type(told) is INCIDENT_STEPS[step]
        assert isinstance(told, IncidentStepTaken)
        assert (told.incident_id, told.matter_no) == (after.incident_id, after.matter_no)
        assert (told.from_state, told.state, told.unit) == (before, after.state, after.unit)
        assert (told.by, told.at, told.files) == ("desk", LATER, ["file-1"])
        assert told.personal.note == "已清理"
        assert set(patrol.outbox.times) == {LATER}

    def test_appends_to_the_history(self, patrol: Patrol) -> None:
        patrol.take_step("incident-1", "accept", StepOrder(), actor=DESK)
        patrol.take_step("incident-1", "file", an_order(unit=None), actor=a_duty_officer("li"))

        assert patrol.store.steps == [
            Step(
                incident_id="incident-1",
                step="accept",
                from_state="reported",
                to_state="accepted",
                at=LATER,
                by="desk",
                note="",
                unit=None,
                files=(),
                details={},
            ),
            Step(
                incident_id="incident-1",
                step="file",
                from_state="accepted",
                to_state="filed",
                at=LATER,
                by="li",
                note="已清理",
                unit=None,
                files=("file-1",),
                details={},
            ),
        ]

    def test_keeps_and_tells_what_this_step_alone_has_to_say(self, patrol: Patrol) -> None:
        patrol.store.incidents["incident-1"] = a_ready_incident(State.REPORTED)

        patrol.take_step("incident-1", "self-handle", a_full_order(), actor=DESK)

        [told] = patrol.outbox.events
        assert isinstance(told, IncidentSelfHandled)
        assert told.before == ["file-0"]
        assert [step.details for step in patrol.store.steps] == [{"before": ["file-0"]}]

    def test_keeps_the_unit_while_it_works(self, patrol: Patrol) -> None:
        patrol.stands_at(State.FILED)
        patrol.take_step("incident-1", "dispatch", an_order(unit="water"), actor=DESK)

        signed = patrol.take_step("incident-1", "sign", StepOrder(), actor=a_grid_member("wang"))

        assert (signed.unit, signed.handler) == ("water", "wang")


class TestRefusals:
    def refusal(self, patrol: Patrol, step: str, **call: object) -> Refusal:
        asked = {"order": an_order(), "actor": DESK, "incident_id": "incident-1"} | call
        before = dict(patrol.store.incidents)
        with pytest.raises(Refusal) as refusal:
            patrol.take_step(step=step, **asked)  # type: ignore[arg-type]
        assert patrol.store.incidents == before
        assert not patrol.store.steps
        assert not patrol.outbox.events
        return refusal.value

    def test_of_a_step_there_is_not(self, patrol: Patrol) -> None:
        refusal = self.refusal(patrol, "jump")

        assert isinstance(refusal, NotFound)
        assert refusal.code == "no_such_step"
        assert all(step in refusal.en and step in refusal.zh for step in STEP_TABLE)

    def test_of_an_incident_there_is_not(self, patrol: Patrol) -> None:
        refusal = self.refusal(patrol, "accept", incident_id="incident-9")

        assert isinstance(refusal, NotFound)
        assert refusal.code == "no_such_incident"

    @pytest.mark.parametrize("place_code", ["420803", "420802002", None])
    def test_of_an_incident_outside_ones_place_says_no_more_than_of_none(
        self, patrol: Patrol, place_code: str | None
    ) -> None:
        elsewhere = a_duty_officer(place_code=place_code)

        refusal = self.refusal(patrol, "accept", actor=elsewhere)

        unknown = self.refusal(patrol, "accept", incident_id="incident-9")
        assert refusal.to_wire() == unknown.to_wire()

    @pytest.mark.parametrize("place_code", ["420802001013001", "420802001", "420802", WHOLE_TREE])
    def test_is_not_given_to_who_reaches_it(self, patrol: Patrol, place_code: str) -> None:
        actor = a_duty_officer(place_code=place_code)

        taken = patrol.take_step("incident-1", "accept", StepOrder(), actor=actor)

        assert taken.state is State.ACCEPTED

    def test_of_a_step_out_of_turn(self, patrol: Patrol) -> None:
        refusal = self.refusal(patrol, "close")

        assert isinstance(refusal, RuleBroken)
        assert refusal.code == "step_out_of_turn"
        assert "accept, answer, attach, cancel" in refusal.en

    def test_of_a_step_that_is_not_for_ones_role(self, patrol: Patrol) -> None:
        assert isinstance(self.refusal(patrol, "accept", actor=a_grid_member()), Forbidden)

    def test_of_a_role_comes_before_any_word_on_the_incident(self, patrol: Patrol) -> None:
        of_none = self.refusal(patrol, "accept", actor=a_citizen(), incident_id="incident-9")

        assert isinstance(of_none, Forbidden)

    def test_of_an_order_that_lacks_something(self, patrol: Patrol) -> None:
        refusal = self.refusal(patrol, "cancel", order=StepOrder())

        assert isinstance(refusal, Invalid)
        assert [error.field for error in refusal.errors] == ["note"]

    @pytest.mark.parametrize("step", ["check", "rework"])
    def test_of_checking_ones_own_work(self, patrol: Patrol, step: str) -> None:
        patrol.store.incidents["incident-1"] = an_incident(State.FEEDBACK, handler="desk")

        assert self.refusal(patrol, step).code == "handler_checks_own_work"

    def test_of_a_third_return(self, patrol: Patrol) -> None:
        patrol.store.incidents["incident-1"] = an_incident(State.DISPATCHED, return_count=2)

        assert self.refusal(patrol, "return").code == "return_limit_reached"


class TestIncidentOutside:
    """Decision 0009: what lies in no cell belongs to those who look after the whole tree."""

    @pytest.fixture(autouse=True)
    def _lies_outside(self, patrol: Patrol) -> None:
        patrol.store.incidents["incident-1"] = an_incident(place=outside())

    def test_is_taken_on_by_who_looks_after_the_whole_tree(self, patrol: Patrol) -> None:
        actor = a_duty_officer(place_code=WHOLE_TREE)

        taken = patrol.take_step("incident-1", "accept", StepOrder(), actor=actor)

        assert taken.state is State.ACCEPTED

    def test_is_nobody_elses(self, patrol: Patrol) -> None:
        with pytest.raises(NotFound):
            patrol.take_step("incident-1", "accept", StepOrder(), actor=DESK)
