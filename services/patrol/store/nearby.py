"""What was reported near a place, about a time and of a category, straight from its index."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, or_, select

from services.patrol.domain.incident import State
from services.patrol.ports.incidents import ReportedNear
from services.patrol.store.tables import incident_table
from shared.kernel.box import Box
from shared.kernel.ids import first_id_at
from shared.kernel.personal_data import plain
from shared.runtime.partitions import made_before

incident = incident_table.c
# Where more than so many lie near, the newest are compared.
MOST_COMPARED = 200


class SqlNearbyStore:
    """Incidents near a place that one of the conditions of *reach* lets through, and *admitted*."""

    def __init__(
        self,
        connection: Connection,
        *,
        reach: Sequence[ColumnElement[bool]],
        admitted: ColumnElement[bool],
    ) -> None:
        self._connection = connection
        self._reach = reach
        self._admitted = admitted

    def reported_near(
        self, category: str, box: Box, first: datetime, end: datetime
    ) -> list[ReportedNear]:
        wanted = self._near(box, first, end).where(incident.category == category)
        # Each way to reach one is asked for on its own: of two joined by OR no index gives either.
        found = {
            row.incident_id: ReportedNear(
                **dict(row._mapping)
                | {"title": plain(row.title), "description": plain(row.description)}
            )
            for condition in self._reach
            for row in self._connection.execute(wanted.where(condition))
        }
        return [found[incident_id] for incident_id in sorted(found, reverse=True)[:MOST_COMPARED]]

    def _near(self, box: Box, first: datetime, end: datetime) -> Select[tuple[str, ...]]:
        return (
            select(
                incident.id.label("incident_id"),
                *(incident[name] for name in _SHOWN),
            )
            .where(
                incident.lat.between(box.south, box.north),
                or_(*(incident.lon.between(west, east) for west, east in box.spans)),
                incident.reported_at.between(first, end),
                incident.id >= first_id_at(first),
                made_before(self._connection, incident.id, end),
                incident.state != State.CANCELLED,
                self._admitted,
            )
            .order_by(incident.id.desc())
            .limit(MOST_COMPARED)
        )


_SHOWN = (
    "matter_no",
    "state",
    "category",
    "severity",
    "title",
    "description",
    "lon",
    "lat",
    "reported_at",
    "is_closed_off",
)
