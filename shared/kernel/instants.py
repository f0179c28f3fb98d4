"""Moments out of a question, made ready to ask a table for."""

from datetime import UTC, datetime, timedelta

from shared.kernel.errors import FieldError, Invalid

_NO_WAY = timedelta()


def instant_of(moment: datetime, field: str, *, off: timedelta = _NO_WAY) -> datetime:
    """Return a moment in UTC, so far off.

    Raises:
        Invalid: it has no offset, or in UTC lies beyond the calendar; *field* is named.
    """
    try:
        if moment.tzinfo is not None:
            return moment.astimezone(UTC) + off
    except OverflowError:
        pass
    zh = "写明带时区的时间，如 2026-11-23T08:00:00+08:00"
    en = "give a time with its offset, such as 2026-11-23T08:00:00+08:00"
    raise Invalid(
        code="invalid",
        zh="查询参数不合要求，详见 errors。",
        en="The query is wrong; see errors.",
        errors=(FieldError(field=field, code="wrong", zh=zh, en=en),),
    )
