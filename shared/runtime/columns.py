"""Column types that both databases keep alike."""

from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import BigInteger, DateTime, Dialect, Integer
from sqlalchemy.types import TypeDecorator

from shared.kernel.clock import CHINA

# A number the database counts up; SQLite counts only what it calls INTEGER, which is as long there.
Serial = BigInteger().with_variant(Integer(), "sqlite")


def json_text(value: Any) -> str:
    """Return a value of a JSON column as it is kept: Chinese as Chinese."""
    return orjson.dumps(value).decode()


class Instant(TypeDecorator[datetime]):
    """An instant: kept in UTC, given back in China's time. A time without offset is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without an offset cannot be kept")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        # SQLite forgets the offset; what was bound was UTC.
        known = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        return known.astimezone(CHINA)  # type: ignore[no-any-return]
