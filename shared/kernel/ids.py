"""Identifiers that sort by the time they were made."""

import re
import secrets
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

_FORM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def new_id(at: datetime | None = None) -> str:
    """Return a UUID of version 7 (RFC 9562, section 5.7) as text, made now or *at* a moment.

    The leading time keeps an index's newest rows together. Below the millisecond it goes on in the
    twelve bits after it (section 6.2, method 3), so that ids sort as their moments do, to the
    microsecond.
    """
    microseconds = time.time_ns() // 1000 if at is None else (at - _EPOCH) // _MICROSECOND
    return _id_of(microseconds, secrets.randbits(62))


def first_id_at(moment: datetime) -> str:
    """Return the least id that can be made at a moment: a bound between ids by their time."""
    return _id_of((moment - _EPOCH) // _MICROSECOND, 0)


def is_id(text: object) -> bool:
    """Tell whether a value is an identifier as `new_id` writes it."""
    return isinstance(text, str) and _FORM.fullmatch(text) is not None


def _id_of(microseconds: int, rest: int) -> str:
    # The time is written without a sign: what lies before 1970 counts as its beginning.
    milliseconds, below = divmod(max(microseconds, 0), 1000)
    value = milliseconds << 80 | 0x7 << 76 | (below * 4096 // 1000) << 64 | 0x2 << 62 | rest
    return str(UUID(int=value))
