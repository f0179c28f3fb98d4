"""Which incidents are linked: merged into another, or a part of it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, or_, select

from services.patrol.domain.incident import Incident
from services.patrol.domain.links import NO_LINKS, Links
from services.patrol.store.tables import incident_table, link_table

MERGED, PART = "merged", "part"
incident, link = incident_table.c, link_table.c

_LINKS = select(link_table).where(
    or_(link.incident_id == bindparam("asked"), link.other_id == bindparam("asked"))
)
# How the other stands to the one that is looked at.
_RELATIONS = {
    (MERGED, True): "merged_into",
    (MERGED, False): "merged",
    (PART, True): "parent",
    (PART, False): "child",
}


def links_of(connection: Connection, incident_id: str) -> Links:
    """Return with which others an incident is linked."""
    rows = connection.execute(_LINKS, {"asked": incident_id}).all()
    if not rows:
        return NO_LINKS
    own = {row.kind: row.other_id for row in rows if row.incident_id == incident_id}
    children = [row.incident_id for row in rows if row.kind == PART and row.other_id == incident_id]
    return Links(
        into=own.get(MERGED),
        parent=own.get(PART),
        merged=sum(row.kind == MERGED and row.other_id == incident_id for row in rows),
        children=len(children),
        open_children=_count_open(connection, children),
    )


def keep_links(connection: Connection, changed: Incident) -> None:
    """Write into which one an incident was merged, and of which it is a part, over what was kept."""
    connection.execute(delete(link_table).where(link.incident_id == changed.incident_id))
    kept = {MERGED: changed.links.into, PART: changed.links.parent}
    rows = [
        {"incident_id": changed.incident_id, "kind": kind, "other_id": other_id}
        for kind, other_id in kept.items()
        if other_id is not None
    ]
    if rows:
        connection.execute(insert(link_table), rows)


def linked_with(
    connection: Connection,
    incident_id: str,
    *,
    is_own: bool,
    reach: Sequence[ColumnElement[bool]],
    admitted: ColumnElement[bool],
) -> list[dict[str, Any]]:
    """Return the incidents that one is linked with and that the actor may know of.

    Whoever reported one that was merged follows the one it was merged into by its state, whoever reported
    that; what is closed to him he does not.
    """
    rows = connection.execute(_LINKS, {"asked": incident_id}).all()
    if not rows:
        return []
    relations = [_relation(row, incident_id) for row in rows]
    into = [other_id for relation, other_id in relations if relation == "merged_into"]
    seen = or_(*reach, incident.id.in_(into)) if is_own else or_(*reach)
    known = connection.execute(
        select(incident.id, incident.matter_no, incident.state, incident.updated_at).where(
            incident.id.in_([other_id for _, other_id in relations]), admitted, seen
        )
    )
    found = {row.id: dict(row._mapping) for row in known}
    return [
        {"relation": relation, **found[other_id]}
        for relation, other_id in relations
        if other_id in found
    ]


def _relation(row: Any, incident_id: str) -> tuple[str, str]:
    """Return how the other one of a link stands to an incident, and its id."""
    is_first = row.incident_id == incident_id
    return _RELATIONS[row.kind, is_first], row.other_id if is_first else row.incident_id


def _count_open(connection: Connection, incident_ids: Sequence[str]) -> int:
    if not incident_ids:
        return 0
    still_open = select(incident.id).where(incident.id.in_(incident_ids), incident.is_open)
    return len(connection.execute(still_open).all())
