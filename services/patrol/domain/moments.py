"""Moments that the tables can be asked for."""

from datetime import UTC, datetime

from shared.kernel.errors import FieldError, Invalid


def instant(moment: datetime, field: str) -> datetime:
    """Return a moment in UTC.

    Raises:
        Invalid: it has no offset, or in UTC lies beyond the calendar.
    """
    try:
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except OverflowError:
        pass
    raise Invalid(
        code="invalid",
        zh="时间不合要求，详见 errors。",
        en="The time is wrong; see errors.",
        errors=(
            FieldError(
                field=field,
                code="wrong",
                zh="写明带时区的时间，如 2026-11-23T08:00:00+08:00",
                en="give a time with its offset, such as 2026-11-23T08:00:00+08:00",
            ),
        ),
    )
