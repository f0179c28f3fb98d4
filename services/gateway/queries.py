"""Questions to the gateway's own tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from services.gateway.domain.held_right import HeldRight
from services.gateway.store.account_rights import held_right_of
from services.gateway.store.tables import (
    account_right_table,
    account_table,
    file_table,
    refresh_token_table,
)
from shared.kernel.actor import Actor, Right
from shared.runtime.cursor import cursor_of, keys_of, page_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a sign-in, with the rights that are valid now, and until when all of them are."""

    actor: Actor
    name: str
    valid_to: datetime | None


def holder_of(connection: Connection, family: str, now: datetime) -> Holder | None:
    """Return who holds a sign-in, unless it was ended, or the account is no longer active."""
    token, account, right = refresh_token_table.c, account_table.c, account_right_table.c
    going_on = (
        select(account.account, account.name, account.unit)
        .join(refresh_token_table, account.account == token.account)
        .where(token.family == family, token.revoked_at.is_(None), account.is_active)
        .limit(1)
    )
    found = connection.execute(going_on).first()
    if found is None:
        return None
    rows = connection.execute(
        select(account_right_table).where(right.account == found.account).order_by(right.id)
    )
    held = [each.right for each in map(held_right_of, rows) if each.right.holds_at(now)]
    return Holder(
        # What travels is what is valid now; the edge looks again before long.
        actor=Actor(
            account=found.account,
            unit=found.unit,
            rights=tuple(Right(role=each.role, place_code=each.place_code) for each in held),
        ),
        name=found.name,
        valid_to=min((each.valid_to for each in held if each.valid_to), default=None),
    )


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
        "name": row.name,
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


def unknown_files(connection: Connection, file_ids: Sequence[str]) -> list[str]:
    """Return those of the ids under which no file is kept."""
    known = select(file_table.c.id).where(file_table.c.id.in_(set(file_ids)))
    kept = set(connection.scalars(known))
    return [file_id for file_id in file_ids if file_id not in kept]


def file_row(connection: Connection, file_id: str) -> dict[str, Any] | None:
    """Return what is known of a file, or None."""
    row = connection.execute(select(file_table).where(file_table.c.id == file_id)).first()
    return None if row is None else dict(row._mapping)
