"""Who is nearest to a place and can be sent there: by where he was last, and how long ago that is."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from services.patrol.domain.ground_distance import distance_m
from services.patrol.domain.patrol_round import RoundState
from services.patrol.queries.round_selection import in_reach
from services.patrol.store.absences import absences_between
from services.patrol.store.round_tables import position_table, round_table
from shared.kernel.actor import Actor
from shared.kernel.rights import Permission

kept, position = round_table.c, position_table.c


def nearest_officers(
    connection: Connection,
    lon: float,
    lat: float,
    actor: Actor,
    *,
    now: datetime,
    fresh: timedelta,
    most: int,
) -> list[dict[str, Any]]:
    """Return who is on a round under the actor's places, not on leave, the nearest to a point (WGS-84) first.

    A position older than *fresh* says nothing. Metres on the ground as the crow flies; where he was is not shown.
    """
    rows = connection.execute(
        select(position_table, kept.kind, kept.cell_code, kept.community_code)
        .join(round_table, kept.id == position.round_id)
        .where(
            kept.state == RoundState.RUNNING.value,
            position.at >= now - fresh,
            in_reach(kept, actor, Permission.TRACK_READ),
        )
    ).all()
    away = {each.account for each in absences_between(connection, now, now + timedelta(seconds=1))}
    found = [
        {
            "officer": row.account,
            "round": row.round_id,
            "kind": row.kind,
            "community": row.community_code,
            "cell": row.cell_code,
            "distance_m": round(distance_m(row.position["lon"], row.position["lat"], lon, lat), 1),
            "accuracy_m": row.position["accuracy_m"],
            "at": row.at,
            "age_s": round((now - row.at).total_seconds(), 1),
        }
        for row in rows
        if row.account not in away
    ]
    return sorted(found, key=lambda each: (each["distance_m"], each["officer"]))[:most]
