"""What is written and told of a step, whoever took it."""

from datetime import datetime

from services.patrol.domain.clocks import RECEIPT
from services.patrol.domain.incident import Incident
from services.patrol.domain.step_table import STEP_TABLE
from services.patrol.ports.incidents import IncidentStore
from services.patrol.ports.writing import Outbox
from shared.contracts.conversion import HandedOverPersonalData, IncidentHandedOver
from shared.contracts.incident_steps import (
    INCIDENT_STEPS,
    IncidentStepTaken,
    StepPersonalData,
    details_of,
)
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import PLATFORM, Actor
from shared.kernel.personal_data import FreeText

# What makes a task of it: from here on a rule may send it out.
FILING = "file"


def keep_step(
    store: IncidentStore,
    outbox: Outbox,
    step: str,
    before: Incident,
    moved: Incident,
    order: StepOrder,
    *,
    by: Actor,
) -> None:
    """Write an incident that has moved, its history and its links, and tell the others."""
    at = moved.updated_at
    told = _told_to_others(step, before, moved, order, by)
    store.replace(moved)
    if moved.links != before.links:
        store.keep_links(moved)
    store.add_step(
        incident=moved,
        step=step,
        from_state=before.state,
        at=at,
        by=by.account,
        note=order.note,
        unit=order.unit,
        files=tuple(order.files),
        details=details_of(told),
    )
    outbox.put(told, occurred_at=at)
    if step == "convert":
        outbox.put(_handed_over(moved, order, by.account), occurred_at=at)


def _told_to_others(
    step: str, before: Incident, moved: Incident, order: StepOrder, by: Actor
) -> IncidentStepTaken:
    return INCIDENT_STEPS[step](
        incident_id=moved.incident_id,
        matter_no=moved.matter_no,
        from_state=before.state,
        state=moved.state,
        level=moved.level,
        at=moved.updated_at,
        by=by.account,
        unit=moved.unit,
        files=list(order.files),
        personal=StepPersonalData(note=FreeText(order.note)),
        compartment=moved.compartment,
        clocks=[clock for clock in moved.clocks if clock not in before.clocks],
        **{name: getattr(order, name) for name in STEP_TABLE[step].tells},
        **STEP_TABLE[step].telling(before, moved, order, by),
        **({"routing": moved.routing} if _is_routed(step, by) else {}),
    )


def _is_routed(step: str, by: Actor) -> bool:
    """Tell whether the rules of routing have said where to with this step."""
    return step == FILING or (step == "dispatch" and by is PLATFORM)


def _handed_over(incident: Incident, order: StepOrder, by: str) -> IncidentHandedOver:
    conversion = incident.conversion
    if conversion is None:
        raise LookupError("an incident that was not converted is handed over to nobody")
    return IncidentHandedOver(
        incident_id=incident.incident_id,
        matter_no=incident.matter_no,
        conversion=conversion.name(incident.incident_id),
        number=conversion.number,
        to=conversion.to,
        basis=order.basis,
        consent=order.consent,
        category=incident.category,
        severity=incident.severity,
        level=incident.level,
        lon=incident.lon,
        lat=incident.lat,
        place=incident.place,
        observed_at=incident.observed_at,
        reported_at=incident.reported_at,
        files=[*incident.files, *order.files],
        at=incident.updated_at,
        by=by,
        due_at=_due_at(incident),
        personal=HandedOverPersonalData(
            title=FreeText(incident.title),
            description=FreeText(incident.description),
            note=FreeText(order.note),
            # Whom an anonymous report names is shown to nobody.
            contact=None if incident.is_anonymous else incident.contact,
        ),
        compartment=incident.compartment,
    )


def _due_at(incident: Incident) -> datetime | None:
    due = [clock for clock in incident.clocks if clock.kind == RECEIPT and clock.runs]
    return due[-1].deadline.due_current if due else None
