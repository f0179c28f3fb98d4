"""Records in the database with their history, through the connection the work has open."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update

from services.register.domain.record import Record
from services.register.ports import Doing
from services.register.store.rows import record_of, row_of
from services.register.store.tables import (
    IS_KNOWN,
    IS_PRESENT,
    change_table,
    record,
    record_table,
)
from shared.contracts.register import RecordOrder
from shared.kernel.ids import new_id
from shared.runtime.blind_index import is_same
from shared.runtime.work import Work

# Some of them may lie out of reach of whoever imports.
_ENOUGH = 20


class SqlRecordStore:
    """The register's records."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def _connection(self) -> Connection:
        return self._work.connection

    def find(self, record_id: str) -> Record | None:
        held = select(record_table).where(record.id == record_id).with_for_update()
        row = self._connection.execute(held).first()
        return None if row is None else record_of(row)

    def add(self, record: Record, doing: Doing) -> None:
        self._connection.execute(insert(record_table), row_of(record))
        self._note(record, doing)

    def save(self, record: Record, doing: Doing | None) -> None:
        row = row_of(record)
        self._connection.execute(
            update(record_table).where(record_table.c.id == row.pop("id")).values(row)
        )
        if doing is not None:
            self._note(record, doing)

    def elsewhere(self, boundary_version: int, *, at_most: int) -> list[Record]:
        rows = self._connection.execute(
            select(record_table)
            .where(IS_PRESENT, record.boundary_version != boundary_version)
            .order_by(record.id)
            .limit(at_most)
        )
        return [record_of(row) for row in rows]

    def long_gone(self, ended_before: date, *, at_most: int) -> list[Record]:
        rows = self._connection.execute(
            select(record_table)
            .where(IS_KNOWN, record.ended_on < ended_before)
            .order_by(record.ended_on)
            .limit(at_most)
            .with_for_update(skip_locked=True)
        )
        return [record_of(row) for row in rows]

    def anonymise(self, record: Record, doing: Doing) -> None:
        self._connection.execute(
            update(change_table)
            .where(change_table.c.record_id == record.record_id)
            .values(was={}, by=None)
        )
        self.save(record, doing)
        self._connection.execute(
            update(record_table)
            .where(record_table.c.id == record.record_id)
            .values(anonymised_at=doing.at)
        )

    def alike(self, order: RecordOrder) -> list[Record]:
        rows = self._connection.execute(
            select(record_table)
            .where(IS_PRESENT, record.kind == order.kind, self._is_of_number(order))
            .order_by(record.id)
            .limit(_ENOUGH)
        )
        return [record_of(row) for row in rows]

    def _is_of_number(self, order: RecordOrder) -> ColumnElement[bool]:
        if order.personal.id_number is not None:
            sealer = self._work.database.sealer
            return is_same(record.id_number_index, sealer, order.personal.id_number)
        if order.credit_code is not None:
            return record.credit_code == order.credit_code
        return record.source_no == order.source_no

    def house_of_no(self, source_no: str) -> Record | None:
        rows = self._connection.execute(
            select(record_table)
            .where(IS_PRESENT, record.kind == "house", record.source_no == source_no)
            .limit(2)
        ).all()
        return record_of(rows[0]) if len(rows) == 1 else None

    def _note(self, record: Record, doing: Doing) -> None:
        entry: dict[str, Any] = {
            "id": new_id(doing.at),
            "record_id": record.record_id,
            "version": record.version,
            "action": doing.action,
            "at": doing.at,
            "by": doing.by,
            "fields": list(doing.fields),
            "was": doing.was or {},
            "is_fenced": doing.is_fenced,
        }
        self._connection.execute(insert(change_table), entry)
