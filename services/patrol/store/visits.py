"""Which rounds were in which cells: counted from the tracks, a batch once, and kept when they are gone."""

from collections.abc import Mapping

from sqlalchemy import Connection, insert, select, update

from services.patrol.domain.track import Track
from services.patrol.domain.visiting import Visit
from services.patrol.store.round_tables import IS_TO_PLACE, round_table, track_table, visit_table
from services.patrol.store.track_bytes import unpacked
from shared.runtime.work import Work

track, visit = track_table.c, visit_table.c


class SqlVisitStore:
    """Visits in the database."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def to_place(self, *, at_most: int) -> list[tuple[str, str, Track]]:
        return batches_to_place(self._work.connection, at_most=at_most)

    def count(self, batch_id: str, round_id: str, visits: Mapping[str, Visit]) -> bool:
        return count_visits(self._work.connection, batch_id, round_id, visits)


def batches_to_place(connection: Connection, *, at_most: int) -> list[tuple[str, str, Track]]:
    """Return ids, rounds and points of batches whose visits were not counted, the oldest first."""
    rows = connection.execute(
        select(track.id, track.round_id, track.body)
        .where(IS_TO_PLACE)
        .order_by(track.id)
        .limit(at_most)
    )
    return [(row.id, row.round_id, unpacked(row.body)) for row in rows]


def count_visits(
    connection: Connection, batch_id: str, round_id: str, visits: Mapping[str, Visit]
) -> bool:
    """Add the visits of a batch to those of its round, unless another copy did; answer whether it was here."""
    connection.execute(
        select(round_table.c.id).where(round_table.c.id == round_id).with_for_update()
    )
    placed = update(track_table).where(track.id == batch_id, IS_TO_PLACE).values(is_placed=True)
    if not connection.execute(placed).rowcount:
        return False
    known = {
        row.cell: row
        for row in connection.execute(select(visit_table).where(visit.round_id == round_id))
    }
    for cell, new in visits.items():
        before = known.get(cell)
        if before is None:
            connection.execute(
                insert(visit_table),
                {
                    "round_id": round_id,
                    "cell": cell,
                    "first_at": new.first_at,
                    "last_at": new.last_at,
                    "points": new.points,
                },
            )
            continue
        connection.execute(
            update(visit_table)
            .where(visit.round_id == round_id, visit.cell == cell)
            .values(
                first_at=min(before.first_at, new.first_at),
                last_at=max(before.last_at, new.last_at),
                points=before.points + new.points,
            )
        )
    return True
