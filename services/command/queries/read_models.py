"""Questions to the read models; each answers only what the actor reaches."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select

from services.command.domain.story_line import line_of
from services.command.store.read_models import CLOSED_OFF, matter_of
from services.command.store.tables import dossier_table, matter_table, stream_table
from shared.kernel.actor import Actor
from shared.kernel.personal_data import plain
from shared.kernel.rights import Permission


def dossier(connection: Connection, matter_no: str, actor: Actor) -> dict[str, Any] | None:
    """Return the whole story of a matter, or None when the actor may not know of it."""
    row = connection.execute(
        select(matter_table).where(matter_table.c.matter_no == matter_no)
    ).first()
    if row is None or not matter_of(row).may_be_known_to(actor, Permission.MATTER_READ):
        return None
    entries = connection.execute(
        select(dossier_table)
        .where(dossier_table.c.matter_no == matter_no)
        .order_by(dossier_table.c.at, dossier_table.c.sequence)
    )
    return {
        **shown_matter(row),
        "entries": [
            {
                "event_type": entry.event_type,
                "sequence": entry.sequence,
                "line": line_of(entry.event_type, entry.said),
                **entry.said,
            }
            for entry in entries
        ],
    }


def shown_matter(row: Any) -> dict[str, Any]:
    """Return a matter as answers show it: that it is closed off, not to whom."""
    shown = dict(row._mapping)
    shown["title"] = plain(row.title)
    shown["closed_off"] = shown.pop("compartment") is not None
    return shown


def shown_matters(connection: Connection, numbers: set[str]) -> dict[str, dict[str, Any]]:
    """Return matters by their numbers."""
    rows = connection.execute(select(matter_table).where(matter_table.c.matter_no.in_(numbers)))
    return {row.matter_no: shown_matter(row) for row in rows}


def stream_since(
    connection: Connection, *, after: int, place: str | None, topics: list[str], limit: int
) -> dict[str, Any]:
    """Return the lines of the live stream after number *after*, and the number of the last."""
    last = connection.scalar(select(func.max(stream_table.c.id))) or 0
    wanted = select(stream_table).where(stream_table.c.id > after).order_by(stream_table.c.id)
    if topics:
        wanted = wanted.where(stream_table.c.topic.in_(topics))
    rows = connection.execute(wanted.limit(limit))
    entries = [
        {
            "id": row.id,
            "topic": row.topic,
            "place_codes": row.codes,
            "data": row.said,
            "matter_no": row.matter_no,
            "compartment": row.compartment,
        }
        for row in rows
        if place is None or place in row.codes or row.topic == CLOSED_OFF
    ]
    return {"entries": entries, "last": last}


def trim_stream(connection: Connection, before: datetime) -> None:
    """Delete lines too old for any client to resume from."""
    connection.execute(delete(stream_table).where(stream_table.c.at < before))
