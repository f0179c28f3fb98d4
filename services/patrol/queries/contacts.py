"""Questions about whom to ask about an incident: in clear, by telephone number, and who reports again and again."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    LargeBinary,
    func,
    select,
    type_coerce,
)

from services.patrol.queries.incidents import FIND, page_of
from services.patrol.queries.reach import admitted_to, may_see, within_reach
from services.patrol.store.rows import contact_of, place_of
from services.patrol.store.tables import incident_table
from shared.contracts.patrol import (
    ContactQuestion,
)
from shared.kernel.actor import Actor
from shared.kernel.errors import Forbidden
from shared.kernel.ids import first_id_at
from shared.kernel.rights import Permission
from shared.runtime.blind_index import is_same
from shared.runtime.cursor import after_id, page_size
from shared.runtime.sealing import Sealer

incident = incident_table.c


def contact_in_clear(
    connection: Connection, incident_id: str, actor: Actor
) -> dict[str, Any] | None:
    """Return the contact of an incident as it was given, or None when the actor may not know of it.

    Raises:
        Forbidden: the actor may not read what is personal there, and is not its handler.
    """
    row = connection.execute(FIND, {"asked": incident_id}).first()
    if row is None or not may_see(connection, row, actor):
        return None
    reaches = actor.reaches(place_of(row).codes, Permission.PERSONAL_READ)
    if not (reaches or row.handler == actor.account):
        raise personal_not_yours()
    contact = None if row.is_anonymous else contact_of(row)
    return {
        "id": row.id,
        "matter_no": row.matter_no,
        "contact": contact and {"name": contact.name.plain, "phone": contact.phone.plain},
    }


def find_by_contact(
    connection: Connection, sealer: Sealer, asked: ContactQuestion, actor: Actor
) -> dict[str, Any]:
    """Return a page of the incidents whose report names this telephone number, newest first."""
    of_phone = is_same(incident.contact_phone_index, sealer, asked.phone)
    wanted = select(incident_table).where(
        of_phone, *after_id(incident.id, asked.cursor), admitted_to(actor)
    )
    reach = within_reach(connection, actor, Permission.PERSONAL_READ)
    return page_of(connection, wanted, reach, actor, page_size(asked.limit))


def repeated_contacts(connection: Connection, *, since: datetime, least: int) -> list[list[str]]:
    """Return the matter numbers, oldest first, that one telephone number stands behind.

    Numbers are compared by their blind index, which does not leave this service. Reports that are
    anonymous have none, and what is closed to anybody is left out.
    """
    by_phone = incident.contact_phone_index
    open_to_all = (
        incident.id >= first_id_at(since),
        by_phone.is_not(None),
        ~incident.is_closed_off,
    )
    often = select(by_phone).where(*open_to_all).group_by(by_phone)
    rows = connection.execute(
        select(type_coerce(by_phone, LargeBinary).label("by"), incident.matter_no)
        .where(*open_to_all, by_phone.in_(often.having(func.count() >= least)))
        .order_by(incident.id)
    )
    groups: dict[bytes, list[str]] = {}
    for row in rows:
        groups.setdefault(bytes(row.by), []).append(row.matter_no)
    return list(groups.values())


def personal_not_yours() -> Forbidden:
    return Forbidden(
        code="personal_not_yours",
        zh="联系人信息只向该地的值班员、信访干部和本事件的处置人明示，且须说明理由。",
        en="A contact is shown in clear to duty officers and petition clerks of the place and to the incident's "
        "handler, who say why.",
    )
