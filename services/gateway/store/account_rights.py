"""The rights of accounts in and out of their table."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from services.gateway.domain.held_right import HeldRight
from services.gateway.store.tables import account_right_table
from shared.kernel.actor import Right
from shared.kernel.rights import Role
from shared.runtime.work import Work

_right = account_right_table.c


class SqlAccountRights:
    """Rights in the database, through the connection the work has open."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def of(self, account: str) -> list[HeldRight]:
        held = select(account_right_table).where(_right.account == account).order_by(_right.id)
        return [held_right_of(row) for row in self._work.connection.execute(held)]

    def add(self, held: HeldRight) -> None:
        self._work.connection.execute(insert(account_right_table).values(**_row_of(held)))

    def end(self, right_id: str, at: datetime) -> None:
        self._work.connection.execute(
            update(account_right_table).where(_right.id == right_id).values(valid_to=at)
        )


def held_right_of(row: Any) -> HeldRight:
    """Return the right that a row of its table holds."""
    return HeldRight(
        right_id=row.id,
        account=row.account,
        right=Right(
            role=Role(row.role),
            place_code=row.place_code,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        ),
        granted_at=row.granted_at,
        granted_by=row.granted_by,
    )


def _row_of(held: HeldRight) -> dict[str, Any]:
    return {
        "id": held.right_id,
        "account": held.account,
        "role": held.right.role.value,
        "place_code": held.right.place_code,
        "valid_from": held.right.valid_from,
        "valid_to": held.right.valid_to,
        "granted_at": held.granted_at,
        "granted_by": held.granted_by,
    }
