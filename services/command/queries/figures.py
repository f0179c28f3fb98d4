"""Figures of measures, summed from the courses of matters that lie under a place and are known to who asks."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Connection, false, func, null, or_, select, true

from services.command.domain.measure import Dated, Figure, Measure, Part
from services.command.domain.recurrence import Recurrence
from services.command.domain.reported_period import Span
from services.command.queries.measured import (
    Condition,
    Knowing,
    counted_apart,
    counted_at_once,
    course,
)
from services.command.store.alerts import matters_closed_to
from services.command.store.tables import course_table
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.place import AREA_LEVELS
from shared.kernel.rights import Permission

# By code of an area under the place; None holds what lies in none of them.
Figures = dict[str | None, Figure]


@dataclass(frozen=True, slots=True)
class Scope:
    """Which courses a question is about: those under a place that the actor may know of."""

    place: str
    level: str | None
    known: list[Condition]
    knowing: Knowing

    @property
    def child(self) -> ColumnElement[Any] | None:
        """Return the column that tells the areas under the place apart; None where there are none."""
        under = _LEVEL_UNDER.get("all" if self.place == WHOLE_TREE else self.level)
        return None if under is None else course[f"{under}_code"]

    @property
    def conditions(self) -> list[Condition]:
        if self.place == WHOLE_TREE:
            return self.known
        if self.level in AREA_LEVELS:
            return [course[f"{self.level}_code"] == self.place, *self.known]
        return [_under([self.place]), *self.known]


_LEVEL_UNDER: dict[str | None, str] = dict(pairwise(("all", *AREA_LEVELS)))


def scope_of(
    connection: Connection,
    place: str,
    level: str | None,
    actor: Actor,
    permission: Permission,
    recurrence: Recurrence,
) -> Scope:
    """Return what a question about a place is about, as the actor's rights and closed matters leave it."""
    places = actor.places(permission)
    known: list[Condition] = [] if WHOLE_TREE in places else [_under(list(places))]
    closed = matters_closed_to(connection, actor)
    if closed:
        known.append(course.matter_no.not_in(closed))
    return Scope(place, level, known, Knowing(recurrence, closed))


def figures_of(
    connection: Connection,
    measures: Iterable[Measure],
    scope: Scope,
    span: Span,
    *,
    by_child: bool = False,
) -> dict[str, Figures]:
    """Return by name of the measure its figure for each area under the place, one statement for each date."""
    dated: defaultdict[Dated, list[Measure]] = defaultdict(list)
    for measure in measures:
        dated[measure.dated].append(measure)
    figures: dict[str, Figures] = {}
    for date, some in dated.items():
        figures |= _figures_by(connection, date, some, scope, span, by_child=by_child)
    return figures


def in_span(dated: Dated, span: Span) -> list[Condition]:
    return [course[dated] >= span.since, course[dated] < span.until]


def _figures_by(
    connection: Connection,
    dated: Dated,
    measures: Sequence[Measure],
    scope: Scope,
    span: Span,
    *,
    by_child: bool,
) -> dict[str, Figures]:
    parts = [counted_at_once(measure, part) for measure in measures for part in Part]
    counted = _counts(connection, dated, scope, span, parts, by_child=by_child)
    figures: dict[str, Figures] = {}
    for position, measure in enumerate(measures):
        first = position * len(Part)
        figures[measure.name] = {
            area: _figure(measure, *counts[first : first + len(Part)])
            for area, counts in counted.items()
        }
        apart = counted_apart(measure, scope.knowing)
        if apart is not None:
            # As a condition of its own the database joins once; as a part of a count it looks up row by row.
            more = _counts(connection, dated, scope, span, [], apart, by_child=by_child)
            for area, (count,) in more.items():
                figures[measure.name][area] += Figure(count, 0)
    return figures


def _counts(
    connection: Connection,
    dated: Dated,
    scope: Scope,
    span: Span,
    parts: Sequence[Condition],
    *only: Condition,
    by_child: bool,
) -> dict[str | None, tuple[int, ...]]:
    """Return for each area how many meet each of the conditions; without any, how many there are."""
    child = scope.child if by_child else None
    counted = [func.count().filter(part) for part in parts or [true()]]
    wanted = (
        select(null() if child is None else child, *counted)
        .select_from(course_table)
        .where(*in_span(dated, span), *scope.conditions, *only)
    )
    rows = connection.execute(wanted if child is None else wanted.group_by(child))
    return {row[0]: tuple(row[1:]) for row in rows}


def _figure(measure: Measure, numerator: int, denominator: int, excluded: int) -> Figure:
    return Figure(numerator, denominator if measure.is_rate else None, excluded)


def total_of(measure: Measure, figures: Figures) -> Figure:
    """Return the figure of the place: the sum of those of the areas under it, and of what lies in none."""
    nothing = Figure(denominator=0 if measure.is_rate else None)
    return sum(figures.values(), nothing)


def _under(codes: list[str]) -> Condition:
    return or_(false(), *(course[f"{level}_code"].in_(codes) for level in AREA_LEVELS))
