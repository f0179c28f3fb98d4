"""Questions to the gateway's own tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from services.gateway.store.account_rights import held_right_of
from services.gateway.store.tables import (
    account_right_table,
    account_table,
    file_table,
    refresh_token_table,
)
from shared.kernel.actor import Actor, Right


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


def unknown_files(connection: Connection, file_ids: Sequence[str]) -> list[str]:
    """Return those of the ids under which no file is kept."""
    known = select(file_table.c.id).where(file_table.c.id.in_(set(file_ids)))
    kept = set(connection.scalars(known))
    return [file_id for file_id in file_ids if file_id not in kept]


def file_row(connection: Connection, file_id: str) -> dict[str, Any] | None:
    """Return what is known of a file, or None."""
    row = connection.execute(select(file_table).where(file_table.c.id == file_id)).first()
    return None if row is None else dict(row._mapping)
