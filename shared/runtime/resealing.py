"""Sealing anew: what an earlier key sealed goes over to the current one, beside all who read and write.

A page of rows is read as it is kept and written back only where it is still that, in a short transaction
of its own. What was cut short is simply begun again: rows that have gone over are passed over.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    MetaData,
    Row,
    Table,
    bindparam,
    func,
    literal,
    not_,
    or_,
    select,
    tuple_,
    type_coerce,
    update,
)

from shared.runtime.blind_index import BlindIndex, index_of
from shared.runtime.database import ServiceDatabase
from shared.runtime.sealed_columns import EventBody, Sealed, SealedColumn, as_kept
from shared.runtime.sealing import MARKS, PERSONAL, Sealer, head_of, is_body_under
from shared.runtime.settings import CipherName
from shared.runtime.tables import dead_letter

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class SealedTable:
    """A table with columns that are sealed, and the blind indexes beside them."""

    table: Table

    @property
    def keys(self) -> list[Column[Any]]:
        return list(self.table.primary_key)

    @property
    def sealed(self) -> list[Column[Any]]:
        return [column for column in self.table.c if isinstance(column.type, SealedColumn)]

    @property
    def bodies(self) -> list[Column[Any]]:
        return [column for column in self.table.c if isinstance(column.type, EventBody)]

    def index_of(self, sealed: Column[Any]) -> Column[Any] | None:
        """Return the blind index that a sealed column is found by."""
        for column in self.table.c:
            if isinstance(column.type, BlindIndex) and column.type.of == place_of(sealed):
                return column
        return None

    def is_under(self, heads: Mapping[CipherName, str]) -> ColumnElement[bool]:
        """Return "something in the row is sealed with one of these keys" as a condition."""
        return or_(
            *(
                _begins(column, cipher, key_id)
                for column in (*self.sealed, *self.bodies)
                for cipher, key_id in heads.items()
            )
        )

    def is_behind(self, cipher: CipherName, key_id: str) -> ColumnElement[bool]:
        """Return "something in the row is sealed otherwise" as a condition."""
        return or_(
            *(
                column.is_not(None) & not_(_begins(column, cipher, key_id))
                for column in (*self.sealed, *self.bodies)
            )
        )


def sealed_tables(metadata: MetaData, dialect: str) -> Iterator[SealedTable]:
    """Yield the tables of a service that hold something sealed."""
    for table in metadata.sorted_tables:
        of_here = table.info.get("only_on", dialect) == dialect
        if of_here and any(isinstance(c.type, SealedColumn | EventBody) for c in table.c):
            yield SealedTable(table)


def rows_behind(database: ServiceDatabase, sealed: SealedTable) -> int:
    """Count the rows of which something is not sealed as it would be now."""
    behind = sealed.is_behind(*_now(database.sealer))
    with database.reading() as connection:
        count = select(func.count()).select_from(sealed.table).where(behind)
        return int(connection.scalar(count) or 0)


def rows_under(database: ServiceDatabase, sealed: SealedTable, key_id: str) -> int:
    """Count the rows of which something is sealed with a key."""
    under = sealed.is_under(dict.fromkeys(get_args(CipherName), key_id))
    with database.reading() as connection:
        count = select(func.count()).select_from(sealed.table).where(under)
        return int(connection.scalar(count) or 0)


def letters_under(database: ServiceDatabase, key_id: str) -> int:
    """Count the dead letters to be sent again whose body is sealed with a key.

    A body stays as its teller signed it, so it cannot be sealed anew; a forged one is never taken.
    """
    waiting = select(dead_letter.c.payload).where(
        dead_letter.c.replayed_at.is_(None), not_(dead_letter.c.reason.startswith("Forged:"))
    )
    with database.reading() as connection:
        return sum(is_body_under(json.loads(kept), key_id) for kept in connection.scalars(waiting))


def seal_anew(database: ServiceDatabase, sealed: SealedTable) -> Iterator[int]:
    """Bring every row of a table over to the current key; yield how many rows each page had.

    A row that somebody writes in the same moment is his; it is sealed with the current key then.
    """
    behind = sealed.is_behind(*_now(database.sealer))
    page = (
        select(*sealed.keys, *map(as_kept, (*sealed.sealed, *_indexes(sealed), *sealed.bodies)))
        .where(behind)
        .order_by(*sealed.keys)
        .limit(AT_ONCE)
    )
    if sealed.bodies:
        page = page.add_columns(sealed.table.c.event_type)
    after = page
    while True:
        with database.reading() as connection:
            rows = connection.execute(after).all()
        if not rows:
            return
        with database.writing() as connection:
            for row in rows:
                _write(connection, sealed, row, _anew(sealed, row._mapping, database.sealer))
        yield len(rows)
        last = tuple_(
            *(literal(row, key.type) for key, row in zip(sealed.keys, rows[-1], strict=False))
        )
        after = page.where(tuple_(*sealed.keys) > last)


def place_of(column: Column[Any]) -> str:
    """Return what the values of a sealed column are bound to."""
    assert isinstance(column.type, SealedColumn)  # noqa: S101
    return column.type.at


def _indexes(sealed: SealedTable) -> list[Column[Any]]:
    found = map(sealed.index_of, sealed.sealed)
    return [index for index in found if index is not None]


def _anew(sealed: SealedTable, row: Mapping[Any, Any], sealer: Sealer) -> dict[str, Any]:
    """Return what has to be written into a row."""
    changed: dict[str, Any] = {}
    for column in sealed.sealed:
        kept = row[column.name]
        if kept is None:
            continue
        at = place_of(column)
        text = sealer.open(bytes(kept), at)
        changed[column.name] = sealer.seal(text, at)
        index = sealed.index_of(column)
        if index is not None and row[index.name] is not None and isinstance(column.type, Sealed):
            value = column.type.kind(text.decode())
            changed[index.name] = index_of(sealer, value, at)
    for column in sealed.bodies:
        opened = sealer.opened_body(row["event_type"], row[column.name])
        changed[column.name] = sealer.sealed_body(row["event_type"], opened)
    return changed


def _write(
    connection: Connection, sealed: SealedTable, row: Row[Any], changed: dict[str, Any]
) -> None:
    was = row._mapping
    # Written only where it is what was read: somebody may have changed it, or forgotten it for good.
    same = [
        *(
            type_coerce(column, LargeBinary()) == bytes(was[column.name])
            for column in sealed.sealed
            if was[column.name] is not None
        ),
        *(
            _personal(column) == was[column.name][PERSONAL]
            for column in sealed.bodies
            if isinstance(was[column.name][PERSONAL], str)
        ),
    ]
    write = update(sealed.table).where(*(key == was[key.name] for key in sealed.keys), *same)
    values = {
        name: value
        if isinstance(sealed.table.c[name].type, EventBody)
        else bindparam(f"new_{name}", value, type_=LargeBinary())
        for name, value in changed.items()
    }
    connection.execute(write.values(values))


def _now(sealer: Sealer) -> tuple[CipherName, str]:
    return sealer.cipher, sealer.keyring.keys.current


def _begins(column: Column[Any], cipher: CipherName, key_id: str) -> ColumnElement[bool]:
    if isinstance(column.type, EventBody):
        head = f"{MARKS[cipher]}.{key_id}."
        # Where there is no personal part this is neither true nor false, and no condition holds.
        return func.substr(_personal(column), 1, len(head)) == head
    head_bytes = head_of(cipher, key_id)
    kept = type_coerce(column, LargeBinary())
    return func.substr(kept, 1, len(head_bytes), type_=LargeBinary()) == head_bytes


def _personal(column: Column[Any]) -> ColumnElement[str]:
    """Return the sealed part of an event's body; null where there is none."""
    personal: ColumnElement[str] = type_coerce(column, JSON())[PERSONAL].as_string()
    return personal
