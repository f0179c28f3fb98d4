"""Questions to the gateway's own tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from services.gateway.domain.held_right import HeldRight
from services.gateway.domain.reason import Reason
from services.gateway.domain.service_client import MARK, ServiceClient
from services.gateway.store.account_rights import held_right_of
from services.gateway.store.clients import client_of
from services.gateway.store.tables import (
    account_right_table,
    account_table,
    client_table,
    export_file_table,
    file_table,
    sign_in_table,
)
from shared.kernel.actor import Actor
from shared.kernel.personal_data import plain
from shared.runtime.cursor import cursor_of, keys_of, page_size

_MOST_SIGN_INS = 200

# Asked for each access token that this copy does not remember.
_SIGN_IN = (
    select(
        sign_in_table.c.account,
        sign_in_table.c.ended_at,
        account_table.c.is_active,
        account_table.c.locked_until,
        account_table.c.name,
        account_table.c.unit,
    )
    .select_from(sign_in_table)
    .outerjoin(account_table, account_table.c.account == sign_in_table.c.account)
    .where(sign_in_table.c.family == bindparam("family"))
)
_RIGHTS = (
    select(account_right_table)
    .where(account_right_table.c.account == bindparam("held_by"))
    .order_by(account_right_table.c.id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a sign-in, with the rights that are valid now, and until when all of them are."""

    actor: Actor
    name: str
    valid_to: datetime | None = None


def holder_of(connection: Connection, family: str, now: datetime) -> Holder | Reason:
    """Return who holds a sign-in, or why it does not go on: ended, or its account is gone, disabled or locked."""
    row = connection.execute(_SIGN_IN, {"family": family}).first()
    if row is None or row.ended_at is not None:
        return Reason.SIGN_IN_ENDED
    if row.is_active is None:
        return Reason.ACCOUNT_GONE
    if not row.is_active:
        return Reason.DISABLED
    if row.locked_until is not None and now < row.locked_until:
        return Reason.LOCKED
    rows = connection.execute(_RIGHTS, {"held_by": row.account})
    held = [each.right for each in map(held_right_of, rows) if each.right.holds_at(now)]
    return Holder(
        actor=Actor(
            account=row.account, unit=row.unit, rights=tuple(each.travelling for each in held)
        ),
        name=plain(row.name),
        valid_to=min((each.valid_to for each in held if each.valid_to), default=None),
    )


def client_holder(connection: Connection, account: str, now: datetime) -> Holder | Reason:
    """Return the client that *account* names, as its token does, or why it is not let in any more."""
    asked = select(client_table).where(client_table.c.client_id == account.removeprefix(MARK))
    row = connection.execute(asked).first()
    if row is None:
        return Reason.ACCOUNT_GONE
    client = client_of(row)
    return client.why_not(now) or Holder(
        actor=client.actor, name=client.name, valid_to=client.valid_until
    )


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


def accounts(connection: Connection, *, limit: int, cursor: str | None) -> dict[str, Any]:
    """Return a page of the accounts in the order of their names, each with its rights."""
    size, account = page_size(limit), account_table.c
    wanted = select(account_table).order_by(account.account).limit(size + 1)
    if cursor is not None:
        [last] = keys_of(cursor, 1)
        wanted = wanted.where(account.account > str(last))
    rows = connection.execute(wanted).all()
    shown = rows[:size]
    rights = _rights_of(connection, [row.account for row in shown])
    items = [_account(row, rights[row.account]) for row in shown]
    more = len(rows) > size
    return {"items": items, "next_cursor": cursor_of(shown[-1].account) if more else None}


def account(connection: Connection, name: str) -> dict[str, Any] | None:
    """Return one account with its rights, those that have ended too; None when there is none."""
    row = connection.execute(select(account_table).where(account_table.c.account == name)).first()
    return None if row is None else _account(row, _rights_of(connection, [name])[name])


def _rights_of(connection: Connection, names: list[str]) -> dict[str, list[HeldRight]]:
    right = account_right_table.c
    rows = connection.execute(
        select(account_right_table).where(right.account.in_(names)).order_by(right.id)
    )
    rights: dict[str, list[HeldRight]] = {name: [] for name in names}
    for held in map(held_right_of, rows):
        rights[held.account].append(held)
    return rights


def _account(row: Any, rights: list[HeldRight]) -> dict[str, Any]:
    """Return an account as answers show it; nothing of its password is among it."""
    return {
        "account": row.account,
        "name": plain(row.name),
        "unit": row.unit,
        "is_active": row.is_active,
        "locked_until": row.locked_until,
        "rights": [shown_right(held) for held in rights],
    }


def shown_right(held: HeldRight) -> dict[str, Any]:
    """Return a right as answers show it."""
    return {
        "id": held.right_id,
        "role": held.right.role.value,
        "place": held.right.place_code,
        "valid_from": held.right.valid_from,
        "valid_to": held.right.valid_to,
        "granted_at": held.granted_at,
        "granted_by": held.granted_by,
    }


def known_files(connection: Connection, file_ids: Sequence[str]) -> dict[str, bool]:
    """Return those of the ids under which a file is kept, each with whether it is going."""
    known = select(file_table.c.id, file_table.c.going_at).where(file_table.c.id.in_(set(file_ids)))
    return {row.id: row.going_at is not None for row in connection.execute(known)}


def file_row(connection: Connection, file_id: str) -> dict[str, Any] | None:
    """Return what is known of a file, or None."""
    row = connection.execute(select(file_table).where(file_table.c.id == file_id)).first()
    return None if row is None else dict(row._mapping)


def export_file(connection: Connection, export_id: str, account: str) -> dict[str, Any] | None:
    """Return what is known of an export's file to the account that asked for it, or None."""
    row = connection.execute(
        select(export_file_table).where(
            export_file_table.c.id == export_id, export_file_table.c.account == account
        )
    ).first()
    return None if row is None else dict(row._mapping)
