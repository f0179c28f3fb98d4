"""What command listens to: keeping the order of an incident needs all that is told of it."""

from services.command.service import INCIDENT_EVENTS, CommandService
from shared.contracts.event import EVENTS, source_of
from shared.runtime.event_door import EventDoor


def contracts_of(method_name: str) -> set[str]:
    [door] = getattr(CommandService, method_name).nameko_entrypoints
    assert isinstance(door, EventDoor)
    return {contract.event_type for contract in door.contracts}


class TestFollowIncident:
    def test_hears_every_event_that_patrol_tells_of_an_incident(self) -> None:
        told = {
            event_type
            for event_type, contract in EVENTS.items()
            if source_of(contract) == "patrol" and contract.aggregate == "incident_id"
        }

        assert len(told) > 1
        assert contracts_of("follow_incident") == told
        assert {contract.event_type for contract in INCIDENT_EVENTS} == told

    def test_hears_of_one_aggregate_of_one_service_only(self) -> None:
        assert {(source_of(c), c.aggregate) for c in INCIDENT_EVENTS} == {("patrol", "incident_id")}


class TestFollowBoundary:
    def test_hears_of_boundaries_put_in_force(self) -> None:
        assert contracts_of("follow_boundary") == {"grid.boundary.activated.v1"}
