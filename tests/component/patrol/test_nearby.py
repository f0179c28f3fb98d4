"""What may be the same, before a report is sent: of those the asker may know of, the likeliest first."""

from datetime import timedelta
from typing import Any

import pytest

from services.patrol.domain.incident import Incident, State
from services.patrol.service import PatrolService
from shared.kernel.actor import Actor
from shared.kernel.clock import china_now
from shared.kernel.errors import Invalid
from shared.kernel.ids import new_id
from tests.builders.actor import a_citizen, a_duty_officer
from tests.builders.incident import an_incident
from tests.component.district import CELLS, COMMUNITIES, Grid, place_of_cell
from tests.component.patrol.conftest import enter
from tests.component.patrol.test_commands import report
from tests.component.running import Running

DESK = a_duty_officer()
HERE = {"lon": 112.0, "lat": 31.05}


@pytest.fixture
def patrolling(patrol: Running) -> Running:
    patrol.start(Grid, PatrolService, relays=False)
    return patrol


def known(patrol: Running, name: str, **changed: Any) -> str:
    """Keep an incident, reported an hour ago at the place; return its matter number."""
    at = china_now() - timedelta(hours=changed.pop("hours", 1))
    told: dict[str, Any] = {
        "incident_id": new_id(at),
        "matter_no": name,
        "reported_at": at,
        "place": place_of_cell(CELLS[0]),
        "lon": 112.0,
        "lat": 31.05,
    }
    incident: Incident = an_incident(**(told | changed))
    enter(patrol.database("patrol"), [incident])
    return incident.matter_no


def near(running: Running, actor: Actor = DESK, **changed: Any) -> list[dict[str, Any]]:
    asked = {"category": "05", "location": HERE, "text": "桥下垃圾成堆"} | changed
    found: list[dict[str, Any]] = running.ask(
        "patrol", "nearby_incidents", actor=actor, asked=asked
    )
    return found


class TestNearby:
    def test_gives_the_likeliest_first_with_its_reasons(self, patrolling: Running) -> None:
        known(patrolling, "far in words", title="路灯不亮", description="")
        known(patrolling, "same", title="桥下垃圾成堆", description="")
        known(patrolling, "another kind", category="06")
        known(patrolling, "another place", lat=31.06)
        known(patrolling, "long ago", hours=24 * 8)
        known(patrolling, "not real", state=State.CANCELLED)

        found = near(patrolling)

        assert [each["matter_no"] for each in found] == ["same", "far in words"]
        assert (found[0]["distance_m"], found[0]["hours"], found[0]["similarity"]) == (0, 1, 1)
        assert found[0]["score"] > found[1]["score"]

    def test_gives_no_more_than_is_asked_for(self, patrolling: Running) -> None:
        for number in range(3):
            known(patrolling, f"number {number}")

        assert len(near(patrolling, limit=2)) == 2

    def test_gives_each_only_what_he_reaches_and_what_he_reported(
        self, patrolling: Running
    ) -> None:
        known(patrolling, "of the place")
        known(patrolling, "his own", reported_by="zhang")
        elsewhere = a_duty_officer("li", place_code=COMMUNITIES[3])

        assert [each["matter_no"] for each in near(patrolling, a_citizen("zhang"))] == ["his own"]
        assert near(patrolling, elsewhere) == []
        assert len(near(patrolling, a_duty_officer("li", place_code=COMMUNITIES[0]))) == 2

    def test_gives_nothing_that_is_closed_to_whoever_asks(self, patrolling: Running) -> None:
        report(patrolling, closed_to={"accounts": ["li"]})

        assert near(patrolling, a_duty_officer("li")) == []
        [seen] = near(patrolling)
        assert seen["closed_off"]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"at": "2026-11-23T08:00:00"},
            {"at": "0001-01-01T00:00:00Z"},
            {"at": "9999-12-31T23:59:59Z"},
            {"location": {"lon": 0, "lat": 91}},
            {"limit": 0},
            {"text": "x" * 501},
        ],
    )
    def test_refuses_what_is_no_question(self, patrolling: Running, wrong: dict[str, Any]) -> None:
        with pytest.raises(Invalid):
            near(patrolling, **wrong)
