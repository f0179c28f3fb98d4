"""Second factors and recovery codes in and out of their tables."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update

from services.gateway.domain.second_factor import SecondFactor
from services.gateway.store.tables import recovery_code_table, second_factor_table
from shared.kernel.personal_data import plain
from shared.runtime.upsert import replacing
from shared.runtime.work import Work

_factor = second_factor_table.c
_code = recovery_code_table.c


class SqlSecondFactors:
    """Second factors in the database, through the work's connection."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def find(self, account: str) -> SecondFactor | None:
        asked = select(second_factor_table).where(_factor.account == account)
        row = self._work.connection.execute(asked).first()
        return (
            None if row is None else SecondFactor(**{**row._mapping, "secret": plain(row.secret)})
        )

    def put(self, factor: SecondFactor) -> None:
        connection = self._work.connection
        connection.execute(replacing(connection.dialect.name, second_factor_table), asdict(factor))

    def remove(self, account: str) -> None:
        connection = self._work.connection
        connection.execute(delete(second_factor_table).where(_factor.account == account))
        connection.execute(delete(recovery_code_table).where(_code.account == account))

    def move(self, account: str, counter: int) -> bool:
        # Compared and set in one statement: of two copies that are shown one code, one moves it.
        moved = self._work.connection.execute(
            update(second_factor_table)
            .where(
                _factor.account == account,
                or_(_factor.last_counter.is_(None), _factor.last_counter < counter),
            )
            .values(last_counter=counter)
        )
        return bool(moved.rowcount == 1)

    def keep_recovery_codes(self, account: str, digests: list[str]) -> None:
        connection = self._work.connection
        connection.execute(delete(recovery_code_table).where(_code.account == account))
        connection.execute(
            insert(recovery_code_table),
            [{"digest": digest, "account": account, "used_at": None} for digest in digests],
        )

    def use_recovery_code(self, account: str, digest: str, at: datetime) -> bool:
        used = self._work.connection.execute(
            update(recovery_code_table)
            .where(_code.account == account, _code.digest == digest, _code.used_at.is_(None))
            .values(used_at=at)
        )
        return bool(used.rowcount == 1)
