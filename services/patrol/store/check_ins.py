"""Check-ins in their table."""

from sqlalchemy import insert, select

from services.patrol.ports.rounds import KeptCheckIn
from services.patrol.store.round_tables import check_in_table
from shared.runtime.work import Work

check_in = check_in_table.c


class SqlCheckInStore:
    """Check-ins in the database. Whoever adds one holds its round."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def is_known(self, round_id: str, account: str, key: str) -> bool:
        known = select(check_in.id).where(
            check_in.round_id == round_id, check_in.account == account, check_in.key == key
        )
        return self._work.connection.execute(known).first() is not None

    def add(self, kept: KeptCheckIn) -> None:
        self._work.connection.execute(
            insert(check_in_table),
            {
                "id": kept.check_in_id,
                "round_id": kept.round_id,
                "account": kept.account,
                "key": kept.key,
                "point": kept.point,
                "at": kept.at,
                "phone_at": kept.phone_at,
                "received_at": kept.received_at,
                "clock_offset_s": kept.clock_offset_s,
                "stayed_s": kept.stayed_s,
                "accuracy_m": kept.accuracy_m,
                "distance_m": kept.distance_m,
                "is_valid": kept.is_valid,
                "reasons": list(kept.reasons),
                "cell": kept.cell,
                "position": {"lon": kept.lon, "lat": kept.lat},
            },
        )

    def reached(self, round_id: str) -> frozenset[int]:
        points = select(check_in.point).where(
            check_in.round_id == round_id, check_in.is_valid, check_in.point.is_not(None)
        )
        return frozenset(self._work.connection.scalars(points))
