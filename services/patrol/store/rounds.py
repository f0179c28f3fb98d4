"""Rounds in and out of their tables, and who walks them."""

from sqlalchemy import bindparam, insert, select, update

from services.patrol.domain.patrol_round import PatrolRound
from services.patrol.domain.watch import Walker
from services.patrol.store.round_rows import (
    changes_of_round,
    round_of,
    row_of_round,
    row_of_walker,
    walker_of,
)
from services.patrol.store.round_tables import round_table, walker_table
from shared.runtime.upsert import replacing
from shared.runtime.work import Work

_HOLD = select(round_table).where(round_table.c.id == bindparam("asked")).with_for_update()
_WALKER = select(walker_table).where(
    walker_table.c.round_id == bindparam("asked"), walker_table.c.account == bindparam("by")
)
_WALKERS = select(walker_table).where(walker_table.c.round_id == bindparam("asked"))


class SqlRoundStore:
    """Rounds in the database. Whoever changes a walker holds the round."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, planned: PatrolRound) -> None:
        connection = self._work.connection
        connection.execute(insert(round_table), row_of_round(planned))
        walkers = [
            Walker(round_id=planned.round_id, account=account) for account in planned.officers
        ]
        connection.execute(insert(walker_table), [row_of_walker(each) for each in walkers])

    def find(self, round_id: str) -> PatrolRound | None:
        row = self._work.connection.execute(_HOLD, {"asked": round_id}).first()
        return None if row is None else round_of(row)

    def replace(self, changed: PatrolRound) -> None:
        self._work.connection.execute(
            update(round_table)
            .where(round_table.c.id == changed.round_id)
            .values(changes_of_round(changed))
        )

    def walker(self, round_id: str, account: str) -> Walker:
        row = self._work.connection.execute(_WALKER, {"asked": round_id, "by": account}).one()
        return walker_of(row)

    def walkers(self, round_id: str) -> list[Walker]:
        return [
            walker_of(row) for row in self._work.connection.execute(_WALKERS, {"asked": round_id})
        ]

    def keep_walker(self, walker: Walker) -> None:
        connection = self._work.connection
        keep = replacing(connection.dialect.name, walker_table)
        connection.execute(keep, row_of_walker(walker))
