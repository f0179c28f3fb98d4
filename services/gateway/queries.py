"""Questions to the gateway's own tables."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from services.gateway.store.tables import account_table, file_table, refresh_token_table


def sign_in_stands(connection: Connection, family: str) -> bool:
    """Tell whether a sign-in goes on: not signed out, not revoked, the account still active."""
    token = refresh_token_table.c
    going_on = (
        select(token.digest)
        .join(account_table, account_table.c.account == token.account)
        .where(token.family == family, token.revoked_at.is_(None), account_table.c.is_active)
        .limit(1)
    )
    return connection.execute(going_on).first() is not None


def unknown_files(connection: Connection, file_ids: Sequence[str]) -> list[str]:
    """Return those of the ids under which no file is kept."""
    known = select(file_table.c.id).where(file_table.c.id.in_(set(file_ids)))
    kept = set(connection.scalars(known))
    return [file_id for file_id in file_ids if file_id not in kept]


def file_row(connection: Connection, file_id: str) -> dict[str, Any] | None:
    """Return what is known of a file, or None."""
    row = connection.execute(select(file_table).where(file_table.c.id == file_id)).first()
    return None if row is None else dict(row._mapping)
