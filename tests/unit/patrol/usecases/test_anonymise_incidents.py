"""Incidents that ended long ago are anonymised, some at a time, and the others are told of each."""

from datetime import timedelta

from services.patrol.domain.incident import State
from services.patrol.usecases.anonymise_incidents import AnonymiseIncidents
from shared.contracts.patrol import IncidentAnonymised
from shared.kernel.compartment import Compartment
from tests.builders.incident import NOW, an_incident
from tests.fakes.patrol import FakeIncidentStore, FakeOutbox, FakeTransaction

KEPT = timedelta(days=1095)
LATER = NOW + KEPT + timedelta(days=1)


def anonymise(store: FakeIncidentStore, outbox: FakeOutbox) -> AnonymiseIncidents:
    return AnonymiseIncidents(store, outbox, FakeTransaction(), lambda: LATER)


def test_tells_of_each_and_whom_it_is_closed_to() -> None:
    closed = Compartment(units=("water",))
    store = FakeIncidentStore(
        an_incident(State.CLOSED, incident_id="one"),
        an_incident(State.CANCELLED, incident_id="two", compartment=closed),
    )
    outbox = FakeOutbox()

    assert anonymise(store, outbox)(KEPT, at_most=10) == 2

    told = [event for event in outbox.events if isinstance(event, IncidentAnonymised)]
    assert [(event.incident_id, event.compartment) for event in told] == [
        ("one", None),
        ("two", closed),
    ]
    assert {event.at for event in told} == {LATER}


def test_leaves_what_is_open_however_old_it_is() -> None:
    open_states = (State.REPORTED, State.LINKED, State.SUSPENDED, State.CHECKED)
    store = FakeIncidentStore(
        *(an_incident(state, incident_id=state.value) for state in open_states)
    )
    outbox = FakeOutbox()

    assert anonymise(store, outbox)(KEPT, at_most=10) == 0
    assert outbox.events == []


def test_takes_no_more_at_once_than_it_may() -> None:
    store = FakeIncidentStore(
        *(an_incident(State.CLOSED, incident_id=str(number)) for number in range(5))
    )
    outbox = FakeOutbox()
    use_case = anonymise(store, outbox)

    assert [use_case(KEPT, at_most=2) for _ in range(4)] == [2, 2, 1, 0]
    assert len(outbox.events) == 5
