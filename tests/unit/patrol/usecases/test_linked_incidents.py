"""A step that names another incident: whose it has to be, what is held, and what is kept of it."""

from datetime import timedelta

import pytest

from services.patrol.domain.incident import State
from services.patrol.domain.links import Links
from services.patrol.usecases.take_step import TakeStep
from shared.contracts.incident_steps import IncidentAttached, IncidentMerged
from shared.kernel.actor import Actor
from shared.kernel.compartment import Compartment
from shared.kernel.errors import Forbidden, NotFound, RuleBroken
from shared.kernel.rights import Role
from tests.builders.actor import a_duty_officer
from tests.builders.counting import counting
from tests.builders.incident import NOW, an_incident, an_order
from tests.builders.place import a_place
from tests.fakes.patrol import FakeIncidentStore, FakeOutbox, FakeRouter, FakeTransaction

DESK = a_duty_officer()
ELSEWHERE = a_place(
    district="420802", street="420802002", community="420802002001", cell="420802002001001"
)
ONE, OTHER = "incident-1", "incident-2"


class Patrol:
    """Two incidents, of which the second has the lower number of neither."""

    def __init__(self) -> None:
        self.store = FakeIncidentStore(
            an_incident(), an_incident(incident_id=OTHER, matter_no="P20261123-0000026")
        )
        self.outbox = FakeOutbox()
        self._take = TakeStep(
            self.store,
            self.outbox,
            FakeTransaction(),
            counting,
            lambda: NOW + timedelta(hours=1),
            FakeRouter(),
        )

    def take(
        self, step: str, incident_id: str = ONE, *, actor: Actor = DESK, **order: object
    ) -> None:
        self._take(incident_id, step, an_order(**order), actor=actor)


@pytest.fixture
def patrol() -> Patrol:
    return Patrol()


class TestMerging:
    def test_keeps_into_which_one_and_tells_of_it(self, patrol: Patrol) -> None:
        patrol.take("merge", into=OTHER)

        assert patrol.store.links == {ONE: Links(into=OTHER)}
        assert patrol.store.incidents[ONE].duplicate_of == "P20261123-0000026"
        assert patrol.store.incidents[OTHER] == an_incident(
            incident_id=OTHER, matter_no="P20261123-0000026"
        )
        [told] = patrol.outbox.events
        assert isinstance(told, IncidentMerged)
        assert told.into == OTHER
        assert [step.details for step in patrol.store.steps] == [{"into": OTHER}]

    def test_holds_both_in_one_order_whichever_is_merged(self, patrol: Patrol) -> None:
        patrol.take("merge", into=OTHER)
        with pytest.raises(RuleBroken) as refusal:
            patrol.take("merge", OTHER, into=ONE)

        assert patrol.store.held == [[ONE, OTHER], [ONE, OTHER]]
        assert refusal.value.code == "other_ended"

    def test_is_refused_into_itself(self, patrol: Patrol) -> None:
        with pytest.raises(RuleBroken) as refusal:
            patrol.take("merge", into=ONE)

        assert refusal.value.code == "same_incident"

    def test_is_refused_into_one_there_is_not(self, patrol: Patrol) -> None:
        with pytest.raises(NotFound):
            patrol.take("merge", into="incident-9")

    def test_is_refused_into_one_that_one_may_not_know_of(self, patrol: Patrol) -> None:
        patrol.store.incidents[OTHER] = an_incident(
            incident_id=OTHER, compartment=Compartment(accounts=("desk",))
        )

        with pytest.raises(NotFound):
            patrol.take("merge", into=OTHER)

    def test_is_refused_into_one_that_another_desk_commands(self, patrol: Patrol) -> None:
        patrol.store.incidents[OTHER] = an_incident(incident_id=OTHER, place=ELSEWHERE)
        street = a_duty_officer(place_code="420802001")
        reader = Actor(
            account="reads there too",
            rights=(
                *street.rights,
                *Actor.of("", Role.BLACKLIST_CLERK, place_code="420802002").rights,
            ),
        )

        with pytest.raises(NotFound):
            patrol.take("merge", into=OTHER, actor=street)
        with pytest.raises(Forbidden):
            patrol.take("merge", into=OTHER, actor=reader)

    def test_is_refused_of_one_that_others_were_merged_into(self, patrol: Patrol) -> None:
        patrol.store.links[ONE] = Links(merged=1)

        with pytest.raises(RuleBroken) as refusal:
            patrol.take("merge", into=OTHER)

        assert refusal.value.code == "others_merged_into_it"

    def test_is_taken_back_with_its_link(self, patrol: Patrol) -> None:
        patrol.take("merge", into=OTHER)
        patrol.take("unmerge")

        assert patrol.store.links == {ONE: Links()}
        assert patrol.store.incidents[ONE].state is State.REPORTED


class TestParts:
    def test_keep_of_which_they_are_parts(self, patrol: Patrol) -> None:
        patrol.take("attach", parent=OTHER)

        assert patrol.store.links == {ONE: Links(parent=OTHER)}
        [told] = patrol.outbox.events
        assert isinstance(told, IncidentAttached)
        assert told.parent == OTHER

    def test_have_no_parts_and_belong_to_none_that_is_a_part(self, patrol: Patrol) -> None:
        patrol.store.links[OTHER] = Links(parent="incident-3")

        with pytest.raises(RuleBroken) as refusal:
            patrol.take("attach", parent=OTHER)

        assert refusal.value.code == "other_takes_no_part"

    def test_matter_to_no_step_that_does_not_look_round(self, patrol: Patrol) -> None:
        patrol.store.links[ONE] = Links(children=1, open_children=1)

        patrol.take("accept")
        with pytest.raises(RuleBroken):
            patrol.take("merge", into=OTHER)
