"""Command's tables, and the read models in and out of them."""

import hashlib
from typing import Any

from pydantic_core import to_jsonable_python
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Date,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from services.command.domain.heard import Heard
from services.command.domain.matter import Matter
from shared.kernel.actor import WHOLE_TREE
from shared.kernel.clock import china_now
from shared.kernel.place import Place
from shared.runtime.columns import Instant
from shared.runtime.outbox import adapter
from shared.runtime.tables import add_machinery
from shared.runtime.work import Work

metadata = MetaData()
add_machinery(metadata)

LEVELS = ("district", "street", "community", "cell")

matter_table = Table(
    "matter",
    metadata,
    Column("matter_no", String(24), primary_key=True),
    Column("subject", String(16), nullable=False),
    Column("subject_id", String(36), nullable=False),
    Column("state", String(16), nullable=False),
    Column("level", String(16), nullable=False),
    Column("category", String(16), nullable=False),
    Column("severity", String(2), nullable=False),
    Column("source", String(64), nullable=False),
    Column("title", String(200), nullable=False),
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("place", JSON, nullable=False),
    Column("unit", String(64)),
    Column("reported_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

dossier_table = Table(
    "dossier_entry",
    metadata,
    Column("event_id", String(36), primary_key=True),
    Column("matter_no", String(24), nullable=False),
    Column("event_type", String(120), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("said", JSON, nullable=False),
)
Index("ix_dossier_entry_matter_no", dossier_table.c.matter_no, dossier_table.c.at)

# How many matters reported on a day stand in a state, at every place they lie under. A board is a
# sum over days, so it costs the same at ten thousand matters and at a million.
board_table = Table(
    "board_count",
    metadata,
    Column("place_code", String(64), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("category", String(16), primary_key=True),
    Column("state", String(16), primary_key=True),
    Column("matters", Integer, nullable=False),
)

place_table = Table(
    "place",
    metadata,
    Column("code", String(64), primary_key=True),
    Column("level", String(16), nullable=False),
    Column("name", String(200), nullable=False),
    Column("parent_code", String(64)),
)
Index("ix_place_parent_code", place_table.c.parent_code)

stream_table = Table(
    "stream_entry",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("topic", String(32), nullable=False),
    Column("codes", JSON, nullable=False),
    Column("said", JSON, nullable=False),
    Column("at", Instant, nullable=False),
)
Index("ix_stream_entry_at", stream_table.c.at)

READ_MODELS = (matter_table, dossier_table, board_table, place_table)


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
_COUNTED = ("place_code", "day", "category", "state")
_HERE = tuple(board_table.c[name] == bindparam(f"at_{name}") for name in _COUNTED)
_COUNT = (
    update(board_table).where(*_HERE).values(matters=board_table.c.matters + bindparam("change"))
)
_FIRST_COUNT = insert(board_table)
_FORGET_NOTHING = delete(board_table).where(*_HERE, board_table.c.matters == 0)
_PLACE = select(place_table).where(place_table.c.code == bindparam("asked"))
_NEW_PLACE = insert(place_table)
_LINE = insert(stream_table)


class SqlReadModels:
    """The read models in the database, through the connection the work has open."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def _connection(self) -> Connection:
        return self._work.connection

    def find(self, matter_no: str) -> Matter | None:
        row = self._connection.execute(_FIND, {"asked": matter_no}).first()
        return None if row is None else matter_of(row)

    def put(self, matter: Matter, *, before: Matter | None) -> None:
        row = _row_of(matter)
        if before is None:
            self._connection.execute(_OPEN, row)
            self._know_places(matter.place)
        else:
            changed = {name: row[name] for name in _STEP_CHANGES}
            self._connection.execute(_MOVE, changed | {"asked": matter.matter_no})
            self._count(before, -1)
        self._count(matter, +1)

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
        return {
            (table.name, hashlib.blake2b(repr(tuple(row)).encode(), digest_size=16).digest())
            for table in READ_MODELS
            for row in self._connection.execute(select(table).execution_options(yield_per=5000))
        }

    def _count(self, matter: Matter, change: int) -> None:
        """Move the matter's counts; a count that comes to nothing is a row no more."""
        for code in matter.counted_under:
            counted = (code, matter.reported_on, matter.category, matter.state)
            here = {f"at_{name}": value for name, value in zip(_COUNTED, counted, strict=True)}
            moved = self._connection.execute(_COUNT, here | {"change": change})
            if moved.rowcount == 0:
                first = dict(zip(_COUNTED, counted, strict=True))
                self._connection.execute(_FIRST_COUNT, first | {"matters": change})
            elif change < 0:
                self._connection.execute(_FORGET_NOTHING, here)

    def _know_places(self, place: Place) -> None:
        parent: str | None = WHOLE_TREE
        for level in LEVELS:
            area = getattr(place, level)
            if area is None:
                return
            self._know(code=area.code, level=level, name=area.name, parent_code=parent)
            parent = area.code

    def _know(self, **area: str | None) -> None:
        known = self._connection.execute(_PLACE, {"asked": area["code"]}).first()
        if known is None:
            self._connection.execute(_NEW_PLACE, area)
        elif dict(known._mapping) != area:
            renamed = update(place_table).where(place_table.c.code == area["code"])
            self._connection.execute(renamed.values(area))


class SqlLiveStream:
    """The live stream's log in the database."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def append(self, *, topic: str, codes: tuple[str, ...], said: dict[str, Any]) -> None:
        line = {"topic": topic, "codes": list(codes), "at": china_now()}
        self._work.connection.execute(_LINE, line | {"said": to_jsonable_python(said)})


def matter_of(row: Any) -> Matter:
    """Return the matter that a row of its table holds."""
    fields = dict(row._mapping)
    fields["place"] = adapter(Place).validate_python(fields["place"])
    return Matter(**fields)


def _row_of(matter: Matter) -> dict[str, Any]:
    names = (column.name for column in matter_table.columns)
    row = {name: getattr(matter, name) for name in names}
    row["place"] = to_jsonable_python(matter.place)
    return row
