"""Questions to the gateway's own tables."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from services.gateway.domain.reason import Reason
from services.gateway.domain.service_client import MARK, ServiceClient
from services.gateway.store.clients import client_of
from services.gateway.store.tables import (
    account_table,
    client_table,
    file_table,
    sign_in_table,
)

_MOST_SIGN_INS = 200

# Asked for each access token that this copy does not remember.
_SIGN_IN = (
    select(sign_in_table.c.ended_at, account_table.c.is_active, account_table.c.locked_until)
    .select_from(sign_in_table)
    .outerjoin(account_table, account_table.c.account == sign_in_table.c.account)
    .where(sign_in_table.c.family == bindparam("family"))
)


def why_sign_in_ended(connection: Connection, family: str, now: datetime) -> Reason | None:
    """Return why a sign-in does not go on: it has ended, or its account is gone, disabled or locked."""
    row = connection.execute(_SIGN_IN, {"family": family}).first()
    if row is None or row.ended_at is not None:
        return Reason.SIGN_IN_ENDED
    if row.is_active is None:
        return Reason.ACCOUNT_GONE
    if not row.is_active:
        return Reason.DISABLED
    locked = row.locked_until is not None and now < row.locked_until
    return Reason.LOCKED if locked else None


def why_client_ended(connection: Connection, account: str, now: datetime) -> Reason | None:
    """Return why a client is not let in any more; *account* is how its token names it."""
    asked = select(client_table).where(client_table.c.client_id == account.removeprefix(MARK))
    row = connection.execute(asked).first()
    return Reason.ACCOUNT_GONE if row is None else client_of(row).why_not(now)


def clients(connection: Connection) -> list[ServiceClient]:
    """Return all clients, by their ids."""
    asked = select(client_table).order_by(client_table.c.client_id)
    return [client_of(row) for row in connection.execute(asked)]


def is_account(connection: Connection, account: str) -> bool:
    asked = select(account_table.c.account).where(account_table.c.account == account)
    return connection.execute(asked).first() is not None


def sign_ins_of(connection: Connection, account: str, now: datetime) -> list[dict[str, Any]]:
    """Return an account's sign-ins that go on, the one renewed last first."""
    row = sign_in_table.c
    asked = (
        select(row.family.label("id"), row.since, row.renewed_at, row.good_until, row.device_name)
        .add_columns(row.device_key.is_not(None).label("is_bound"))
        .where(row.account == account, row.ended_at.is_(None), row.good_until > now)
        .order_by(row.renewed_at.desc(), row.family)
        .limit(_MOST_SIGN_INS)
    )
    return [dict(found._mapping) for found in connection.execute(asked)]


def unknown_files(connection: Connection, file_ids: Sequence[str]) -> list[str]:
    """Return those of the ids under which no file is kept."""
    known = select(file_table.c.id).where(file_table.c.id.in_(set(file_ids)))
    kept = set(connection.scalars(known))
    return [file_id for file_id in file_ids if file_id not in kept]


def file_row(connection: Connection, file_id: str) -> dict[str, Any] | None:
    """Return what is known of a file, or None."""
    row = connection.execute(select(file_table).where(file_table.c.id == file_id)).first()
    return None if row is None else dict(row._mapping)
