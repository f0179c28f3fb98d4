"""Command's read models, in and out of their tables."""

import hashlib
from typing import Any

from pydantic_core import to_jsonable_python
from sqlalchemy import Connection, Select, Table, bindparam, delete, insert, select, update

from services.command.domain.board import changes_of
from services.command.domain.heard import Heard
from services.command.domain.matter import Matter
from services.command.store.boards import SqlBoards
from services.command.store.tables import (
    LEVELS,
    READ_MODELS,
    board_table,
    dossier_table,
    matter_table,
    place_table,
    stream_table,
)
from shared.kernel.actor import WHOLE_TREE
from shared.kernel.clock import china_now
from shared.kernel.place import Place
from shared.runtime.outbox import adapter
from shared.runtime.upsert import replacing
from shared.runtime.work import Work

_FIND = select(matter_table).where(matter_table.c.matter_no == bindparam("asked"))
_OPEN = insert(matter_table)
# Where and when it was reported never changes.
_STEP_CHANGES = ("state", "level", "unit", "updated_at")
_MOVE = (
    update(matter_table)
    .where(matter_table.c.matter_no == bindparam("asked"))
    .values({name: bindparam(name) for name in _STEP_CHANGES})
)
_ENTER = insert(dossier_table)
_LINE = insert(stream_table)


class SqlReadModels:
    """The read models in the database, through the connection the work has open."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._boards = SqlBoards(work)

    @property
    def _connection(self) -> Connection:
        return self._work.connection

    def find(self, matter_no: str) -> Matter | None:
        row = self._connection.execute(_FIND, {"asked": matter_no}).first()
        return None if row is None else matter_of(row)

    def put(self, matter: Matter, *, before: Matter | None) -> None:
        row = row_of(matter)
        if before is None:
            self._connection.execute(_OPEN, row)
            self._know_places(matter.place)
        else:
            changed = {name: row[name] for name in _STEP_CHANGES}
            self._connection.execute(_MOVE, changed | {"asked": matter.matter_no})
        self._boards.note(changes_of(before, matter))

    def enter(self, heard: Heard, *, matter_no: str, said: dict[str, Any]) -> None:
        self._connection.execute(
            _ENTER,
            {
                "event_id": heard.event_id,
                "matter_no": matter_no,
                "event_type": heard.event_type,
                "sequence": heard.sequence,
                "at": said["at"],
                "said": to_jsonable_python(said),
            },
        )

    def clear(self) -> None:
        for table in READ_MODELS:
            self._connection.execute(delete(table))

    def fingerprints(self) -> set[tuple[str, bytes]]:
        self._boards.add_up_all()
        return {
            (table.name, hashlib.blake2b(repr(tuple(row)).encode(), digest_size=16).digest())
            for table in READ_MODELS
            for row in self._connection.execute(_rows_of(table).execution_options(yield_per=5000))
        }

    def _know_places(self, place: Place) -> None:
        rows: list[dict[str, str | None]] = []
        parent: str | None = WHOLE_TREE
        for level in LEVELS:
            area = getattr(place, level)
            if area is None:
                break
            rows.append(
                {"code": area.code, "level": level, "name": area.name, "parent_code": parent}
            )
            parent = area.code
        if rows:
            self._connection.execute(replacing(self._connection.dialect.name, place_table), rows)


class SqlLiveStream:
    """The live stream's log in the database."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def append(self, *, topic: str, codes: tuple[str, ...], said: dict[str, Any]) -> None:
        line = {"topic": topic, "codes": list(codes), "at": china_now()}
        self._work.connection.execute(_LINE, line | {"said": to_jsonable_python(said)})


def _rows_of(table: Table) -> Select[Any]:
    """Return all rows that say something: a sum that has come to nothing stays behind as 0."""
    rows = select(table)
    return rows.where(table.c.matters != 0) if table is board_table else rows


def matter_of(row: Any) -> Matter:
    """Return the matter that a row of its table holds."""
    fields = dict(row._mapping)
    fields["place"] = adapter(Place).validate_python(fields["place"])
    return Matter(**fields)


def row_of(matter: Matter) -> dict[str, Any]:
    names = (column.name for column in matter_table.columns)
    row = {name: getattr(matter, name) for name in names}
    row["place"] = to_jsonable_python(matter.place)
    return row
