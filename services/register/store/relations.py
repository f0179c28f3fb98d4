"""Relations between records in the database."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import insert, or_, select, update

from services.register.domain.relation import Relation
from services.register.store.tables import relation_table
from shared.runtime.work import Work

relation = relation_table.c


class SqlRelationStore:
    """The register's relations."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def find(self, relation_id: str) -> Relation | None:
        held = select(relation_table).where(relation.id == relation_id).with_for_update()
        row = self._work.connection.execute(held).first()
        return None if row is None else relation_of(row)

    def open_of(self, record_id: str) -> list[Relation]:
        rows = self._work.connection.execute(
            select(relation_table)
            .where(
                or_(relation.of_id == record_id, relation.to_id == record_id),
                relation.until.is_(None),
            )
            .order_by(relation.id)
            .with_for_update()
        )
        return [relation_of(row) for row in rows]

    def add(self, relation: Relation, *, by: str) -> None:
        self._work.connection.execute(
            insert(relation_table),
            {
                "id": relation.relation_id,
                "kind": relation.kind,
                "of_id": relation.of_id,
                "account": relation.account,
                "to_id": relation.to_id,
                "since": relation.since,
                "until": relation.until,
                "entered_by": by,
            },
        )

    def end(self, relation_ids: Sequence[str], on: date) -> None:
        if relation_ids:
            self._work.connection.execute(
                update(relation_table).where(relation.id.in_(relation_ids)).values(until=on)
            )


def relation_of(row: Any) -> Relation:
    """Return the relation that a row of its table holds."""
    return Relation(
        relation_id=row.id,
        kind=row.kind,
        of_id=row.of_id,
        account=row.account,
        to_id=row.to_id,
        since=row.since,
        until=row.until,
    )
