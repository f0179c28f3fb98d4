"""The rows behind a figure: the matters that count in it, a page at a time."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, select, tuple_

from services.command.domain.course import Course
from services.command.domain.measure import Measure, Part
from services.command.domain.reported_period import Span
from services.command.queries.figures import Scope, in_span
from services.command.queries.measured import Condition, course, rows_behind
from services.command.queries.read_models import shown_matters
from services.command.store.courses import course_of
from services.command.store.tables import course_table
from shared.runtime.cursor import cursor_of, keys_of, not_ours, page_size

_SHOWN = (
    "reported_at",
    "accept_due_at",
    "accepted_at",
    "filed_at",
    "dispatch_due_at",
    "dispatched_at",
    "on_site_due_at",
    "on_site_at",
    "handle_due_at",
    "handled_at",
    "due_at",
    "ended_at",
    "dispatches",
    "arbitrations",
    "returns",
    "reworks",
    "reopens",
    "satisfaction",
)


def course_rows(
    connection: Connection,
    measure: Measure,
    part: Part,
    scope: Scope,
    span: Span,
    *,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """Return a page of the matters behind a part of a figure, by the date they are counted by."""
    size = page_size(limit)
    wanted = rows_wanted(measure, part, scope, span).where(*_after(cursor, measure)).limit(size + 1)
    rows = [course_of(row) for row in connection.execute(wanted)]
    shown = rows[:size]
    matters = shown_matters(connection, {row.matter_no for row in shown})
    last = shown[-1] if len(rows) > size else None
    return {
        "items": [_shown(row) | {"matter": matters[row.matter_no]} for row in shown],
        "next_cursor": last and cursor_of(getattr(last, measure.dated).isoformat(), last.matter_no),
    }


def rows_wanted(measure: Measure, part: Part, scope: Scope, span: Span) -> Select[Any]:
    """Return the question for all rows behind a part of a figure, in their order."""
    return (
        select(course_table)
        .where(
            *in_span(measure.dated, span),
            *scope.conditions,
            rows_behind(measure, part, scope.knowing),
        )
        .order_by(course[measure.dated], course.matter_no)
    )


def _shown(row: Course) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _SHOWN}


def _after(cursor: str | None, measure: Measure) -> list[Condition]:
    if cursor is None:
        return []
    at, matter_no = keys_of(cursor, 2)
    try:
        reached = datetime.fromisoformat(at).astimezone(UTC), str(matter_no)
    except (TypeError, ValueError, OverflowError):
        raise not_ours() from None
    return [tuple_(course[measure.dated], course.matter_no) > reached]
