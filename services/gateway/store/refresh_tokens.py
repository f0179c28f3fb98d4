"""Refresh tokens in and out of their table."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from services.gateway.domain.refresh_token import RefreshToken
from services.gateway.store.tables import refresh_token_table
from shared.runtime.work import Work

_column = refresh_token_table.c


class SqlRefreshTokens:
    """Refresh tokens in the database, through the work's connection."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def find(self, digest: str) -> RefreshToken | None:
        held = select(refresh_token_table).where(_column.digest == digest).with_for_update()
        row = self._work.connection.execute(held).first()
        return None if row is None else RefreshToken(**row._mapping)

    def add(self, token: RefreshToken) -> None:
        self._work.connection.execute(insert(refresh_token_table).values(**asdict(token)))

    def replace(self, token: RefreshToken) -> None:
        self._work.connection.execute(
            update(refresh_token_table)
            .where(_column.digest == token.digest)
            .values(**asdict(token))
        )

    def forget_expired(self, account: str, before: datetime) -> None:
        self._work.connection.execute(
            delete(refresh_token_table).where(
                _column.account == account, _column.expires_at < before
            )
        )
