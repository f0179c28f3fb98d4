"""Steps by which what stood in clear becomes sealed, called by migrations; never edited, only added to."""

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import sqlalchemy as sa

from shared.kernel.personal_data import FreeText
from shared.runtime.sealed_columns import Sealed, SealedJson, sealer_for

AT_ONCE = 500
Keys = list[sa.ColumnClause[Any]]


def seal_text(op: ModuleType, table: str, keys: tuple[str, ...], *names: str) -> None:
    """Make columns of text into sealed ones; what is in them is sealed."""
    for name in names:
        _seal(op, table, keys, name, sa.Text(), Sealed(FreeText, f"{table}.{name}"))


def seal_json(op: ModuleType, table: str, keys: tuple[str, ...], name: str, **options: Any) -> None:
    """Make a column of JSON into a sealed one; what is in it is sealed."""
    _seal(op, table, keys, name, sa.JSON(), SealedJson(f"{table}.{name}"), **options)


def seal_machinery(op: ModuleType) -> None:
    """Seal what the machinery keeps of answers, dead letters and events."""
    leave_nothing_behind(op)
    seal_json(op, "answered_command", ("key",), "answer", nullable=True)
    # The text of its JSON: what no JSON library of ours takes is kept too.
    at = "dead_letter.payload"
    _seal(op, "dead_letter", ("id",), "payload", sa.Text(), SealedJson(at))
    _seal_events(op)


def leave_nothing_behind(op: ModuleType) -> None:
    """Let SQLite overwrite what it deletes; PostgreSQL does when it vacuums."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("PRAGMA secure_delete = ON")


def _seal(
    op: ModuleType,
    table: str,
    keys: tuple[str, ...],
    name: str,
    clear: sa.types.TypeEngine[Any],
    sealed: sa.types.TypeEngine[Any],
    *,
    nullable: bool = False,
) -> None:
    new = f"sealed_{name}"
    op.add_column(table, sa.Column(new, sa.LargeBinary()))
    columns: Keys = [sa.column(key, sa.String()) for key in keys]
    old, its_new = sa.column(name, clear), sa.column(new, sealed)
    there = sa.table(table, *columns, old, its_new)
    _rewrite(op, there, columns, old, its_new, lambda value: value)
    with op.batch_alter_table(table) as changed:
        changed.drop_column(name)
        changed.alter_column(
            new,
            new_column_name=name,
            existing_type=sa.LargeBinary(),
            existing_nullable=True,
            nullable=nullable,
        )


def _seal_events(op: ModuleType) -> None:
    connection = op.get_bind()
    sealer = sealer_for(connection.dialect)
    keys: Keys = [sa.column("id", sa.BigInteger()), sa.column("event_id", sa.String())]
    payload = sa.column("payload", sa.JSON())
    told = sa.table("outbox", *keys, sa.column("event_type", sa.String()), payload)
    for event_type in connection.scalars(sa.select(told.c.event_type).distinct()).all():
        seal = partial(sealer.sealed_body, event_type)
        _rewrite(op, told, keys, payload, payload, seal, told.c.event_type == event_type)


def _rewrite(
    op: ModuleType,
    table: sa.TableClause,
    keys: Keys,
    old: sa.ColumnClause[Any],
    new: sa.ColumnClause[Any],
    change: Callable[[Any], Any],
    *where: sa.ColumnElement[bool],
) -> None:
    """Write into *new* what *change* makes of *old*, in every row that is meant."""
    connection = op.get_bind()
    write = (
        sa.update(table)
        .where(*(key == sa.bindparam(f"its_{key.name}") for key in keys))
        .values({new.name: sa.bindparam("changed", type_=new.type)})
    )
    page = sa.select(*keys, old.label("old")).where(*where).order_by(*keys).limit(AT_ONCE)
    rows = connection.execute(page).all()
    while rows:
        connection.execute(write, [_changed(row, keys, change) for row in rows])
        last = sa.tuple_(*(sa.literal(getattr(rows[-1], key.name)) for key in keys))
        rows = connection.execute(page.where(sa.tuple_(*keys) > last)).all()


def _changed(row: Any, keys: Keys, change: Callable[[Any], Any]) -> dict[str, Any]:
    return {f"its_{key.name}": getattr(row, key.name) for key in keys} | {
        "changed": change(row.old)
    }
