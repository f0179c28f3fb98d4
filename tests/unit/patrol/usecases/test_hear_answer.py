"""A service answers for what was handed over to it: once, late, out of order, and where it was never asked."""

from datetime import timedelta
from typing import Any

import pytest

from services.patrol.domain.conversion import Conversion
from services.patrol.domain.incident import SetAside, State
from services.patrol.usecases.hear_answer import HearAnswer
from services.patrol.usecases.take_step import TakeStep
from shared.contracts.conversion import (
    ANSWERS,
    AnswerPersonalData,
    ConversionAnswered,
    IncidentHandedOver,
)
from shared.contracts.patrol import ContactPersonalData
from shared.kernel.compartment import Compartment
from shared.kernel.personal_data import FreeText, PersonName, Phone
from tests.builders.actor import a_duty_officer
from tests.builders.counting import counting
from tests.builders.incident import NOW, an_incident, an_order
from tests.fakes.patrol import FakeIncidentStore, FakeOutbox, FakeRouter, FakeTransaction

LATER = NOW + timedelta(hours=1)
CONTACT = ContactPersonalData(name=PersonName("张三"), phone=Phone("13800000000"))


def an_answer(
    outcome: str = "accepted", source: str = "mediation", **changed: Any
) -> ConversionAnswered:
    told: dict[str, Any] = {
        "conversion": "incident-1.1",
        "incident_id": "incident-1",
        "number": 1,
        "outcome": outcome,
        "matter_no": "T-7",
        "at": LATER,
        "personal": AnswerPersonalData(reason=FreeText("一方不同意调解")),
    }
    return ANSWERS[source](**(told | changed))


class Patrol:
    """An incident that was handed over to mediation, and what hears the answer."""

    def __init__(self, **changed: Any) -> None:
        waiting = {
            "set_aside": SetAside(state=State.FILED, at=NOW),
            "conversion": Conversion(number=1, to="mediation"),
        }
        self.store = FakeIncidentStore(an_incident(State.LINKED, **(waiting | changed)))
        self.outbox = FakeOutbox()
        self.hear = HearAnswer(self.store, self.outbox, FakeTransaction(), counting, lambda: LATER)

    @property
    def state(self) -> State:
        return self.store.incidents["incident-1"].state


@pytest.mark.parametrize(
    ("outcome", "step", "state"),
    [
        ("accepted", "take-over", State.LINKED),
        ("refused", "hand-back", State.FILED),
        ("concluded", "conclude", State.CLOSED),
    ],
)
def test_an_answer_is_a_step_of_the_service_that_gives_it(
    outcome: str, step: str, state: State
) -> None:
    patrol = Patrol()

    assert patrol.hear(an_answer(outcome))

    assert patrol.state is state
    [entry] = patrol.store.steps
    assert (entry.step, entry.by, entry.note) == (step, "service:mediation", "一方不同意调解")
    assert len(patrol.outbox.events) == 1


@pytest.mark.parametrize(
    ("answer", "changed"),
    [
        # Twice: the first settled it.
        (an_answer(), {"conversion": Conversion(number=1, to="mediation", taken_over=True)}),
        # From whom nobody asked.
        (an_answer(source="petition"), {}),
        # To an earlier time, or one that is still to come.
        (an_answer(), {"conversion": Conversion(number=2, to="mediation")}),
        (an_answer(number=2), {}),
        (an_answer("refused"), {"conversion": None}),
        (an_answer(incident_id="incident-9"), {}),
    ],
)
def test_what_nothing_waits_for_changes_nothing(
    answer: ConversionAnswered, changed: dict[str, Any]
) -> None:
    patrol = Patrol(**changed)
    before = dict(patrol.store.incidents)

    assert not patrol.hear(answer)

    assert patrol.store.incidents == before
    assert not patrol.outbox.events
    assert not patrol.store.steps


@pytest.mark.parametrize("outcome", ["accepted", "refused", "concluded"])
def test_what_came_too_late_changes_nothing(outcome: str) -> None:
    patrol = Patrol()
    patrol.hear(an_answer("refused"))

    assert not patrol.hear(an_answer(outcome))

    assert patrol.state is State.FILED


def test_a_matter_may_be_given_back_after_it_was_taken_over() -> None:
    patrol = Patrol()

    assert patrol.hear(an_answer("accepted"))
    assert patrol.hear(an_answer("refused"))

    assert patrol.state is State.FILED


def test_what_is_closed_off_is_answered_for_like_any_other() -> None:
    patrol = Patrol(compartment=Compartment(only=("li",)))

    assert patrol.hear(an_answer())


class TestHandingOver:
    def handed_over(self, **changed: Any) -> IncidentHandedOver:
        store = FakeIncidentStore(an_incident(State.FILED, contact=CONTACT, **changed))
        outbox = FakeOutbox()
        convert = TakeStep(store, outbox, FakeTransaction(), counting, lambda: LATER, FakeRouter())
        order = an_order(to="mediation", consent=True, basis="entrust", files=["f-1"])
        convert("incident-1", "convert", order, actor=a_duty_officer())
        [told] = [event for event in outbox.events if isinstance(event, IncidentHandedOver)]
        return told

    def test_tells_all_that_the_other_service_needs(self) -> None:
        told = self.handed_over(files=("f-0",))

        assert (told.conversion, told.number, told.to) == ("incident-1.1", 1, "mediation")
        assert (told.basis, told.consent, told.files) == ("entrust", True, ["f-0", "f-1"])
        assert told.matter_no == "P20261123-0000018"
        assert told.personal.description == "桥下有建筑垃圾"
        assert told.personal.contact == CONTACT
        assert told.due_at is not None
        assert told.due_at > LATER

    def test_names_nobody_of_an_anonymous_report(self) -> None:
        assert self.handed_over(is_anonymous=True).personal.contact is None
