"""Sign-ins in and out of their table."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from services.gateway.domain.kept_sign_in import KeptSignIn
from services.gateway.store.tables import sign_in_table
from shared.runtime.work import Work

_column = sign_in_table.c


class SqlSignIns:
    """Sign-ins in the database, through the work's connection."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def find(self, family: str) -> KeptSignIn | None:
        held = select(sign_in_table).where(_column.family == family).with_for_update()
        row = self._work.connection.execute(held).first()
        return None if row is None else KeptSignIn(**row._mapping)

    def add(self, sign_in: KeptSignIn) -> None:
        self._work.connection.execute(insert(sign_in_table).values(**asdict(sign_in)))

    def replace(self, sign_in: KeptSignIn) -> None:
        self._work.connection.execute(
            update(sign_in_table).where(_column.family == sign_in.family).values(**asdict(sign_in))
        )

    def end(self, family: str, at: datetime, because: str) -> None:
        self._work.connection.execute(
            update(sign_in_table)
            .where(_column.family == family, _column.ended_at.is_(None))
            .values(ended_at=at, ended_because=because)
        )

    def end_all(self, account: str, at: datetime, because: str, *, but: str | None = None) -> None:
        ending = update(sign_in_table).where(_column.account == account, _column.ended_at.is_(None))
        if but is not None:
            ending = ending.where(_column.family != but)
        self._work.connection.execute(ending.values(ended_at=at, ended_because=because))

    def forget_ended(self, account: str, before: datetime) -> None:
        self._work.connection.execute(
            delete(sign_in_table).where(_column.account == account, _column.good_until < before)
        )
