"""An incident goes on in another service, over a real bus: what that hears, what it answers, what is overdue."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from kombu import Connection
from kombu.pools import producers
from sqlalchemy import select

from services.patrol.service import PatrolService
from services.patrol.wiring import forget_contacts, tell_due_clocks
from shared.contracts.conversion import AnswerPersonalData, IncidentHandedOver, MediationAnswered
from shared.kernel.clock import china_now
from shared.kernel.ids import new_id
from shared.kernel.personal_data import FreeText
from shared.runtime.call import Call
from shared.runtime.identity import identity_of
from shared.runtime.outbox import Outbox, adapter, told_from
from shared.runtime.tables import dead_letter, inbox_position, outbox
from shared.runtime.topology import events_exchange
from shared.runtime.work import Work
from tests.brokers import eventually
from tests.component.district import Grid
from tests.component.patrol.test_commands import report, take, told_of
from tests.component.patrol.test_links import seen
from tests.component.running import Ear, Running

CONTACT = {"name": "张三", "phone": "13800000000"}
DIED = dead_letter.c.event_type == MediationAnswered.event_type


@pytest.fixture
def patrolling(patrol: Running) -> Running:
    patrol.start(Grid, PatrolService, relays=False)
    return patrol


def converted(running: Running, **changed: Any) -> dict[str, Any]:
    """Report an incident and hand it over to mediation; return it."""
    incident = report(running, contact=CONTACT, **changed)
    for step in ("accept", "file"):
        take(running, incident, step)
    return take(running, incident, "convert", to="mediation", consent=True, note="双方同意调解")


def handed_over(running: Running, incident: dict[str, Any]) -> Any:
    about = select(outbox).where(outbox.c.aggregate_id == f"{incident['id']}.1")
    [row] = running.rows("patrol", about)
    return row


def answer(
    running: Running, incident: dict[str, Any], outcome: str, *, signed_by: str = "mediation"
) -> str:
    """Answer as mediation will, which the platform does not have yet; return under what."""
    told = handed_over(running, incident).payload
    conversion = str(told["conversion"])
    said = MediationAnswered(
        conversion=conversion,
        incident_id=told["incident_id"],
        number=told["number"],
        outcome=outcome,  # type: ignore[arg-type]
        matter_no="T-7",
        at=china_now(),
        personal=AnswerPersonalData(reason=FreeText("一方不同意调解")),
    )
    body = adapter(MediationAnswered).dump_python(said, mode="json")
    sealed = running.database("patrol").sealer.sealed_body(said.event_type, body)
    headers = {
        "event_id": new_id(),
        "event_type": said.event_type,
        "aggregate_id": conversion,
        "sequence": heard(running, conversion) + 1,
        "occurred_at": said.at.isoformat(),
    }
    with producers[Connection(running.settings.broker_url)].acquire() as producer:
        producer.publish(
            sealed,
            exchange=events_exchange("mediation"),
            routing_key=said.event_type,
            headers=identity_of(running.settings, signed_by).sign(headers, sealed),
            serializer="json",
        )
    return conversion


def answered(running: Running, incident: dict[str, Any], outcome: str) -> None:
    """Answer, and wait until patrol has heard it."""
    before = heard(running, handed_over(running, incident).payload["conversion"])
    conversion = answer(running, incident, outcome)
    eventually(lambda: heard(running, conversion) == before + 1)


def heard(running: Running, conversion: str) -> int:
    """Return how many answers patrol has heard about a conversion, whatever they changed."""
    about = select(inbox_position.c.sequence).where(inbox_position.c.aggregate_id == conversion)
    return max((row.sequence for row in running.rows("patrol", about)), default=0)


class TestConversion:
    def test_reaches_the_other_service_and_comes_back_refused_with_its_reason(
        self, patrolling: Running
    ) -> None:
        incident = converted(patrolling)
        assert (incident["state"], incident["conversion"]["to"]) == ("linked", "mediation")
        assert [clock["kind"] for clock in incident["clocks"] if not clock["ended_at"]] == [
            "receipt"
        ]

        answered(patrolling, incident, "refused")

        back = seen(patrolling, incident)
        assert back["state"] == "filed"
        last = back["steps"][-1]
        assert (last["step"], last["by"], last["note"]) == (
            "hand-back",
            "service:mediation",
            "一方不同意调解",
        )
        running = [clock["kind"] for clock in back["clocks"] if not clock["ended_at"]]
        assert running == ["dispatch"]

    def test_is_taken_over_and_ends_with_the_matter_there(self, patrolling: Running) -> None:
        incident = converted(patrolling)

        answered(patrolling, incident, "accepted")
        taken = seen(patrolling, incident)
        answered(patrolling, incident, "accepted")
        answered(patrolling, incident, "concluded")
        answered(patrolling, incident, "refused")

        assert (taken["state"], taken["conversion"]["their_no"]) == ("linked", "T-7")
        assert not any(clock["ended_at"] is None for clock in taken["clocks"])
        ended = seen(patrolling, incident)
        assert ended["state"] == "closed"
        assert [step["step"] for step in ended["steps"]][-3:] == [
            "convert",
            "take-over",
            "conclude",
        ]

    def test_seals_what_people_wrote_and_whom_to_ask(self, patrolling: Running) -> None:
        incident = converted(patrolling, description="张三家门口")

        row = handed_over(patrolling, incident)

        assert "张三" not in str(row.payload)
        assert "13800000000" not in str(row.payload)
        opened = patrolling.database("patrol").sealer.opened_body(row.event_type, row.payload)
        told = told_from(IncidentHandedOver, opened)
        assert isinstance(told, IncidentHandedOver)
        assert told.personal.contact is not None
        assert told.personal.contact.phone.plain == "13800000000"

    def test_is_answered_for_by_nobody_but_that_service(self, patrolling: Running) -> None:
        incident = converted(patrolling)

        answer(patrolling, incident, "refused", signed_by="grid")

        eventually(lambda: patrolling.count("patrol", dead_letter, DIED) == 1)
        assert seen(patrolling, incident)["state"] == "linked"

    def test_leaves_on_the_bus_for_whoever_will_listen(self, patrolling: Running) -> None:
        ear = Ear(patrolling.settings, "patrol")
        incident = converted(patrolling)
        patrolling.may_relay.set()

        told = [message.headers for message in ear.take(5)]
        ear.close()

        assert [each["event_type"] for each in told][-2:] == [
            "patrol.incident.converted.v1",
            IncidentHandedOver.event_type,
        ]
        assert told[-1]["aggregate_id"] == f"{incident['id']}.1"


class TestWithoutAnAnswer:
    def test_is_overdue_when_its_time_is_over(self, patrolling: Running) -> None:
        incident = converted(patrolling)
        work = Work(patrolling.database("patrol"))

        later = china_now() + timedelta(days=14)
        tell_due_clocks(work, Outbox(work, Call()), clock=lambda: later)

        late = told_of(patrolling, incident)[-1]
        assert late.event_type == "patrol.incident.clock_ran_out.v1"
        assert [clock["kind"] for clock in late.payload["clocks"]] == ["receipt"]

    def test_is_forgotten_with_whom_to_ask_about_the_incident(self, patrolling: Running) -> None:
        incident = converted(patrolling, description="张三家门口")
        take(patrolling, incident, "conclude", note="已在线下办结")
        work = Work(patrolling.database("patrol"))

        years_later: datetime = china_now() + timedelta(days=200)
        assert forget_contacts(work, timedelta(days=180), clock=lambda: years_later) == 1

        row = handed_over(patrolling, incident)
        told = patrolling.database("patrol").sealer.opened_body(row.event_type, row.payload)
        assert told["personal"]["contact"] is None
        assert told["personal"]["description"] == ""
