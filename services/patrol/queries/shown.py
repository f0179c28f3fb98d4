"""How an incident, its steps and its clocks are shown to a person."""

from collections.abc import Iterable
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    Connection,
)

from services.patrol.domain.incident import Incident
from services.patrol.store.clocks import clocks_of
from services.patrol.store.lifecycle import add_due, shown_lifecycle
from services.patrol.store.rows import contact_of, place_of, row_of
from shared.contracts.incident_clocks import IncidentClock, shown_clock
from shared.kernel.actor import Actor
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.personal_data import plain


def shown(row: Any, actor: Actor) -> dict[str, Any]:
    """Return an incident as the edge shows it (`api.md`: `POST /incidents`)."""
    return {
        "id": row.id,
        "matter_no": row.matter_no,
        "state": row.state,
        "level": row.level,
        "category": row.category,
        "severity": row.severity,
        "source": row.source,
        "title": plain(row.title),
        "description": plain(row.description),
        "location": {"lon": row.lon, "lat": row.lat, "crs": "wgs84", "accuracy_m": row.accuracy_m},
        "given_location": {"lon": row.given_lon, "lat": row.given_lat, "crs": row.given_crs},
        "place": place_of(row),
        "observed_at": row.observed_at,
        "reported_at": row.reported_at,
        # Whoever asked not to be named stays unnamed to everyone but himself.
        "reported_by": None
        if row.is_anonymous and row.reported_by != actor.account
        else row.reported_by or None,
        "anonymous": row.is_anonymous,
        "contact": _masked_contact(row),
        "files": row.files,
        "unit": row.unit,
        "handler": row.handler,
        "rework_count": row.rework_count,
        "return_count": row.return_count,
        "reopen_count": row.reopen_count,
        "arbitrated_level": row.arbitrated_level,
        "duplicate_of": row.duplicate_of,
        **shown_lifecycle(row),
        "closed_off": row.is_closed_off,
        "updated_at": row.updated_at,
        "clocks": [],
        "routing": row.routing,
    }


def shown_new(incident: Incident, actor: Actor) -> dict[str, Any]:
    """Return an incident that was opened just now, as `find_incident` will show it."""
    return shown(SimpleNamespace(**row_of(incident)), actor) | {"steps": []}


def _masked_contact(row: Any) -> dict[str, str] | None:
    contact = None if row.is_anonymous else contact_of(row)
    if contact is None:
        return None
    return {"name": contact.name.masked, "phone": contact.phone.masked}


def shown_step(row: Any) -> dict[str, Any]:
    return {
        "step": row.step,
        "from_state": row.from_state,
        "to_state": row.to_state,
        "at": row.at,
        "by": row.by or None,  # nobody's any more
        "note": plain(row.note),
        "unit": row.unit,
        "files": row.files,
        **(row.details or {}),
    }


def shown_clocks(
    clocks: Iterable[IncidentClock], counting: DeadlineClock, now: datetime
) -> list[dict[str, Any]]:
    return [shown_clock(clock, counting, now) for clock in clocks]


def add_clocks(
    connection: Connection, shown: list[dict[str, Any]], counting: DeadlineClock, now: datetime
) -> None:
    """Put into shown incidents their clocks, with the colours they have now."""
    kept = clocks_of(connection, [item["id"] for item in shown])
    for item in shown:
        item["clocks"] = shown_clocks(kept.get(item["id"], ()), counting, now)
        add_due(item)


_OF_PERSONS = frozenset({"contact", "reported_by", "handler", "given_location"})


_WRITTEN = frozenset({"title", "description"})


def as_exported(shown: dict[str, Any], with_text: bool) -> dict[str, Any]:
    """Return a shown incident as it leaves the platform: without who is concerned (PIPL, article 6).

    What people wrote may name somebody, and goes with it only where it was asked for.
    """
    left_out = _OF_PERSONS if with_text else _OF_PERSONS | _WRITTEN
    return {name: value for name, value in shown.items() if name not in left_out}
