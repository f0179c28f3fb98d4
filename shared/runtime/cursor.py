"""Cursors of lists: where the last page ended, as text a client hands back unread."""

import base64
import binascii
from typing import Any

import orjson
from sqlalchemy import ColumnElement

from shared.kernel.errors import FieldError, Invalid
from shared.kernel.ids import is_id

MOST_PER_PAGE = 200


def page_size(limit: int) -> int:
    """Return *limit* when a page may be that long.

    Raises:
        Invalid: it is less than 1 or more than 200.
    """
    if not 1 <= limit <= MOST_PER_PAGE:
        raise _wrong("limit", "每页须为 1 至 200 条", "a page holds 1 to 200 items")
    return limit


def cursor_of(*keys: Any) -> str:
    """Return the sort keys of the last item as a cursor."""
    return base64.urlsafe_b64encode(orjson.dumps(keys)).decode().rstrip("=")


def keys_of(cursor: str, count: int) -> list[Any]:
    """Return the *count* sort keys that `cursor_of` put into a cursor.

    Raises:
        Invalid: the cursor was not made here.
    """
    try:
        keys = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        raise not_ours() from None
    if not isinstance(keys, list) or len(keys) != count:
        raise not_ours()
    return keys


def after_id(column: ColumnElement[str], cursor: str | None) -> list[ColumnElement[bool]]:
    """Return where the page after a cursor begins, in a list by id with the newest first.

    Raises:
        Invalid: the cursor was not made here.
    """
    if cursor is None:
        return []
    [last] = keys_of(cursor, 1)
    if not is_id(last):
        raise not_ours()
    return [column < last]


def not_ours() -> Invalid:
    """Return the refusal of a cursor that was not made here."""
    return _wrong(
        "cursor",
        "游标须取自上一页的 next_cursor",
        "take the cursor from the last page's next_cursor",
    )


def _wrong(field: str, zh: str, en: str) -> Invalid:
    return Invalid(
        code="invalid",
        zh="翻页参数不合要求，详见 errors。",
        en="The paging is wrong; see errors.",
        errors=(FieldError(field=field, code="wrong", zh=zh, en=en),),
    )
