"""The hashes of an account's last passwords."""

from datetime import datetime

from sqlalchemy import delete, select

from services.gateway.domain.password_rules import OLD_PASSWORDS
from services.gateway.store.tables import old_password_table
from shared.runtime.database import ServiceDatabase
from shared.runtime.upsert import replacing
from shared.runtime.work import Work

_column = old_password_table.c


class SqlOldPasswords:
    """Read without holding anything: comparing takes long; written through the work's connection."""

    def __init__(self, database: ServiceDatabase, work: Work) -> None:
        self._database = database
        self._work = work

    def of(self, account: str, most: int) -> list[str]:
        newest = (
            select(_column.password_hash)
            .where(_column.account == account)
            .order_by(_column.set_at.desc())
            .limit(most)
        )
        with self._database.reading() as connection:
            return list(connection.scalars(newest))

    def add(self, account: str, password_hash: str, at: datetime) -> None:
        connection = self._work.connection
        row = {"account": account, "set_at": at, "password_hash": password_hash}
        connection.execute(replacing(connection.dialect.name, old_password_table), row)
        last = (
            select(_column.set_at)
            .where(_column.account == account)
            .order_by(_column.set_at.desc())
            .limit(OLD_PASSWORDS)
        )
        connection.execute(
            delete(old_password_table).where(
                _column.account == account, _column.set_at.not_in(last)
            )
        )
