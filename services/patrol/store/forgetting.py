"""What is forgotten of incidents that ended long ago, and what a person has put right in them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from services.patrol.domain.anonymised import BLANKS, HANDED_OVER, NOBODY
from services.patrol.ports.incidents import AnonymisedIncident
from services.patrol.store.named_files import drop_names
from services.patrol.store.rows import conversion_of
from services.patrol.store.tables import HAS_CONTACT, HAS_TEXT, incident_table, step_table
from shared.contracts.conversion import IncidentHandedOver
from shared.contracts.patrol import ANONYMISED, ContactPersonalData
from shared.kernel.personal_data import FreeText, Phone
from shared.runtime.blind_index import is_same
from shared.runtime.compartments import compartment_of
from shared.runtime.retelling import write_over
from shared.runtime.sealing import Sealer

_NO_CONTACT = {"contact_name": None, "contact_phone": None, "contact_phone_index": None}


def forget_contacts(connection: Connection, ended_before: datetime, *, at_most: int) -> int:
    """Forget whom to ask about incidents that ended long ago; return of how many. All else stays."""
    incident = incident_table.c
    due = select(incident.id).where(HAS_CONTACT, incident.updated_at < ended_before).limit(at_most)
    gone = connection.execute(
        update(incident_table)
        .where(incident.id.in_(due))
        .values(_NO_CONTACT)
        .returning(incident.id, incident.conversion)
    ).all()
    write_over(connection, _conversions(gone), {IncidentHandedOver.event_type: HANDED_OVER})
    return len(gone)


_NO_TEXT: dict[str, Any] = _NO_CONTACT | {
    "title": FreeText(ANONYMISED),
    "description": FreeText(""),
    "reported_by": NOBODY,
    "handler": None,
    "workers": [],
    "asked_delay": None,
}


def anonymise(
    connection: Connection, ended_before: datetime, *, at: datetime, at_most: int
) -> list[AnonymisedIncident]:
    """Forget what people wrote about incidents that ended long ago, and who they were; return which.

    Where, when, of which category and state they are stays as it was. They name no file any more: one that
    nothing else names is deleted where it is kept. What somebody else holds is
    left for the next time: he may be about to change it.
    """
    incident = incident_table.c
    due = (
        select(incident.id, incident.matter_no, incident.is_closed_off, incident.conversion)
        .where(HAS_TEXT, incident.updated_at < ended_before)
        .order_by(incident.updated_at)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    rows = connection.execute(due).all()
    if not rows:
        return []
    ids = [row.id for row in rows]
    connection.execute(
        update(incident_table).where(incident.id.in_(ids)).values({**_NO_TEXT, "anonymised_at": at})
    )
    connection.execute(
        update(step_table)
        .where(step_table.c.incident_id.in_(ids))
        .values(note=FreeText(""), by=NOBODY)
    )
    drop_names(connection, ids)
    write_over(connection, [*ids, *_conversions(rows)], BLANKS)
    return [
        AnonymisedIncident(
            incident_id=row.id,
            matter_no=row.matter_no,
            compartment=compartment_of(connection, row.id) if row.is_closed_off else None,
        )
        for row in rows
    ]


def _conversions(rows: Sequence[Any]) -> list[str]:
    """Return under what these incidents were handed over to other services."""
    handed_over = ((row.id, conversion_of(row)) for row in rows)
    return [name for incident_id, each in handed_over if each for name in each.names(incident_id)]


def correct_contact(
    connection: Connection, sealer: Sealer, phone: Phone, corrected: ContactPersonalData
) -> list[str]:
    """Write another name and number wherever a report names *phone*; return the matters' numbers."""
    named = is_same(incident_table.c.contact_phone_index, sealer, phone)
    changed = connection.execute(
        update(incident_table)
        .where(named)
        .values(
            contact_name=corrected.name,
            contact_phone=corrected.phone,
            contact_phone_index=corrected.phone,
        )
        .returning(incident_table.c.matter_no)
    )
    return sorted(changed.scalars())
