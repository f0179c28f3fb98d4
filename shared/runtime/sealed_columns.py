"""Columns that keep personal data sealed: clear to the service that owns them, and to nobody who has the disk.

The sealer comes with the engine (`seal_with`), so a table says what is personal and nothing of keys. *at* is
the column's own name for ever: what is sealed there opens nowhere else.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import orjson
from sqlalchemy import JSON, Column, ColumnElement, Dialect, Engine, LargeBinary, type_coerce
from sqlalchemy.types import TypeDecorator

from shared.kernel.personal_data import Personal, plain
from shared.runtime.sealing import Sealer

Kind = TypeVar("Kind", bound=Personal)


def seal_with(engine: Engine, sealer: Sealer) -> None:
    """Let the columns of *engine* seal and open with *sealer*."""
    vars(engine.dialect)["sealer"] = sealer


def sealer_for(dialect: Dialect) -> Sealer:
    """Return the sealer of an engine's columns."""
    sealer: Sealer = vars(dialect)["sealer"]
    return sealer


class SealedColumn(TypeDecorator[Any]):
    """What all sealed columns have in common, for whoever seals them anew."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, at: str) -> None:
        self.at = at
        super().__init__()


class Sealed(SealedColumn, Generic[Kind]):
    """A personal field."""

    cache_ok = True

    def __init__(self, kind: type[Kind], at: str) -> None:
        self.kind = kind
        super().__init__(at)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        return sealer_for(dialect).seal(plain(value).encode(), self.at)

    def result_processor(self, dialect: Dialect, _: object) -> Callable[[Any], Kind | None]:
        """Return what opens a value; a list opens hundreds, so it is one function and no more."""
        open_one, kind, at = sealer_for(dialect).open, self.kind, self.at

        def opened(value: Any) -> Kind | None:
            return None if value is None else kind(open_one(bytes(value), at).decode())

        return opened


class SealedJson(SealedColumn):
    """A JSON value that may hold personal data; None is JSON's null, sealed as any other."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes:
        return sealer_for(dialect).seal(orjson.dumps(value), self.at)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return (
            None if value is None else orjson.loads(sealer_for(dialect).open(bytes(value), self.at))
        )


class SealedBytes(SealedColumn):
    """Bytes that hold personal data: positions, packed."""

    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else sealer_for(dialect).seal(value, self.at)

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else sealer_for(dialect).open(bytes(value), self.at)


def as_kept(column: Column[Any]) -> ColumnElement[Any]:
    """Return a column as it is kept: sealed, for whoever compares, seals anew or looks for changes."""
    if isinstance(column.type, SealedColumn):
        return type_coerce(column, LargeBinary()).label(column.name)
    return column


class EventBody(TypeDecorator[Any]):
    """The body of an event, whose personal part is sealed as a text: it leaves as it lies there."""

    impl = JSON
    cache_ok = True
