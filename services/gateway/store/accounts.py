"""Accounts in and out of their table."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import insert, select, update

from services.gateway.domain.account import Account
from services.gateway.store.account_rights import SqlAccountRights
from services.gateway.store.tables import account_table
from shared.kernel.clock import Clock, china_now
from shared.kernel.personal_data import plain
from shared.runtime.database import ServiceDatabase
from shared.runtime.work import Work


class SqlAccounts:
    """Accounts in the database; what is held or written goes through the work's connection."""

    def __init__(self, database: ServiceDatabase, work: Work, clock: Clock = china_now) -> None:
        self._database = database
        self._work = work
        self._clock = clock

    def password_hash_of(self, account: str) -> str | None:
        with self._database.reading() as connection:
            return connection.scalar(
                select(account_table.c.password_hash).where(account_table.c.account == account)
            )

    def find(self, account: str) -> Account | None:
        held = select(account_table).where(account_table.c.account == account).with_for_update()
        row = self._work.connection.execute(held).first()
        return None if row is None else self._account_of(row)

    def add(self, account: Account) -> None:
        self._work.connection.execute(insert(account_table).values(**_row_of(account)))

    def replace(self, account: Account) -> None:
        self._work.connection.execute(
            update(account_table)
            .where(account_table.c.account == account.account)
            .values(**_row_of(account))
        )

    def _account_of(self, row: Any) -> Account:
        now = self._clock()
        held = SqlAccountRights(self._work).of(row.account)
        rights = tuple(each.right.travelling for each in held if each.right.holds_at(now))
        fields = {**row._mapping, "name": plain(row.name)}
        return Account(**fields, rights=rights)


def _row_of(account: Account) -> dict[str, Any]:
    row = asdict(account)
    del row["rights"]
    return row
