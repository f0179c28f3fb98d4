"""How much of each kind each cell has; nobody in particular."""

from typing import Any

from sqlalchemy import Connection, func, select

from services.register.domain.kinds import KINDS
from services.register.queries.reach import reached, under
from services.register.store.tables import IS_PRESENT, record
from shared.kernel.actor import Actor
from shared.kernel.rights import Permission
from shared.runtime.cursor import cursor_of, keys_of, not_ours, page_size


def counts_by_cell(
    connection: Connection, place: str | None, actor: Actor, *, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Return what is on record in each cell by kind, a page of cells in the order of their codes.

    `unplaced` counts what the boundary in force leaves outside.
    """
    size = page_size(limit)
    where = [
        IS_PRESENT,
        record.cell_code.is_not(None),
        reached(connection, actor, Permission.BOARD_READ, Permission.SERVICE_RECORDS),
    ]
    if place is not None:
        where.append(under(connection, place))
    after = where if cursor is None else [*where, record.cell_code > _cell_of(cursor)]
    cells = list(
        connection.scalars(
            select(record.cell_code)
            .where(*after)
            .group_by(record.cell_code)
            .order_by(record.cell_code)
            .limit(size + 1)
        )
    )
    items = {cell: {"cell": cell} | dict.fromkeys(KINDS, 0) for cell in cells[:size]}
    rows = connection.execute(
        select(record.cell_code, record.kind, func.count().label("records"))
        .where(*where, record.cell_code.in_(items))
        .group_by(record.cell_code, record.kind)
    )
    for row in rows:
        items[row.cell_code][row.kind] = row.records
    more = len(cells) > size
    return {
        "items": list(items.values()),
        "unplaced": connection.scalar(
            select(func.count()).where(*where, record.place_status == "outside")
        ),
        "next_cursor": cursor_of(cells[size - 1]) if more else None,
    }


def _cell_of(cursor: str) -> str:
    [cell] = keys_of(cursor, 1)
    if not isinstance(cell, str):
        raise not_ours()
    return cell
