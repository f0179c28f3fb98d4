"""Office hours as a table: from when to when they are valid, and the spans of a working day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise

from shared.kernel.errors import FieldError, Invalid

Span = tuple[time, time]
MOST_SPANS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeHours:
    """The office hours of the working days from `valid_from` to `valid_to`, both counted, in China time."""

    valid_from: date
    valid_to: date | None
    spans: tuple[Span, ...]

    def hold_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


USUAL = OfficeHours(
    valid_from=date.min,
    valid_to=None,
    spans=((time(8, 30), time(12, 0)), (time(14, 30), time(17, 30))),
)


class OfficeHoursTable:
    """The rows of a district over the usual hours; of two that hold on a day the later row counts."""

    def __init__(self, rows: Sequence[OfficeHours] = ()) -> None:
        self.rows = (USUAL, *(checked_hours(row) for row in rows))

    def on(self, day: date) -> tuple[Span, ...]:
        """Return the spans of a working day, in their order."""
        return next(row.spans for row in reversed(self.rows) if row.hold_on(day))


def checked_hours(row: OfficeHours) -> OfficeHours:
    """Return the row.

    Raises:
        Invalid: it has no span or too many, one ends before it begins or before the one before it
            ends, or the row itself ends before it begins.
    """
    times = [moment for span in row.spans for moment in span]
    is_right = (
        1 <= len(row.spans) <= MOST_SPANS
        and all(earlier < later for earlier, later in pairwise(times))
        and (row.valid_to is None or row.valid_from <= row.valid_to)
    )
    if not is_right:
        raise Invalid(
            code="office_hours_wrong",
            zh="办公时间有误：各时段须依次排列、互不重叠，有效期须先起后止。",
            en="The office hours are not right: spans follow each other, and a row begins before it ends.",
            errors=(
                FieldError(
                    field="office_hours",
                    code="out_of_order",
                    zh="须依次排列、互不重叠",
                    en="spans have to follow each other without overlap",
                ),
            ),
        )
    return row
