"""Command's read models, in and out of their tables."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic_core import to_jsonable_python
from sqlalchemy import (
    Column,
    Connection,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    delete,
    func,
    insert,
    select,
    update,
)

from services.command.domain.board import changes_of
from services.command.domain.course import Course
from services.command.domain.heard import Heard
from services.command.domain.matter import Matter
from services.command.store.boards import BoardNotes, add_up_all
from services.command.store.clocks import rows_of_clocks
from services.command.store.courses import SqlCourses
from services.command.store.tables import (
    READ_MODELS,
    board_table,
    clock_table,
    dossier_table,
    matter_table,
    place_table,
    stream_table,
)
from shared.contracts.incident_clocks import IncidentClock
from shared.contracts.patrol import ANONYMISED
from shared.kernel.actor import WHOLE_TREE
from shared.kernel.clock import china_now
from shared.kernel.compartment import Compartment
from shared.kernel.personal_data import FreeText
from shared.kernel.place import AREA_LEVELS, Place
from shared.runtime.keyring import KeyMissing
from shared.runtime.outbox import adapter
from shared.runtime.sealed_columns import SealedColumn, as_kept
from shared.runtime.sealing import SealBroken, Sealer
from shared.runtime.upsert import replacing
from shared.runtime.work import Work

_FIND = select(matter_table).where(matter_table.c.matter_no == bindparam("asked"))
_OPEN = insert(matter_table)
# Where and when it was reported never changes.
_STEP_CHANGES = ("state", "level", "unit", "updated_at", "compartment")
_MOVE = (
    update(matter_table)
    .where(matter_table.c.matter_no == bindparam("asked"))
    .values({name: bindparam(name) for name in _STEP_CHANGES})
)
_ENTER = insert(dossier_table)
_FIRST = select(dossier_table.c.said).where(
    dossier_table.c.matter_no == bindparam("asked"), dossier_table.c.sequence == 1
)
_SAY_NO_MORE = (
    update(dossier_table)
    .where(dossier_table.c.event_id == bindparam("asked"))
    .values(said=bindparam("blank"))
)
_LINE = insert(stream_table)
_CLOSE_OFF = (
    update(stream_table)
    .where(stream_table.c.matter_no == bindparam("asked"))
    .values(compartment=bindparam("compartment"))
)
_ONE_AT_A_TIME = select(func.pg_advisory_xact_lock(func.hashtext("stream_entry")))


# A line of the stream that no console sees: it closes off those about a matter.
CLOSED_OFF = "closed_off"


class SqlReadModels:
    """The read models in the database, through the connection the work has open.

    What one work writes is gathered and written together before it is kept: of fifty events each
    table hears in one statement.
    """

    # A rebuild is one work of any length.
    MOST_GATHERED = 2000

    def __init__(self, work: Work) -> None:
        self._work = work
        self._notes = BoardNotes(work)
        self._courses = SqlCourses(work)
        self._opened: dict[str, Matter] = {}
        self._moved: dict[str, Matter] = {}
        self._entries: list[dict[str, Any]] = []
        self._places: dict[str, dict[str, Any]] = {}
        self._clocks: dict[tuple[str, int], dict[str, Any]] = {}
        self._anonymised: list[str] = []
        work.before_keep(self._write)

    @property
    def _connection(self) -> Connection:
        return self._work.connection

    def find(self, matter_no: str) -> Matter | None:
        gathered = self._moved.get(matter_no) or self._opened.get(matter_no)
        if gathered is not None:
            return gathered
        row = self._connection.execute(_FIND, {"asked": matter_no}).first()
        return None if row is None else matter_of(row)

    def put(self, matter: Matter, *, before: Matter | None) -> None:
        if before is None:
            self._know_places(matter.place)
        is_gathered = before is None or matter.matter_no in self._opened
        (self._opened if is_gathered else self._moved)[matter.matter_no] = matter
        self._notes.note(changes_of(before, matter))

    def keep_clocks(self, matter: Matter, clocks: Sequence[IncidentClock]) -> None:
        for row in rows_of_clocks(matter, clocks):
            self._clocks[row["matter_no"], row["number"]] = row

    def course(self, matter_no: str) -> Course | None:
        return self._courses.find(matter_no)

    def keep_course(self, course: Course) -> None:
        self._courses.put(course)

    def enter(self, heard: Heard, *, matter_no: str, said: dict[str, Any]) -> None:
        self._entries.append(
            {
                "event_id": heard.event_id,
                "matter_no": matter_no,
                "event_type": heard.event_type,
                "sequence": heard.sequence,
                "at": said["at"],
                "said": to_jsonable_python(said),
            }
        )
        if len(self._entries) >= self.MOST_GATHERED:
            self._work.flush()

    def anonymise(self, matter_no: str) -> None:
        self._anonymised.append(matter_no)

    def first_note(self, matter_no: str) -> str:
        self._work.flush()
        said = self._connection.execute(_FIRST, {"asked": matter_no}).scalar_one()
        return str(said["note"])

    def clear(self) -> None:
        for table in READ_MODELS:
            self._connection.execute(delete(table))

    def fingerprints(self) -> set[tuple[str, bytes]]:
        self._work.flush()
        add_up_all(self._connection)
        sealer = self._work.database.sealer
        return {
            (
                table.name,
                hashlib.blake2b(_said_by(row, table, sealer).encode(), digest_size=16).digest(),
            )
            for table in READ_MODELS
            for row in self._connection.execute(_rows_of(table).execution_options(yield_per=5000))
        }

    def _know_places(self, place: Place) -> None:
        parent: str | None = WHOLE_TREE
        for level in AREA_LEVELS:
            area = getattr(place, level)
            if area is None:
                break
            row = {"code": area.code, "level": level, "name": area.name, "parent_code": parent}
            self._places[area.code] = row
            parent = area.code

    def _write(self) -> None:
        dialect = self._connection.dialect.name
        moves = [
            {name: row_of(matter)[name] for name in _STEP_CHANGES} | {"asked": matter.matter_no}
            for matter in self._moved.values()
        ]
        for statement, rows in (
            (_OPEN, [row_of(matter) for matter in self._opened.values()]),
            (_MOVE, moves),
            (_ENTER, self._entries),
            (replacing(dialect, place_table), _in_order(self._places.values())),
            (replacing(dialect, clock_table), [row for _, row in sorted(self._clocks.items())]),
        ):
            if rows:
                self._connection.execute(statement, rows)
        if self._anonymised:
            _anonymise(self._connection, self._anonymised)
        for gathered in (self._opened, self._moved, self._places, self._clocks):
            gathered.clear()
        self._entries.clear()
        self._anonymised.clear()


def _anonymise(connection: Connection, numbers: list[str]) -> None:
    """Leave neither text nor names of these matters, as if what was told of them had had none."""
    connection.execute(
        update(matter_table)
        .where(matter_table.c.matter_no.in_(numbers))
        .values(title=FreeText(ANONYMISED))
    )
    entries = connection.execute(
        select(dossier_table.c.event_id, dossier_table.c.said).where(
            dossier_table.c.matter_no.in_(numbers)
        )
    )
    blank = [
        {"asked": entry.event_id, "blank": entry.said | {"by": None, "note": ""}}
        for entry in entries
    ]
    if blank:
        connection.execute(_SAY_NO_MORE, blank)


def _in_order(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows in one order everywhere, or two works wait for each other's for ever."""
    return sorted(rows, key=lambda row: tuple(map(str, row.values())))


class SqlLiveStream:
    """The live stream's log in the database.

    Its numbers are given when the work is kept, to one work at a time: whoever reads on from a
    number must not be overtaken by a smaller one that is kept later.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._lines: list[dict[str, Any]] = []
        work.before_keep(self._write)

    def append(
        self,
        *,
        topic: str,
        codes: tuple[str, ...],
        said: dict[str, Any],
        matter_no: str | None = None,
        compartment: Compartment | None = None,
    ) -> None:
        self._lines.append(
            {
                "topic": topic,
                "codes": list(codes),
                "at": china_now(),
                "said": to_jsonable_python(said),
                "matter_no": matter_no,
                "compartment": to_jsonable_python(compartment),
            }
        )

    def close_off(self, matter_no: str, compartment: Compartment | None) -> None:
        """Close the lines there are, and tell the edges, which hold the latest ones, to do so too."""
        self._write()
        self._work.connection.execute(
            _CLOSE_OFF, {"asked": matter_no, "compartment": to_jsonable_python(compartment)}
        )
        self.append(
            topic=CLOSED_OFF, codes=(), said={}, matter_no=matter_no, compartment=compartment
        )

    def _write(self) -> None:
        if not self._lines:
            return
        if self._work.connection.dialect.name == "postgresql":
            self._work.connection.execute(_ONE_AT_A_TIME)
        self._work.connection.execute(_LINE, self._lines)
        self._lines.clear()


def _rows_of(table: Table) -> Select[Any]:
    """Return all rows that say something: sums that have come to nothing stay behind empty."""
    rows = select(*map(as_kept, table.c))
    return rows.where(cast(table.c.counts, Text) != "{}") if table is board_table else rows


def _said_by(row: Any, table: Table, sealer: Sealer) -> str:
    """Return what a row says, opened: what is sealed looks different each time."""
    return repr([_opened(each, value, sealer) for each, value in zip(table.c, row, strict=True)])


def _opened(column: Column[Any], value: Any, sealer: Sealer) -> Any:
    if not isinstance(column.type, SealedColumn):
        return value
    try:
        return sealer.open(bytes(value), column.type.at)
    except (SealBroken, KeyMissing, TypeError):
        return value  # what was tampered with is a difference, not an obstacle


def matter_of(row: Any) -> Matter:
    """Return the matter that a row of its table holds."""
    fields = dict(row._mapping)
    fields["place"] = adapter(Place).validate_python(fields["place"])
    if fields["compartment"] is not None:
        fields["compartment"] = adapter(Compartment).validate_python(fields["compartment"])
    return Matter(**fields)


def row_of(matter: Matter) -> dict[str, Any]:
    names = (column.name for column in matter_table.columns)
    row = {name: getattr(matter, name) for name in names}
    row["place"] = to_jsonable_python(matter.place)
    row["compartment"] = to_jsonable_python(matter.compartment)
    return row
