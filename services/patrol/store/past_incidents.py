"""What was reported before, streamed for a dry run: no text, no persons, and only what the actor may know of."""

import time
from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, false, or_, select, true

from services.patrol.domain.routing_trial import Past
from services.patrol.store.tables import incident_table
from shared.contracts.routing import RoutingTrial
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.ids import first_id_at
from shared.kernel.place import AREA_LEVELS
from shared.kernel.rights import Permission
from shared.runtime.compartments import admitted
from shared.runtime.partitions import made_before
from shared.runtime.work import Work

PAGE = 2_000
incident = incident_table.c
_PAST = select(
    incident.matter_no,
    incident.category,
    incident.severity,
    *(incident[f"{level}_code"] for level in AREA_LEVELS),
    incident.level,
    incident.unit,
    incident.reported_at,
    incident.is_closed_off,
    incident.id,
)


class SqlPastIncidents:
    """Incidents of a span of time, by their ids: an index gives each page, and a partition none of another month."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def under(self, actor: Actor, trial: RoutingTrial, *, at_most: int) -> Iterator[Sequence[Past]]:
        connection = self._work.connection
        wanted = _PAST.where(*_conditions(connection, actor, trial)).order_by(incident.id)
        after, left = first_id_at(trial.since), at_most
        while left > 0:
            size = min(PAGE, left)
            rows = connection.execute(wanted.where(incident.id > after).limit(size)).all()
            yield [Past._make(row[:-1]) for row in rows]
            if len(rows) < size:
                return
            after, left = rows[-1].id, left - size
            # On a file nothing waits for the database, and other green threads would not run.
            time.sleep(0)


def _conditions(
    connection: Connection, actor: Actor, trial: RoutingTrial
) -> list[ColumnElement[bool]]:
    return [
        incident.reported_at >= trial.since,
        incident.reported_at < trial.until,
        made_before(connection, incident.id, trial.until),
        _under(actor.places(Permission.INCIDENT_READ)),
        true() if trial.place is None else _under((trial.place,)),
        admitted(incident.id, incident.is_closed_off, actor),
    ]


def _under(places: tuple[str, ...]) -> ColumnElement[bool]:
    if WHOLE_TREE in places:
        return true()
    return or_(false(), *(incident[f"{level}_code"].in_(places) for level in AREA_LEVELS))
