"""What the register's use cases need from outside."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from services.register.domain.imported import CheckedRow, Import, RowOutcome
from services.register.domain.record import Record
from services.register.domain.relation import Relation
from shared.contracts.event import Event
from shared.contracts.register import RecordOrder
from shared.kernel.place import Place, Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """What was done to a record, for its history: `was` holds what stood there before."""

    action: str
    at: datetime
    by: str | None
    fields: Sequence[str] = ()
    was: dict[str, Any] | None = None
    # Shown to those alone who may see what somebody is looked after for.
    is_fenced: bool = False


class GridLocator(Protocol):
    """Finds the cells of points; asked before the transaction, since it is another service."""

    def locate_many(self, points: Sequence[Point]) -> Sequence[Place]:
        """Return the place of each point, in their order."""
        ...


class RecordStore(Protocol):
    """Records with their history; writes belong to the open transaction."""

    def find(self, record_id: str) -> Record | None:
        """Return the record, held against other writers until the transaction ends."""
        ...

    def add(self, record: Record, doing: Doing) -> None: ...

    def save(self, record: Record, doing: Doing | None) -> None:
        """Keep what a record says now, and what was done; without that its history stays as it is."""
        ...

    def elsewhere(self, boundary_version: int, *, at_most: int) -> list[Record]:
        """Return some present records that another boundary version placed; nobody is kept off."""
        ...

    def long_gone(self, ended_before: date, *, at_most: int) -> list[Record]:
        """Return some records that ended before a day and say still of whom they are, held."""
        ...

    def anonymise(self, record: Record, doing: Doing) -> None:
        """Keep the record without persons, and its history without what stood there."""
        ...

    def alike(self, order: RecordOrder) -> list[Record]:
        """Return the present records of the kind and the exact number of an order that is imported."""
        ...

    def house_of_no(self, source_no: str) -> Record | None:
        """Return the present house of a number; None where there is none, or not one alone."""
        ...


class ImportStore(Protocol):
    """Imports and their rows, sealed until they are written or given up."""

    def add(self, begun: Import) -> None: ...

    def find(self, import_id: str) -> Import | None:
        """Return the import; inside a transaction it is held."""
        ...

    def save(self, imported: Import) -> None: ...

    def put_rows(self, import_id: str, rows: Sequence[CheckedRow]) -> None:
        """Keep rows in place of those of the same numbers."""
        ...

    def keys_among(
        self, import_id: str, keys: Sequence[str], *, besides: Sequence[int]
    ) -> set[str]:
        """Return which of the exact numbers stand in other rows than *besides*."""
        ...

    def counted(self, imported: Import) -> Import:
        """Return the import with its rows counted anew."""
        ...

    def next_to_write(self) -> Import | None:
        """Return the import that was confirmed first, held; None where none waits or another holds it."""
        ...

    def rows_to_write(self, import_id: str, *, at_most: int) -> list[CheckedRow]: ...

    def written(self, import_id: str, number: int, outcome: RowOutcome) -> None:
        """Note what became of a row; what it said is kept no longer."""
        ...

    def drop_rows(self, import_id: str) -> None: ...


class RelationStore(Protocol):
    """Relations between records; none is deleted, it ends."""

    def find(self, relation_id: str) -> Relation | None: ...

    def open_of(self, record_id: str) -> list[Relation]:
        """Return the relations of a record that have not ended, held."""
        ...

    def add(self, relation: Relation, *, by: str) -> None: ...

    def end(self, relation_ids: Sequence[str], on: date) -> None: ...


class Outbox(Protocol):
    """Events put here leave when the transaction is kept, and not otherwise."""

    def put(self, told: Event, *, occurred_at: datetime | None = None) -> None: ...


class Transaction(Protocol):
    """What is written inside is kept whole, with the answer to the command, or not at all."""

    def begin(self) -> AbstractContextManager[None]: ...
