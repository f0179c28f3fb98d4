"""Moments out of a question, made ready to ask a table for."""

from datetime import UTC, datetime

from shared.kernel.errors import FieldError, Invalid


def instant_of(moment: datetime, field: str) -> datetime:
    """Return a moment that a table can be asked for.

    Raises:
        Invalid: it has no offset, or in UTC lies beyond the calendar.
    """
    try:
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
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
