"""Imports and their rows in the database; what a row says lies sealed, and is gone once it is written."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, delete, func, insert, select, update

from services.register.domain.imported import CheckedRow, Import, RowOutcome
from services.register.store.tables import import_row_table, import_table
from shared.contracts.register import RecordOrder
from shared.kernel.personal_data import CLEAR, IdNumber
from shared.runtime.blind_index import index_of
from shared.runtime.upsert import replacing
from shared.runtime.work import Work

_ORDER: TypeAdapter[RecordOrder | None] = TypeAdapter(RecordOrder | None)
_FIELDS = (
    "kind",
    "state",
    "account",
    "headings",
    "total",
    "checked",
    "wrong",
    "done",
    "created_at",
    "updated_at",
)
imports, rows_of = import_table.c, import_row_table.c
_IS_WRONG = rows_of.action.is_(None)


class SqlImportStore:
    """The register's imports."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def _connection(self) -> Connection:
        return self._work.connection

    def add(self, begun: Import) -> None:
        self._connection.execute(insert(import_table), _row_of(begun))

    def find(self, import_id: str) -> Import | None:
        wanted = select(import_table).where(imports.id == import_id)
        if self._work.writes:
            wanted = wanted.with_for_update()
        row = self._connection.execute(wanted).first()
        return None if row is None else import_of(row)

    def save(self, imported: Import) -> None:
        row = _row_of(imported)
        self._connection.execute(
            update(import_table).where(imports.id == row.pop("id")).values(row)
        )

    def put_rows(self, import_id: str, rows: Sequence[CheckedRow]) -> None:
        if not rows:
            return
        put = replacing(self._connection.dialect.name, import_row_table)
        self._connection.execute(
            put,
            [
                {
                    "import_id": import_id,
                    "number": row.number,
                    "said": {
                        "order": _ORDER.dump_python(row.order, mode="json", context=CLEAR),
                        "spot": row.spot,
                        "known": list(row.known),
                    },
                    "key_digest": None if row.key is None else self._digest(row.key),
                    "action": row.action,
                    "target": row.target,
                    "target_version": row.target_version,
                    "errors": [asdict(error) for error in row.errors],
                    "outcome": None,
                }
                for row in rows
            ],
        )

    def keys_among(
        self, import_id: str, keys: Sequence[str], *, besides: Sequence[int]
    ) -> set[str]:
        digests = {self._digest(key): key for key in keys}
        found = self._connection.execute(
            select(rows_of.key_digest, rows_of.number).where(
                rows_of.import_id == import_id, rows_of.key_digest.in_(digests)
            )
        )
        others = set(besides)
        return {digests[bytes(row.key_digest)] for row in found if row.number not in others}

    def counted(self, imported: Import) -> Import:
        counts = self._connection.execute(
            select(
                func.count().label("checked"),
                func.count().filter(_IS_WRONG).label("wrong"),
                func.count().filter(rows_of.outcome.is_not(None)).label("done"),
            ).where(rows_of.import_id == imported.import_id)
        ).one()
        return replace(imported, checked=counts.checked, wrong=counts.wrong, done=counts.done)

    def next_to_write(self) -> Import | None:
        row = self._connection.execute(
            select(import_table)
            .where(imports.state == "writing")
            .order_by(imports.created_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        return None if row is None else import_of(row)

    def rows_to_write(self, import_id: str, *, at_most: int) -> list[CheckedRow]:
        rows = self._connection.execute(
            select(import_row_table)
            .where(rows_of.import_id == import_id, rows_of.outcome.is_(None))
            .order_by(rows_of.number)
            .limit(at_most)
        )
        return [_checked(row) for row in rows]

    def written(self, import_id: str, number: int, outcome: RowOutcome) -> None:
        self._connection.execute(
            update(import_row_table)
            .where(rows_of.import_id == import_id, rows_of.number == number)
            .values(said={}, key_digest=None, outcome=outcome)
        )

    def drop_rows(self, import_id: str) -> None:
        self._connection.execute(delete(import_row_table).where(rows_of.import_id == import_id))

    def _digest(self, key: str) -> bytes:
        return index_of(self._work.database.sealer, IdNumber(key), "import_row.key")


def forget_imports(connection: Connection, before: datetime) -> int:
    """Delete the imports nobody has touched since, but for those that are being written; return how many."""
    old = select(imports.id).where(imports.updated_at < before, imports.state != "writing")
    connection.execute(delete(import_row_table).where(rows_of.import_id.in_(old)))
    gone = connection.execute(
        delete(import_table).where(imports.updated_at < before, imports.state != "writing")
    )
    return int(gone.rowcount)


def _row_of(imported: Import) -> dict[str, Any]:
    return {"id": imported.import_id} | {name: getattr(imported, name) for name in _FIELDS}


def import_of(row: Any) -> Import:
    """Return the import that a row of its table holds."""
    return Import(import_id=row.id, **{name: getattr(row, name) for name in _FIELDS})


def _checked(row: Any) -> CheckedRow:
    return CheckedRow(
        number=row.number,
        order=_ORDER.validate_python(row.said.get("order")),
        spot=row.said.get("spot"),
        action=row.action,
        target=row.target,
        target_version=row.target_version,
        key=None,
        errors=(),
        known=tuple(row.said.get("known", ())),
    )
