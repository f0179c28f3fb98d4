"""Incidents, reports and orders with good defaults."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from services.patrol.domain.incident import Incident, State
from shared.contracts.patrol import IncidentReport, StepOrder
from shared.kernel.place import Point
from tests.builders.place import a_place

NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
POINT = Point(lon=112.2, lat=31.05)


def a_report(**changed: Any) -> IncidentReport:
    return replace(IncidentReport(category="05", title="垃圾成堆", location=POINT), **changed)


def an_order(**changed: Any) -> StepOrder:
    """Return an order with everything that any step needs."""
    full = StepOrder(note="已清理", unit="urban-management", files=["file-1"])
    return replace(full, **changed)


def an_incident(state: State = State.REPORTED, **changed: Any) -> Incident:
    incident = Incident(
        incident_id="incident-1",
        matter_no="P20261123-0000018",
        state=state,
        level="community",
        category="05",
        severity="L3",
        source="citizen",
        title="垃圾成堆",
        description="桥下有建筑垃圾",
        location=POINT,
        lon=POINT.lon,
        lat=POINT.lat,
        place=a_place(),
        observed_at=NOW,
        reported_at=NOW,
        reported_by="citizen",
        is_anonymous=False,
        updated_at=NOW,
    )
    return replace(incident, **changed)
