"""Indicators and reports as answers: each figure with what it counts, its target, and the period before."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from services.command.domain.indicators import INDICATORS
from services.command.domain.measure import Figure, Measure, Target
from services.command.domain.mechanisms import Mechanism
from services.command.domain.reported_period import ReportedPeriod, Span
from services.command.queries.alerts import precision
from services.command.queries.figures import Scope, figures_of, total_of
from services.command.store.tables import place_table
from shared.contracts.command import AlertFilter
from shared.kernel.actor import Actor
from shared.kernel.rights import Permission

Targets = dict[str, Target]


def indicators(
    connection: Connection,
    place: dict[str, Any],
    period: ReportedPeriod,
    scope: Scope,
    targets: Targets,
    *,
    now: datetime,
) -> dict[str, Any]:
    """Return the indicators of a place and of each area under it, beside those of the period before."""
    return _answer(connection, INDICATORS, place, period, scope, targets, now=now)


def report(
    connection: Connection,
    mechanism: Mechanism,
    place: dict[str, Any],
    period: ReportedPeriod,
    scope: Scope,
    targets: Targets,
    actor: Actor,
    *,
    now: datetime,
) -> dict[str, Any]:
    """Return the figures of a mechanism, and what it lacks yet."""
    alerts = _alerts(connection, place["code"], period.until(now), actor)
    return {
        "mechanism": mechanism.name,
        **asdict(mechanism.title),
        "source": asdict(mechanism.source),
        **_answer(connection, mechanism.measures, place, period, scope, targets, now=now),
        "alerts": alerts if mechanism.alerts else None,
        "lacks": asdict(mechanism.lacks),
    }


def _answer(
    connection: Connection,
    measures: Sequence[Measure],
    place: dict[str, Any],
    period: ReportedPeriod,
    scope: Scope,
    targets: Targets,
    *,
    now: datetime,
) -> dict[str, Any]:
    span, before = period.until(now), period.before()
    figures = figures_of(connection, measures, scope, span, by_child=True)
    earlier = figures_of(connection, measures, scope, before.until(now))
    totals = {each.name: total_of(each, figures[each.name]) for each in measures}
    children = connection.execute(
        select(place_table)
        .where(place_table.c.parent_code == place["code"])
        .order_by(place_table.c.code)
    )
    return {
        "place": place,
        "period": _shown_period(period, span),
        "before": _shown_period(before, before.until(now)),
        "indicators": [
            {
                **_shown_measure(each, totals[each.name], targets),
                **_shown(totals[each.name]),
                "before": _shown(total_of(each, earlier[each.name])),
            }
            for each in measures
        ],
        "children": [
            {
                "code": child.code,
                "name": child.name,
                "level": child.level,
                "figures": {
                    each.name: _shown(figures[each.name].get(child.code) or total_of(each, {}))
                    for each in measures
                },
            }
            for child in children
        ],
    }


def _shown_period(period: ReportedPeriod, span: Span) -> dict[str, Any]:
    return {
        "first": period.first,
        "last": period.last,
        "since": span.since,
        "until": span.until,
    }


def _shown_measure(measure: Measure, figure: Figure, targets: Targets) -> dict[str, Any]:
    target = targets.get(measure.target or "")
    return {
        "name": measure.name,
        **asdict(measure.title),
        "meaning": asdict(measure.meaning),
        "source": asdict(measure.source),
        "target": target and asdict(target) | {"met": target.is_met_by(figure.value)},
    }


def _shown(figure: Figure) -> dict[str, Any]:
    return asdict(figure) | {"value": figure.value}


def _alerts(
    connection: Connection, place: str, span: Span, actor: Actor
) -> list[dict[str, Any]] | None:
    """Return how many alerts were raised and what was decided; None to whom no alert is shown."""
    if not actor.may(Permission.ALERT_READ):
        return None
    where = AlertFilter(place=place, raised_from=span.since, raised_to=span.until)
    return precision(connection, where, actor)
