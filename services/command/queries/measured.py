"""What each kind of measure asks of a matter's course, as conditions of the database."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, true

from services.command.domain.measure import Kind, Measure, Only, Part
from services.command.domain.recurrence import Recurrence
from services.command.domain.standing import CANCELLED, CLOSED, GIVEN, SATISFIED, SELF_HANDLED
from services.command.store.tables import course_table

course = course_table.c
Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Knowing:
    """What conditions depend on beside the course: what a recurrence is, and which matters are closed to who asks."""

    recurrence: Recurrence
    closed: list[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """Of whom a measure is taken, and what has to be true of them: `that`, or `apart`, which looks at other matters."""

    of: Condition
    that: Condition
    apart: Callable[[Knowing], Condition] | None = None


def _follows_another(knowing: Knowing) -> Condition:
    """Tell that one which the actor may know of was done here not long before."""
    before = course_table.alias("before")
    day, degrees = course.reported_day, knowing.recurrence.degrees
    followed = exists().where(
        before.c.spot == course.spot,
        before.c.cell_code == course.cell_code,
        before.c.category == course.category,
        before.c.ended_day.between(day - knowing.recurrence.days, day),
        before.c.ended_at <= course.reported_at,
        before.c.matter_no != course.matter_no,
        before.c.state != CANCELLED,
        func.abs(before.c.lon - course.lon) <= degrees,
        func.abs(before.c.lat - course.lat) <= degrees,
    )
    if knowing.closed:
        followed = followed.where(before.c.matter_no.not_in(knowing.closed))
    return followed.correlate(course_table)


_ANY = true()
_KINDS: dict[Kind, Asked] = {
    Kind.REPORTED: Asked(_ANY, _ANY),
    Kind.FILED: Asked(course.state != SELF_HANDLED, course.filed_at.is_not(None)),
    Kind.DISPATCHED_IN_TIME: Asked(_ANY, course.dispatched_at <= course.dispatch_due_at),
    Kind.ON_SITE_IN_TIME: Asked(
        course.on_site_due_at.is_not(None), course.on_site_at <= course.on_site_due_at
    ),
    Kind.HANDLED_IN_TIME: Asked(course.has_task, course.handled_at <= course.handle_due_at),
    Kind.CLOSED: Asked(course.filed_at.is_not(None), course.state.in_(CLOSED)),
    Kind.REWORKED: Asked(course.fed_back_at.is_not(None), course.reworks > 0),
    Kind.RETURNED: Asked(course.dispatches > 0, course.returns > 0),
    Kind.RECURRED: Asked(_ANY, course.reopens > 0, apart=_follows_another),
    Kind.SATISFIED: Asked(course.satisfaction.in_(GIVEN), course.satisfaction.in_(SATISFIED)),
    Kind.DISPATCHED_AGAIN: Asked(course.dispatches > 0, course.dispatches > 1),
    Kind.ARBITRATED: Asked(course.dispatches > 0, course.arbitrations > 0),
    Kind.REOPENED: Asked(_ANY, course.reopens > 0),
}
_LISTED = {
    "categories": course.category,
    "severities": course.severity,
    "sources": course.source,
    "levels": course.level,
    "states": course.state,
}


def rows_behind(measure: Measure, part: Part, knowing: Knowing) -> Condition:
    """Return the condition on the courses behind a part of a measure."""
    apart = counted_apart(measure, knowing) if part is Part.NUMERATOR else None
    at_once = counted_at_once(measure, part)
    return at_once if apart is None else or_(at_once, apart)


def counted_at_once(measure: Measure, part: Part) -> Condition:
    """Return the condition on those of the rows that say themselves that they are behind it."""
    asked, only = _KINDS[measure.kind], _among(measure.only)
    if part is Part.EXCLUDED:
        return and_(course.state == CANCELLED, only)
    of = and_(course.state != CANCELLED, only, asked.of)
    return of if part is Part.DENOMINATOR else and_(of, _among(measure.counts), asked.that)


def counted_apart(measure: Measure, knowing: Knowing) -> Condition | None:
    """Return the condition on the rest of a numerator, told by other matters; None where there is none such."""
    asked = _KINDS[measure.kind]
    if asked.apart is None:
        return None
    denominator = counted_at_once(measure, Part.DENOMINATOR)
    return and_(denominator, _among(measure.counts), not_(asked.that), asked.apart(knowing))


def _among(only: Only) -> Condition:
    listed = {name: getattr(only, name) for name in _LISTED}
    return and_(true(), *(_LISTED[name].in_(names) for name, names in listed.items() if names))
