"""Incidents as features of a map, for programs that keep their own copy."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    not_,
    or_,
    select,
)

from services.patrol.queries.reach import within_reach
from services.patrol.queries.selection import conditions_of, newest
from services.patrol.store.tables import incident_table
from shared.contracts.patrol import (
    FeatureFilter,
)
from shared.kernel.actor import Actor
from shared.kernel.box import Box
from shared.kernel.place import AREA_LEVELS
from shared.kernel.rights import Permission
from shared.runtime.cursor import after_id, cursor_of, page_size

incident = incident_table.c


_OF_FEATURE = (
    "matter_no",
    "state",
    "level",
    "category",
    "severity",
    "source",
    *(f"{level}_{part}" for level in AREA_LEVELS for part in ("code", "name")),
    "place_status",
    "boundary_version",
    "observed_at",
    "reported_at",
    "updated_at",
    "unit",
    "rework_count",
    "return_count",
)


# What leaves for programs that keep their own copy has nothing in it that anybody wrote, nor persons,
# and nothing that may be closed off.
_FEATURES = select(
    incident.id, incident.lon, incident.lat, *(incident[name] for name in _OF_FEATURE)
).where(not_(incident.is_closed_off))


def find_features(
    connection: Connection, where: FeatureFilter, actor: Actor, *, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Return a page of incidents as features of a map (GeoJSON, RFC 7946), newest first."""
    size = page_size(limit)
    wanted = _FEATURES.where(
        *conditions_of(connection, where), *_within(where.box), *after_id(incident.id, cursor)
    )
    reach = within_reach(connection, actor, Permission.INCIDENT_READ)
    rows = newest(connection, wanted, reach, size + 1)
    more = len(rows) > size
    return {
        "features": [_feature(row) for row in rows[:size]],
        "next_cursor": cursor_of(rows[size - 1].id) if more else None,
    }


def find_feature(connection: Connection, incident_id: str, actor: Actor) -> dict[str, Any] | None:
    """Return one incident as a feature, or None when the actor may not know of it."""
    wanted = _FEATURES.where(incident.id == incident_id)
    reach = within_reach(connection, actor, Permission.INCIDENT_READ)
    rows = newest(connection, wanted, reach, 1)
    return _feature(rows[0]) if rows else None


def _within(box: Box | None) -> list[ColumnElement[bool]]:
    if box is None:
        return []
    across = or_(*(incident.lon.between(west, east) for west, east in box.spans))
    return [across, incident.lat.between(box.south, box.north)]


def _feature(row: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": row.id,
        "geometry": {"type": "Point", "coordinates": [row.lon, row.lat]},
        "properties": {name: getattr(row, name) for name in _OF_FEATURE},
    }
