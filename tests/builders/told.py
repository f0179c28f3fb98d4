"""What patrol tells of incidents, as command hears it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.command.domain.heard import Heard
from shared.contracts.event import Event
from shared.contracts.incident_steps import INCIDENT_STEPS, IncidentStepTaken, StepPersonalData
from shared.contracts.patrol import IncidentPersonalData, IncidentReported
from shared.kernel.personal_data import FreeText
from tests.builders.place import a_place

REPORTED_AT = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
MATTER_NO = "P20261123-0000018"
INCIDENT_ID = "019aae2f-6a40-7000-8000-000000000001"


def an_incident_reported(**changed: Any) -> IncidentReported:
    told = IncidentReported(
        incident_id=INCIDENT_ID,
        matter_no=MATTER_NO,
        state="reported",
        category="05",
        severity="L3",
        source="citizen",
        lon=112.2,
        lat=31.05,
        place=a_place(),
        observed_at=REPORTED_AT,
        reported_at=REPORTED_AT,
        reported_by="citizen",
        level="community",
        personal=IncidentPersonalData(
            title=FreeText("垃圾成堆"), description=FreeText("张三家门口")
        ),
    )
    return replace(told, **changed)


def a_step_taken(step: str = "accept", **changed: Any) -> IncidentStepTaken:
    told = INCIDENT_STEPS[step](
        incident_id=INCIDENT_ID,
        matter_no=MATTER_NO,
        from_state="reported",
        state="accepted",
        level="community",
        at=REPORTED_AT + timedelta(minutes=5),
        by="desk",
        unit=None,
        files=[],
        personal=StepPersonalData(note=FreeText("李四已看过")),
    )
    return replace(told, **changed)


def heard(told: Event, sequence: int = 1) -> Heard:
    return Heard(
        told=told,
        event_id=f"{told.aggregate}-{sequence}-{id(told)}",
        event_type=told.event_type,
        sequence=sequence,
    )
